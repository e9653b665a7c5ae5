// `npm run package:web`: the VSIX for editors that are a web page. It records nothing and says so: dist/web.js alone.
// A manifest with a `browser` entry is preferred to the real one in a browser that has a server, so it is never shipped
// with the others.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, root } from './build.mjs';

/** All of the extension but its script, as it is in a browser. @param {string} stage folder that is made anew */
export function stageWeb(stage) {
  rmSync(stage, { recursive: true, force: true });
  mkdirSync(path.join(stage, 'dist'), { recursive: true });
  for (const name of ['README.md', 'CHANGELOG.md', 'LICENSE', 'media/icons', 'walkthrough']) cpSync(path.join(root, name), path.join(stage, name), { recursive: true });
  const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const { main: _m, bin: _b, scripts: _s, dependencies: _d, devDependencies: _v, optionalDependencies: _o, allowScripts: _a, private: _p, ...shipped } = manifest;
  const web = { ...shipped, browser: './dist/web.js' };
  writeFileSync(path.join(stage, 'package.json'), `${JSON.stringify(web, null, 2)}\n`);
  return web;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const stage = path.join(root, 'out/vsixWeb');
  await build({ minify: true });
  const { name, version } = stageWeb(stage);
  cpSync(path.join(root, 'dist/web.js'), path.join(stage, 'dist/web.js'));
  const file = path.join(root, `${name}-${version}-web.vsix`);
  const vsce = fileURLToPath(new URL('../node_modules/@vscode/vsce/vsce', import.meta.url));
  const { status } = spawnSync(process.execPath, [vsce, 'package', '--no-dependencies', '--no-rewrite-relative-links', '--allow-missing-repository', '--target', 'web', '--out', file], { cwd: stage, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status === 0) console.log(`${path.relative(root, file)}: ${(statSync(file).size / 1e3).toFixed(0)} KB`);
  process.exitCode = status ?? 1;
}
