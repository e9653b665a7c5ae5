/** "No GPL ships, and every work of others is named": licences of the lock file's packages. */
import { deepEqual, match, ok, throws } from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(__dirname, '../../..');
const load = () => import('../../../scripts/notices.mjs');
type Lock = Parameters<Awaited<ReturnType<typeof load>>['noticesText']>[0];
const { packages: lock } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
  packages: Lock;
};

describe('licences of shipped packages', () => {
  it('are all on the list of allowed ones', async () => {
    const { refusedPackages, shippedPackages } = await load();
    const packages = shippedPackages(lock);
    ok(packages.length > 200, `${packages.length} packages; more than 200 are expected`);
    deepEqual(refusedPackages(packages), []);
  });

  it('have no GPL, and of the LGPL nothing but the parser of the FLAC and Ogg decoders', async () => {
    const { shippedPackages } = await load();
    deepEqual(
      shippedPackages(lock)
        .filter(({ license }) => /GPL/.test(license))
        .map(({ name, license }) => `${name} ${license}`),
      ['codec-parser LGPL-3.0-or-later'],
    );
  });

  it('accept one side of OR and ask for both of AND', async () => {
    const { isAllowed } = await load();
    deepEqual(
      ['MIT', '(MIT OR GPL-3.0-or-later)', 'Apache-2.0 AND MIT', 'MIT AND LGPL-3.0-only', ''].map(
        isAllowed,
      ),
      [true, true, true, false, false],
    );
  });

  it('end packaging with the names of those that are not allowed', async () => {
    const { noticesText } = await load();
    const planted: Lock = {
      ...lock,
      'node_modules/a/node_modules/bad': { version: '1.0.0', license: 'GPL-2.0' },
      'node_modules/none': { version: '1.0.0' },
      'node_modules/codec-parser': { version: '3.0.0', license: 'AGPL-3.0-only' },
      'node_modules/tool': { version: '1.0.0', license: 'GPL-2.0', dev: true },
    };
    throws(() => noticesText(planted), {
      message:
        'These licences may not ship: bad (GPL-2.0), codec-parser (AGPL-3.0-only), none (none). Replace the packages.',
    });
  });
});

describe('THIRD-PARTY-NOTICES', () => {
  it('names every package with its licence, and fonts, icons and codecs inside packages', async () => {
    const { noticesText, shippedPackages } = await load();
    const text = noticesText(lock);
    deepEqual(
      shippedPackages(lock).filter(
        ({ name, version, license }) => !text.includes(`\n${name} ${version}: ${license}\n`),
      ),
      [],
    );
    match(text, /^codicon\.ttf, .*CC-BY-4\.0$/m);
    match(text, /^mpg123, .*LGPL-2\.1-only$/m);
    ok(!text.includes(root), 'no path of this machine');
  });

  it('goes into the VSIX', async () => {
    const { NOTICES_FILE } = await load();
    const allowed = readFileSync(join(root, '.vscodeignore'), 'utf8').split('\n');
    ok(allowed.includes(`!${NOTICES_FILE}`));
    const { stageWeb } = (await import('../../../scripts/packageWeb.mjs' as string)) as {
      stageWeb(stage: string): void;
    };
    const stage = mkdtempSync(join(tmpdir(), 'earmark-notices-'));
    try {
      stageWeb(stage);
      match(readFileSync(join(stage, NOTICES_FILE), 'utf8'), /^zod 4/m);
    } finally {
      rmSync(stage, { recursive: true, force: true });
    }
  });
});
