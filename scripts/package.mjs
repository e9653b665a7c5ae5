// `npm run package [-- --target T] [--all] [--full] [--release] [--whisper FOLDER] [--out FOLDER]`
// builds a VSIX for this platform, another platform, or each platform. It contains the packages
// outside the bundles, with native files for its platform only. Native files of other platforms come
// from npm, checked against the lock file. Whisper is built for this platform; with `--whisper`, the
// builds of all platforms are in FOLDER/whisper-<target>. `--release` refuses a package without
// Whisper where it can be built, a repository, a bug tracker or a security contact.
// `--full` includes the default speech models, for machines without a network. .vscodeignore lists
// the permitted files. A VSIX over its budget fails.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, EXTERNAL, root } from './build.mjs';
import { NOTICES_FILE, noticesText, refuseCopyleft } from './notices.mjs';
import { WHISPER_TARGETS, copyWhisper } from './packageWhisper.mjs';
import { npm, setUp } from './setup.mjs';

/** Maximum size of a VSIX without models, in megabytes. */
export const BUDGET_MB = 120;

/**
 * Target of VS Code → its native files. `libsql`: its binary; plain SQLite if it has none. `ort`:
 * ONNX Runtime's own binaries, or WASM if it has none.
 * @type {Record<string, {libsql?: string, ort: 'node' | 'web', audiotee?: boolean}>}
 */
export const TARGETS = {
  'linux-x64': { libsql: '@libsql/linux-x64-gnu', ort: 'node' },
  'linux-arm64': { libsql: '@libsql/linux-arm64-gnu', ort: 'node' },
  'darwin-arm64': { libsql: '@libsql/darwin-arm64', ort: 'node', audiotee: true },
  'darwin-x64': { libsql: '@libsql/darwin-x64', ort: 'web', audiotee: true },
  'win32-x64': { libsql: '@libsql/win32-x64-msvc', ort: 'node' },
  'win32-arm64': { ort: 'node' },
};

/** One package contains binaries for every target. */
const PLAIN_SQLITE = '@photostructure/sqlite';

export const here = `${process.platform}-${process.arch}`;
const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const lock = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')).packages;
/**
 * Dependencies that these packages need at run time. Their other dependencies serve install scripts
 * and browser builds.
 */
const RUN_TIME_ONLY = {
  'onnxruntime-node': ['onnxruntime-common'],
  'onnxruntime-web': ['onnxruntime-common'],
  libsql: ['@neon-rs/load', 'detect-libc'],
  [PLAIN_SQLITE]: ['node-gyp-build'],
};

/**
 * Folders in node_modules of a target's packages outside the bundles, with all their dependencies.
 */
export function closure(target) {
  const { libsql, ort, audiotee } = TARGETS[target];
  // Of smart-whisper, only its build is included.
  const leftOut = new Set([
    'vscode',
    'smart-whisper',
    ort === 'node' ? 'onnxruntime-web' : 'onnxruntime-node',
    ...(audiotee ? [] : ['audiotee']),
    libsql === undefined ? 'libsql' : PLAIN_SQLITE,
  ]);
  const found = new Set();
  const walk = (name, from) => {
    for (let base = from; ; base = base.slice(0, Math.max(0, base.lastIndexOf('/node_modules/')))) {
      const place = `${base === '' ? '' : `${base}/`}node_modules/${name}`;
      if (lock[place]) {
        if (found.has(place) || !existsSync(path.join(root, place))) return;
        found.add(place);
        const { dependencies, optionalDependencies } = lock[place];
        for (const next of RUN_TIME_ONLY[name] ??
          Object.keys({ ...dependencies, ...optionalDependencies }))
          walk(next, place);
        return;
      }
      if (base === '') return;
    }
  };
  const wanted = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies });
  const external = (name) =>
    EXTERNAL.some((e) => (e.endsWith('/*') ? name.startsWith(e.slice(0, -1)) : e === name));
  for (const name of wanted) if (external(name) && !leftOut.has(name)) walk(name, '');
  return [...found];
}

/** False for maps, types and sources, and for binaries of other platforms. */
function isWanted(file, target) {
  const name = file.split(path.sep).join('/');
  const [platform, arch] = target.split('-');
  const other = /onnxruntime-node\/bin\/napi-v\d+\/([^/]+)(?:\/([^/]+))?/.exec(name);
  if (other && (other[1] !== platform || (other[2] !== undefined && other[2] !== arch)))
    return false;
  const plain = /@photostructure\/sqlite\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?/.exec(name);
  if (plain && !['package.json', 'LICENSE', 'dist', 'prebuilds'].includes(plain[1])) return false;
  if (
    plain?.[1] === 'prebuilds' &&
    ((plain[2] !== undefined && plain[2] !== target) || plain[3]?.endsWith('.musl.node'))
  )
    return false;
  // A second copy of the library. The binding loads the one with the shorter name.
  if (/libonnxruntime\.\d+\.\d+\.\d+\.dylib$/.test(name)) return false;
  if (/onnxruntime_providers_(cuda|tensorrt)/.test(name)) return false;
  // Of ONNX Runtime's WASM build, only the files that Node loads.
  if (
    /onnxruntime-web\/(lib|docs)$/.test(name) ||
    (/onnxruntime-web\/dist\/./.test(name) &&
      !/dist\/(ort\.node\.min\.(js|mjs)|ort-wasm-simd-threaded\.(wasm|mjs))$/.test(name))
  )
    return false;
  return (
    !/\.(map|d\.[cm]?ts|md|markdown)$/i.test(name) &&
    !/\/(test|tests|__tests__|\.github)$/.test(name)
  );
}

/** Folder of a target's package: the installed one, or npm's version from the lock file. */
async function nativePackage(name, work) {
  const place = `node_modules/${name}`;
  if (existsSync(path.join(root, place))) return path.join(root, place);
  const entry = lock[place];
  if (!entry) throw new Error(`${name} is not in package-lock.json; run npm install.`);
  const into = path.join(work, name);
  // npm's own command, which applies the user's registry, proxy and certificates.
  mkdirSync(into, { recursive: true });
  const [command, args] = npm([
    'pack',
    `${name}@${entry.version}`,
    '--json',
    '--pack-destination',
    into,
  ]);
  const { status, stdout } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    shell: command.endsWith('.cmd'),
  });
  if (status !== 0)
    throw new Error(
      `Could not download ${name}; check the network and npm's registry and run it ` + 'again.',
    );
  const tarball = path.join(into, JSON.parse(stdout)[0].filename);
  const [algorithm, wanted] = entry.integrity.split(/-(.*)/s);
  if (createHash(algorithm).update(readFileSync(tarball)).digest('base64') !== wanted)
    throw new Error(`${name} does not match package-lock.json; run npm ci and try again.`);
  const { x } = await import('tar');
  await x({ file: tarball, cwd: into, strip: 1 });
  rmSync(tarball);
  return into;
}

/** Address of a person or of a page that accepts reports. */
const CONTACT = /[\w.+-]+@[\w-]+\.\w[\w.-]*|https:\/\/\S+/;

/**
 * Reasons why a package cannot be released. Every user must be able to find the source, report a
 * bug, and report a vulnerability in private.
 * @param {{repository?: string | {url?: string}, bugs?: string | {url?: string, email?: string}}}
 * manifest package.json
 * @param {string} security SECURITY.md
 * @returns {string[]} sentences; empty if nothing is missing
 */
export function releaseProblems({ repository, bugs }, security) {
  const text = (entry, ...keys) =>
    (typeof entry === 'string' ? entry : keys.map((key) => entry?.[key] ?? '').join('')).trim();
  const reporting = /^## Reporting[^\n]*\n([\s\S]*?)(?=^## |(?![\s\S]))/m.exec(security)?.[1] ?? '';
  return [
    ...(text(repository, 'url') === ''
      ? ['package.json has no `repository`; add the address of the public source.']
      : []),
    ...(text(bugs, 'url', 'email') === ''
      ? ['package.json has no `bugs`; add the address of the issue tracker.']
      : []),
    ...(CONTACT.test(reporting)
      ? []
      : [
          'SECURITY.md names no contact under "Reporting"; add an e-mail address or the page that takes private reports.',
        ]),
  ];
}

/** @throws Error if a release lacks a build that can be made */
function addWhisper(target, stage, { release, whisper }) {
  const builds =
    whisper === undefined && target === here
      ? path.join(root, 'dist/whisper')
      : path.resolve(whisper ?? 'out/whisper', `whisper-${target}`);
  const lacking = copyWhisper(target, builds, path.join(stage, 'dist/whisper'));
  if (lacking !== undefined && release && WHISPER_TARGETS[target]) throw new Error(lacking);
  if (lacking !== undefined) console.log(lacking);
}

async function packageFor(target, { full, release, whisper, out }) {
  const work = path.join(root, 'out/vsix', `${target}${full ? '-full' : ''}`);
  const stage = path.join(work, 'stage');
  rmSync(work, { recursive: true, force: true });
  mkdirSync(stage, { recursive: true });
  writeFileSync(path.join(stage, NOTICES_FILE), noticesText(lock));
  await build({ minify: true, into: stage, log: () => undefined });
  for (const name of [
    'package.nls.json',
    'README.md',
    'CHANGELOG.md',
    'LICENSE',
    '.vscodeignore',
    'docs',
    'media/icons',
    'walkthrough',
    'models',
    'demo/standup.flac',
    'demo/LICENSE',
  ]) {
    if (existsSync(path.join(root, name)))
      cpSync(path.join(root, name), path.join(stage, name), { recursive: true });
  }
  addWhisper(target, stage, { release, whisper });
  // Beside the bundles, where Node looks first. vsce excludes node_modules at the top level.
  const copy = (from, place) =>
    cpSync(from, path.join(stage, 'dist', place), {
      recursive: true,
      filter: (file) => !file.slice(from.length).includes('node_modules') && isWanted(file, target),
    });
  for (const place of closure(target)) copy(path.join(root, place), place);
  const { libsql, audiotee } = TARGETS[target];
  for (const name of [...(libsql === undefined ? [] : [libsql]), ...(audiotee ? ['audiotee'] : [])])
    copy(await nativePackage(name, path.join(work, 'native')), `node_modules/${name}`);
  if (full) copyModels(path.join(stage, 'models/import'));

  const {
    scripts: _s,
    dependencies: _d,
    devDependencies: _v,
    optionalDependencies: _o,
    allowScripts: _a,
    private: _p,
    ...shipped
  } = manifest;
  writeFileSync(path.join(stage, 'package.json'), `${JSON.stringify(shipped, null, 2)}\n`);
  refuseCopyleft(stage);
  const file = path.join(
    out,
    `${manifest.name}-${manifest.version}-${target}${full ? '-full' : ''}.vsix`,
  );
  const vsce = path.join(root, 'node_modules/@vscode/vsce/vsce');
  const { status } = spawnSync(
    process.execPath,
    [
      vsce,
      'package',
      '--no-dependencies',
      '--no-rewrite-relative-links',
      ...(release ? [] : ['--allow-missing-repository']),
      '--target',
      target,
      '--out',
      file,
    ],
    { cwd: stage, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  if (status !== 0) throw new Error(`vsce failed to package ${target}.`);
  const foreign = foreignFiles(stage, target);
  if (foreign.length > 0)
    throw new Error(
      `These files belong to another platform than ${target}: ${foreign.join(', ')}.`,
    );
  checkSize(file, full);
  rmSync(work, { recursive: true, force: true });
  return file;
}

/** @throws Error if a VSIX without models exceeds its budget */
function checkSize(file, full) {
  const megabytes = statSync(file).size / 1e6;
  console.log(`${path.relative(root, file)}: ${megabytes.toFixed(1)} MB`);
  if (!full && megabytes > BUDGET_MB)
    throw new Error(
      `${path.basename(file)} has ${megabytes.toFixed(1)} MB, and the budget is ${BUDGET_MB} ` +
        'MB.',
    );
}

/**
 * Copies the default models, as downloaded by setup, to the folder that the daemon searches before
 * it downloads.
 */
function copyModels(into) {
  const folder = process.env.EARMARK_MODELS ?? path.join(root, '.cache/models');
  mkdirSync(into, { recursive: true });
  for (const id of ['moonshine-tiny', 'silero-vad']) {
    const revision = readdirSync(path.join(folder, id), { withFileTypes: true }).find((entry) =>
      entry.isDirectory(),
    )?.name;
    if (revision === undefined) throw new Error(`${id} is not in ${folder}; run npm run setup.`);
    for (const name of readdirSync(path.join(folder, id, revision)))
      if (name.endsWith('.onnx'))
        cpSync(path.join(folder, id, revision, name), path.join(into, name));
  }
}

/** Platform of a machine code file, from its first bytes. */
const FORMATS = [
  {
    platform: 'linux',
    magic: '7f454c46',
    arch: (bytes) => ({ 0x3e: 'x64', 0xb7: 'arm64' })[bytes.readUInt16LE(18)],
  },
  {
    platform: 'darwin',
    magic: 'cffaedfe',
    arch: (bytes) => ({ 0x01000007: 'x64', 0x0100000c: 'arm64' })[bytes.readUInt32LE(4)],
  },
  // One file for both Mac architectures.
  { platform: 'darwin', magic: 'cafebabe', arch: () => undefined },
  {
    platform: 'win32',
    magic: '4d5a',
    arch: (bytes) =>
      ({ 0x8664: 'x64', 0xaa64: 'arm64' })[bytes.readUInt16LE(bytes.readUInt32LE(0x3c) + 4)],
  },
];

/** Files of a folder with machine code of another platform. */
export function foreignFiles(folder, target) {
  const [platform, arch] = target.split('-');
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(
      (entry) => entry.isFile() && /\.(node|so[.\d]*|dylib|dll|exe)$|^[^.]+$/.test(entry.name),
    )
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
    .filter((file) => {
      const bytes = readFileSync(file).subarray(0, 4096);
      const format = FORMATS.find(
        ({ magic }) => bytes.subarray(0, magic.length / 2).toString('hex') === magic,
      );
      return (
        format !== undefined &&
        (format.platform !== platform || ![undefined, arch].includes(format.arch(bytes)))
      );
    })
    .map((file) => path.relative(folder, file));
}

async function main() {
  const argv = process.argv.slice(2);
  const at = argv.indexOf('--target');
  const targets = argv.includes('--all') ? Object.keys(TARGETS) : [at >= 0 ? argv[at + 1] : here];
  const unknown = targets.find((target) => !TARGETS[target ?? '']);
  if (unknown !== undefined || targets.includes(undefined))
    throw new Error(
      `There is no VSIX for ${unknown ?? 'that'}; choose from ${Object.keys(TARGETS).join(', ')}.`,
    );
  const full = argv.includes('--full');
  const release = argv.includes('--release');
  const problems = release
    ? releaseProblems(manifest, readFileSync(path.join(root, 'SECURITY.md'), 'utf8'))
    : [];
  if (problems.length > 0)
    throw new Error(
      ['This package cannot be released:', ...problems.map((p) => `- ${p}`)].join('\n'),
    );
  process.env.EARMARK_MODELS ??= path.join(root, '.cache/models');
  const folder = (name) => (argv.includes(name) ? argv[argv.indexOf(name) + 1] : undefined);
  const whisper = folder('--whisper');
  const out = path.resolve(root, folder('--out') ?? '.');
  mkdirSync(out, { recursive: true });
  await setUp({ models: full, whisper: whisper === undefined && targets.includes(here) });
  for (const target of targets) await packageFor(target, { full, release, whisper, out });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await main().catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
