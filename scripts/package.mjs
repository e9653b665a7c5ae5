// `npm run package`: one VSIX for this platform, with the packages that stay outside the bundles and only this
// platform's native files. What may go in is in .vscodeignore.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build, EXTERNAL, root } from './build.mjs';
import { setUp } from './setup.mjs';

const stage = path.join(root, 'out/vsix');
const target = `${process.platform}-${process.arch}`;
const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const lock = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')).packages;

/** Left out: of smart-whisper only what was built of it goes in, audiotee runs on macOS alone. */
const LEFT_OUT = new Set(['vscode', 'smart-whisper', 'onnxruntime-web', ...(process.platform === 'darwin' ? [] : ['audiotee'])]);
/** Dependencies of install scripts, which nothing needs when it runs. */
const RUN_TIME_ONLY = { 'onnxruntime-node': ['onnxruntime-common'] };

/** Folders in node_modules of the packages that stay outside the bundles, and of all they need. */
function closure() {
  const found = new Set();
  const walk = (name, from) => {
    for (let base = from; ; base = base.slice(0, Math.max(0, base.lastIndexOf('/node_modules/')))) {
      const place = `${base === '' ? '' : `${base}/`}node_modules/${name}`;
      if (lock[place]) {
        if (found.has(place) || !existsSync(path.join(root, place))) return;
        found.add(place);
        const { dependencies, optionalDependencies } = lock[place];
        for (const next of RUN_TIME_ONLY[name] ?? Object.keys({ ...dependencies, ...optionalDependencies })) walk(next, place);
        return;
      }
      if (base === '') return;
    }
  };
  const wanted = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies });
  const external = (name) => EXTERNAL.some((e) => (e.endsWith('/*') ? name.startsWith(e.slice(0, -1)) : e === name));
  for (const name of wanted) if (external(name) && !LEFT_OUT.has(name)) walk(name, '');
  return [...found];
}

/** Neither maps, types and sources, nor another platform's binaries. */
function isWanted(file) {
  const name = file.split(path.sep).join('/');
  const other = /onnxruntime-node\/bin\/napi-v\d+\/([^/]+)(?:\/([^/]+))?/.exec(name);
  if (other && (other[1] !== process.platform || (other[2] !== undefined && other[2] !== process.arch))) return false;
  if (/onnxruntime_providers_(cuda|tensorrt)/.test(name)) return false;
  return !/\.(map|d\.[cm]?ts|md|markdown)$/i.test(name) && !/\/(test|tests|__tests__|\.github)$/.test(name);
}

await setUp({ models: false });
rmSync(stage, { recursive: true, force: true });
mkdirSync(stage, { recursive: true });
console.log('Building, minified …');
await build({ minify: true, into: stage });
for (const name of ['README.md', 'CHANGELOG.md', 'LICENSE', '.vscodeignore', 'docs', 'media/icons', 'walkthrough', 'models', 'demo/standup.flac', 'demo/LICENSE']) {
  if (existsSync(path.join(root, name))) cpSync(path.join(root, name), path.join(stage, name), { recursive: true });
}
// Whisper goes in where it was built: `npm run whisper`.
if (existsSync(path.join(root, 'dist/whisper'))) cpSync(path.join(root, 'dist/whisper'), path.join(stage, 'dist/whisper'), { recursive: true });
// Beside the bundles, where Node looks first; vsce leaves out what lies in node_modules at the top.
for (const place of closure()) cpSync(path.join(root, place), path.join(stage, 'dist', place), { recursive: true, filter: (from) => !from.slice(path.join(root, place).length).includes('node_modules') && isWanted(from) });

const { scripts: _s, dependencies: _d, devDependencies: _v, optionalDependencies: _o, allowScripts: _a, private: _p, ...shipped } = manifest;
writeFileSync(path.join(stage, 'package.json'), `${JSON.stringify(shipped, null, 2)}\n`);
const file = path.join(root, `${manifest.name}-${manifest.version}-${target}.vsix`);
const vsce = path.join(root, 'node_modules/@vscode/vsce/vsce');
const { status } = spawnSync(process.execPath, [vsce, 'package', '--no-dependencies', '--no-rewrite-relative-links', '--allow-missing-repository', '--target', target, '--out', file], { cwd: stage, stdio: ['ignore', 'inherit', 'inherit'] });
if (status === 0) console.log(`${path.relative(root, file)}: ${(statSync(file).size / 1e6).toFixed(1)} MB`);
process.exitCode = status ?? 1;
