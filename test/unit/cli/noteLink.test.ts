import { deepEqual } from 'node:assert/strict';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Connection } from '../../../client';
import { NoteFile } from '../../../daemon/cli/noteFile';
import { NotesLease } from '../../../protocol/notes';
import { skip } from '../../../testing/harness/skip';

describe('NoteFile', () => {
  it('writes through a link, keeps the mode and leaves other files alone', async function () {
    if (process.platform === 'win32') skip(this, 'links need rights on Windows');
    const folder = mkdtempSync(path.join(tmpdir(), 'earmark-link-'));
    try {
      const [link, note] = [path.join(folder, 'today.md'), path.join(folder, 'vault/today.md')];
      mkdirSync(path.join(folder, 'vault'));
      writeFileSync(note, '');
      chmodSync(note, 0o640);
      symlinkSync(note, link);
      writeFileSync(`${link}.tmp`, 'precious');
      const connection = {
        state: { kind: 'open' },
        request: (type: unknown) =>
          Promise.resolve(
            type === NotesLease
              ? { granted: true }
              : { edits: [{ start: 0, end: 0, newText: '# Today\n' }], ticked: [] },
          ),
      } as unknown as Connection;
      await new NoteFile(connection, link).update('s1');
      deepEqual(
        {
          isLink: lstatSync(link).isSymbolicLink(),
          text: readFileSync(note, 'utf8'),
          mode: (statSync(note).mode & 0o777).toString(8),
          precious: readFileSync(`${link}.tmp`, 'utf8'),
          files: readdirSync(path.join(folder, 'vault')),
        },
        {
          isLink: true,
          text: '# Today\n',
          mode: '640',
          precious: 'precious',
          files: ['today.md'],
        },
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
