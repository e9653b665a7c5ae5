import assert from 'node:assert/strict';
import { CATALOGUE } from '../../../daemon/models/catalogue';

describe('the model catalogue', () => {
  it('has unique ids, file names and roles, whole checksums and exact versions', () => {
    const problems: string[] = [];
    const ids = CATALOGUE.map((e) => e.id);
    if (new Set(ids).size !== ids.length) problems.push('an id twice');
    for (const e of CATALOGUE) {
      if (!/^[a-z0-9][a-z0-9._-]*$/.test(e.id)) problems.push(`${e.id}: not a folder name`);
      if (new Set(e.files.map((f) => f.name)).size !== e.files.length || new Set(e.files.map((f) => f.role)).size !== e.files.length) problems.push(`${e.id}: a file name or role twice`);
      for (const f of e.files) {
        if (!/^[0-9a-f]{64}$/.test(f.sha256) || !(f.bytes > 0)) problems.push(`${e.id}/${f.name}: checksum or size`);
        if (f.name !== f.name.replace(/[/\\]/g, '')) problems.push(`${e.id}/${f.name}: not a plain file name`);
        if (e.source.type === 'npm' && f.path === undefined) problems.push(`${e.id}/${f.name}: no path in the package`);
      }
      if (e.source.type === 'npm' && !/^\d+\.\d+\.\d+$/.test(e.source.version)) problems.push(`${e.id}: not an exact version`);
    }
    assert.deepEqual(problems, []);
  });

  it('has a default recogniser and a default voice detector', () => {
    assert.deepEqual(CATALOGUE.filter((e) => e.isDefault).map((e) => [e.id, e.kind, e.files.map((f) => f.role)]), [
      ['moonshine-tiny', 'asr', ['encoder', 'decoder']],
      ['silero-vad', 'vad', ['model']],
    ]);
  });
});
