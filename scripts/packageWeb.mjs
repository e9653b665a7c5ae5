// `npm run package:web` builds the VSIX for editors that run in a web page. It contains dist/web.js
// alone, which records nothing and says so. A browser with a server prefers a manifest with a
// `browser` entry to the real extension. This VSIX is therefore never shipped with the others.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, root } from './build.mjs';
import { NOTICES_FILE, noticesText, refuseCopyleft } from './notices.mjs';

/**
 * Writes all files of the extension except its script, in their form for a browser.
 * @param {string} stage folder that is created anew
 */
export function stageWeb(stage) {
  rmSync(stage, { recursive: true, force: true });
  mkdirSync(path.join(stage, 'dist'), { recursive: true });
  for (const name of [
    'package.nls.json',
    'README.md',
    'CHANGELOG.md',
    'LICENSE',
    'media/icons',
    'walkthrough',
  ])
    cpSync(path.join(root, name), path.join(stage, name), { recursive: true });
  const lock = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')).packages;
  writeFileSync(path.join(stage, NOTICES_FILE), noticesText(lock));
  const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const {
    main: _m,
    bin: _b,
    scripts: _s,
    dependencies: _d,
    devDependencies: _v,
    optionalDependencies: _o,
    allowScripts: _a,
    private: _p,
    ...shipped
  } = manifest;
  // Nothing can be recorded in a browser.
  const contributes = {
    ...shipped.contributes,
    views: {
      earmark: shipped.contributes.views.earmark.filter(({ id }) => id === 'earmark.panel'),
    },
    viewsWelcome: [],
  };
  const web = { ...shipped, contributes, browser: './dist/web.js' };
  writeFileSync(path.join(stage, 'package.json'), `${JSON.stringify(web, null, 2)}\n`);
  return web;
}

/**
 * Builds the VSIX.
 * @param {string} file path of the VSIX
 * @param {string} stage folder that is created anew
 */
export async function packageWeb(file, stage) {
  stageWeb(stage);
  await build({ minify: true, into: stage, only: 'dist/web.js', log: () => undefined });
  refuseCopyleft(stage);
  const vsce = path.join(root, 'node_modules/@vscode/vsce/vsce');
  const { status } = spawnSync(
    process.execPath,
    [
      vsce,
      'package',
      '--no-dependencies',
      '--no-rewrite-relative-links',
      '--allow-missing-repository',
      '--target',
      'web',
      '--out',
      file,
    ],
    { cwd: stage, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  if (status !== 0) throw new Error('vsce failed to package the VSIX for browsers.');
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { name, version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const file = path.join(root, `${name}-${version}-web.vsix`);
  try {
    await packageWeb(file, path.join(root, 'out/vsixWeb'));
    console.log(`${path.relative(root, file)}: ${(statSync(file).size / 1e3).toFixed(0)} KB`);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
