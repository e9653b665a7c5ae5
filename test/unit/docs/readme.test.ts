/** README's settings table is generated from package.json and must be up to date. */
import { strictEqual } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const root = path.resolve(__dirname, '../../..');

describe('README', () => {
  it('lists every setting as package.json declares it', async () => {
    const { withTable } = (await import(
      pathToFileURL(path.join(root, 'scripts/settingsTable.mjs')).href
    )) as { withTable(readme: string, manifest: unknown): string };
    const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
    strictEqual(
      withTable(readme, JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'))),
      readme,
      'run `npm run docs`',
    );
  });
});
