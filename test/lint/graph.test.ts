/** The import graph finds what it is for: a circle of types, and rooms. */
import { deepEqual } from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const root = path.resolve(__dirname, '../..');

interface ImportGraph {
  readonly modules: number;
  readonly circles: readonly (readonly string[])[];
  readonly rooms: ReadonlyMap<string, ReadonlySet<string>>;
}

describe('the import graph', function () {
  this.timeout(60_000);

  it('finds a circle of type imports once, and the rooms of files', async () => {
    const { importGraph } = (await import(path.join(root, 'scripts/lint/graph.mjs'))) as {
      importGraph(folder: string, folders: readonly string[]): Promise<ImportGraph>;
    };
    const folder = mkdtempSync(path.join(tmpdir(), 'earmark-graph-'));
    try {
      for (const room of ['base', 'audio'])
        mkdirSync(path.join(folder, 'daemon', room), { recursive: true });
      const files = {
        'audio/one.ts': "import type { Two } from './two';\nexport type One = Two;\n",
        'audio/two.ts':
          "import type { One } from './one';\nimport type { Three } from '../base/three';\nexport type Two = One | Three;\n",
        'base/three.ts': 'export type Three = 3;\n',
      };
      for (const [name, text] of Object.entries(files))
        writeFileSync(path.join(folder, 'daemon', name), text);
      const { modules, circles, rooms } = await importGraph(folder, ['daemon']);
      deepEqual(
        [modules, circles.map((circle) => [...new Set(circle)].sort()), [...rooms]],
        [
          3,
          [['daemon/audio/one.ts', 'daemon/audio/two.ts']],
          [['daemon/audio', new Set(['daemon/base'])]],
        ],
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
