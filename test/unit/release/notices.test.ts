/** "No GPL ships, and every work of others is named": licences of the lock file's packages. */
import { deepEqual, match, ok, throws } from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(__dirname, '../../..');
const load = () => import('../../../scripts/notices.mjs');
type Lock = Parameters<Awaited<ReturnType<typeof load>>['noticesText']>[0];
const { packages: lock } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
  packages: Lock;
};

describe('promise: no GPL ships, and the licence of every package is named', () => {
  it('are all on the list of allowed ones', async () => {
    const { refusedPackages, shippedPackages } = await load();
    const packages = shippedPackages(lock);
    ok(packages.length > 200, `${packages.length} packages; more than 200 are expected`);
    deepEqual(refusedPackages(packages), []);
  });

  it('have no GPL and no LGPL', async () => {
    const { shippedPackages } = await load();
    deepEqual(
      shippedPackages(lock)
        .filter(({ license }) => /GPL/.test(license))
        .map(({ name, license }) => `${name} ${license}`),
      [],
    );
  });

  it('have install scripts that package.json allows or forbids, one by one', () => {
    const { allowScripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      allowScripts: Record<string, boolean>;
    };
    deepEqual(
      Object.entries(lock)
        .filter(([, entry]) => (entry as { hasInstallScript?: boolean }).hasInstallScript)
        .map(([place]) => place.slice(place.lastIndexOf('node_modules/') + 13))
        .filter((name) => allowScripts[name] === undefined),
      [],
    );
  });

  it('have exact versions in package.json', () => {
    const { dependencies, devDependencies, optionalDependencies } = JSON.parse(
      readFileSync(join(root, 'package.json'), 'utf8'),
    ) as Record<string, Record<string, string>>;
    deepEqual(
      Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies }).filter(
        ([, version]) => !/^\d+\.\d+\.\d+$/.test(version),
      ),
      [],
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
    match(text, /^minimp3, .*CC0-1\.0$/m);
    match(text, /^libogg and libvorbis, [\s\S]*Redistributions in binary form/m);
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

describe('promise: no packed file carries code under the GPL or LGPL', function () {
  this.timeout(120_000);
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'earmark-packed-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('finds each sign, in text, in a bundle and in compiled code', async () => {
    const { copyleftFiles } = await load();
    const planted = {
      COPYING: 'GNU LESSER GENERAL PUBLIC LICENSE\nVersion 2.1',
      'bundle.js': 'var a=1;/*! SPDX-License-Identifier: GPL-3.0-only */',
      'parser.js': 'class CodecParser {}',
      'mp3.wasm': '\0asm\x01\0\0\0mpg123_decode\0',
      'free.js': 'Apache-2.0; the general public; GPLOT2; 2 GPUs',
    };
    for (const [name, text] of Object.entries(planted)) writeFileSync(join(folder, name), text);
    deepEqual(
      copyleftFiles(folder).map((line) => line.slice(0, line.indexOf(':'))),
      ['COPYING', 'bundle.js', 'mp3.wasm', 'parser.js'],
    );
  });

  it('finds none in the VSIX of the desktop and of the web', async () => {
    const { build } = (await import('../../../scripts/build.mjs' as string)) as {
      build(options: object): Promise<unknown>;
    };
    const { closure, here } = await import('../../../scripts/package.mjs');
    const { copyleftFiles, NOTICES_FILE, noticesText } = await load();
    await build({ minify: true, into: folder, log: () => undefined });
    for (const name of ['mp3.wasm', 'vorbis.wasm'])
      ok(existsSync(join(folder, 'dist', name)), `${name} is among the files that ship`);
    writeFileSync(join(folder, NOTICES_FILE), noticesText(lock));
    deepEqual(copyleftFiles(folder), []);
    const packages = closure(here);
    ok(packages.length > 50, `${packages.length} packages outside the bundles`);
    deepEqual(
      packages.flatMap((place) =>
        copyleftFiles(join(root, place)).map((line) => `${place}: ${line}`),
      ),
      [],
    );
  });
});
