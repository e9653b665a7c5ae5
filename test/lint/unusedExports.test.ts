/** The check for unused exports must see one, and must not name what somebody imports. */
import { deepEqual } from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

async function check(files: Record<string, string>, expected: string[]): Promise<void> {
  const { unusedExports } = (await import(
    path.resolve(__dirname, '../../scripts/lint/unusedExports.mjs')
  )) as { unusedExports(folder: string): string[] };
  const folder = mkdtempSync(path.join(tmpdir(), 'earmark-exports-'));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      writeFileSync(path.join(folder, name), text);
    }
    deepEqual(
      unusedExports(folder).map((line) => line.split('  ')[0]),
      expected,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('unused exports', function () {
  // The first check loads the TypeScript compiler.
  this.timeout(60_000);

  it('names a value, a function, a class and a type that nobody imports', () =>
    check(
      {
        'daemon/base/a.ts':
          'export const a = 1;\nexport function f() {}\nexport class C {}\nexport type T = 1;\n',
      },
      ['daemon/base/a.ts:1', 'daemon/base/a.ts:2', 'daemon/base/a.ts:3', 'daemon/base/a.ts:4'],
    ));

  it('knows named, namespace, dynamic and type imports, and re-exports', () =>
    check(
      {
        'daemon/base/a.ts':
          'export const a = 1;\nexport const b = 2;\nexport interface T { x: 1 }\n',
        'daemon/base/b.ts': 'export const c = 1;\n',
        'daemon/base/c.ts': 'export const d = 1;\n',
        'client/index.ts': "export { b as renamed } from '../daemon/base/a';\n",
        'test/x.test.ts':
          "import { a } from '../daemon/base/a';\nimport * as b from '../daemon/base/b';\nimport { renamed } from '../client/index';\nconst d = import('../daemon/base/c');\ntype T = import('../daemon/base/a').T;\n",
      },
      [],
    ));

  it('lets a type be exported for a signature of its own file, and an entry export what it likes', () =>
    check(
      {
        'daemon/base/a.ts':
          'export interface Options { x: 1 }\nexport const make = (o: Options) => o;\n',
        'daemon/adapters/capture/recorders/parec.ts': 'export default function parec() {}\n',
        'test/x.test.ts': "import { make } from '../daemon/base/a';\n",
      },
      [],
    ));
});
