/** README's settings table is generated from package.json and package.nls.json and is up to date. */
import { strictEqual } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const root = path.resolve(__dirname, '../../..');

describe('README', () => {
  it('lists every setting as package.json declares it', async () => {
    const { readManifest, withTable } = (await import(
      pathToFileURL(path.join(root, 'scripts/settingsTable.mjs')).href
    )) as {
      readManifest(): unknown;
      withTable(readme: string, manifest: unknown): string;
    };
    const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
    strictEqual(withTable(readme, readManifest()), readme, 'run `npm run docs`');
  });
});
