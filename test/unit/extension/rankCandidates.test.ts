/** Names for dictation, the nearest first, also from a large workspace in no time. */
import { deepEqual, ok } from 'node:assert/strict';
import { rankCandidates } from '../../../extension/dictation/rankCandidates';

describe('names for dictation', () => {
  it('puts the user\'s own first, then what is near, each once', () => {
    deepEqual(
      rankCandidates({ vocabulary: ['OAuth'], here: [{ name: 'far', line: 90 }, { name: 'near', line: 11 }, { name: 'OAuth', line: 10 }], open: [['other'], ['older', 'near']], files: ['index.ts'], workspace: ['far', 'zebra'] }, 10, 7),
      ['OAuth', 'near', 'far', 'other', 'older', 'index.ts', 'zebra'],
    );
  });

  it('takes 50,000 names in less than a dictation waits for', () => {
    const workspace = new Set(Array.from({ length: 50_000 }, (_, i) => `symbolNumber${i}`));
    const here = Array.from({ length: 5_000 }, (_, line) => ({ name: `local${line}`, line }));
    const before = process.cpuUsage();
    const names = rankCandidates({ vocabulary: [], here, open: [], files: [], workspace }, 2_500, 2_000);
    const { user, system } = process.cpuUsage(before);
    deepEqual([names.length, names[0]], [2_000, 'local2500']);
    ok(user + system < 50_000, `${(user + system) / 1000} ms`);
  });
});
