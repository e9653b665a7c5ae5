/** Names for dictation, the nearest first, also from a large workspace in no time. */
import { deepEqual, ok } from 'node:assert/strict';
import { byNearness, rankCandidates } from '../../../extension/dictation/rankCandidates';

describe('names for dictation', () => {
  it("puts the user's own first, then what is near, each once", () => {
    deepEqual(
      rankCandidates(
        {
          vocabulary: ['OAuth'],
          here: [
            { name: 'far', line: 90 },
            { name: 'near', line: 11 },
            { name: 'OAuth', line: 10 },
          ],
          open: [['other'], ['older', 'near']],
          files: ['index.ts'],
          workspace: ['far', 'zebra'],
        },
        10,
        7,
      ),
      ['OAuth', 'near', 'far', 'other', 'older', 'index.ts', 'zebra'],
    );
  });

  it('takes 50,000 names in less than a dictation waits for', () => {
    const workspace = new Set(Array.from({ length: 50_000 }, (_, i) => `symbolNumber${i}`));
    const here = Array.from({ length: 5_000 }, (_, line) => ({ name: `local${line}`, line }));
    const before = process.cpuUsage();
    const names = rankCandidates(
      { vocabulary: [], here, open: [], files: [], workspace },
      2_500,
      2_000,
    );
    const { user, system } = process.cpuUsage(before);
    deepEqual([names.length, names[0]], [2_000, 'local2500']);
    ok(user + system < 50_000, `${(user + system) / 1000} ms`);
  });
});

describe('names of the workspace', () => {
  it('come by how near their files are, in their order where they are as near', () => {
    const at = (name: string, path: string): { name: string; path: string } => ({ name, path });
    deepEqual(
      byNearness(
        [
          at('a', '/w/web/a.ts'),
          at('b', '/w/api/src/b.ts'),
          at('c', '/other/c.ts'),
          at('d', '/w/api/src/d.ts'),
          at('e', '/w/api/here.ts'),
          at('f', '/w/api/src/here.ts'),
        ],
        '/w/api/src/here.ts',
      ),
      ['f', 'b', 'd', 'e', 'a', 'c'],
    );
  });
});
