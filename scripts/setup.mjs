// Prepares a fresh clone with Node alone: packages, build, default models. Completed steps are
// skipped, so a second run is quick. Run by `npm run setup`, `npm run demo`, `npm test` and the
// benches.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** A failed step. The message is one sentence for the user. */
export class SetupError extends Error {}

const json = (file) => {
  try {
    return JSON.parse(readFileSync(path.join(root, file), 'utf8'));
  } catch {
    return undefined;
  }
};

/** Rejects a Node that is too old for Earmark. */
function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 18))
    throw new SetupError(
      `Earmark needs Node 20.18 or newer; this is ${process.versions.node}. Install ` +
        'a newer Node and run the command again.',
    );
}

/** True if npm's record of node_modules matches the lock file. */
function packagesAreCurrent() {
  const wanted = json('package-lock.json')?.packages;
  const installed = json('node_modules/.package-lock.json')?.packages;
  if (!wanted || !installed) return false;
  return Object.entries(wanted).every(([place, { version, optional, devOptional }]) => {
    if (place === '' || installed[place]?.version === version) return true;
    // Packages for other platforms are listed but not installed.
    return installed[place] === undefined && (optional === true || devOptional === true);
  });
}

/** Runs a command to its end and shows its output. */
function run(command, args, env = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...env },
      shell: process.platform === 'win32' && command.endsWith('.cmd'),
    });
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`it ended with ${code}`)),
    );
  });
}

/**
 * The npm that runs this script, otherwise the npm on PATH.
 * @returns {[string, string[]]} program and arguments
 */
export function npm(args) {
  const own = process.env.npm_execpath;
  if (own && /npm-cli\.[cm]?js$/.test(own)) return [process.execPath, [own, ...args]];
  return [process.platform === 'win32' ? 'npm.cmd' : 'npm', args];
}

async function ensurePackages(log) {
  if (packagesAreCurrent()) return;
  log('Installing packages (npm ci) …');
  // Packages run no scripts. Native packages come prebuilt, and smart-whisper is built on request.
  const [command, args] = npm([
    'ci',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]);
  const begun = Date.now();
  // On a terminal, npm shows its own progress.
  const alive = process.stderr.isTTY
    ? undefined
    : setInterval(
        () => log(`  … still installing, ${Math.round((Date.now() - begun) / 1000)} s`),
        10_000,
      );
  await run(command, args, { ONNXRUNTIME_NODE_INSTALL: 'skip' })
    .catch((error) => {
      throw new SetupError(
        `Could not install the packages (${error.message}). Check the network and ` +
          "npm's registry and run the command again.",
      );
    })
    .finally(() => clearInterval(alive));
}

/** A change in these folders and files makes the bundles outdated. */
const SOURCES = [
  'protocol',
  'client',
  'agents',
  'daemon',
  'extension',
  'media',
  'scripts/build.mjs',
  'package-lock.json',
  'tsconfig.base.json',
];

function* filesOf(name) {
  const file = path.join(root, name);
  if (!existsSync(file)) return;
  if (path.extname(name) !== '' || name === 'LICENSE') return void (yield file);
  for (const entry of readdirSync(file, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) yield path.join(entry.parentPath ?? entry.path, entry.name);
}

function sourceHash() {
  const hash = createHash('sha256');
  for (const source of SOURCES) {
    for (const file of [...filesOf(source)].sort())
      hash.update(path.relative(root, file)).update('\0').update(readFileSync(file));
  }
  return hash.digest('hex');
}

async function ensureBuild(log) {
  const stamp = path.join(root, 'dist/.sources');
  const hash = sourceHash();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;
  log('Building …');
  const { build } = await import('./build.mjs');
  await build({ log }).catch((error) => {
    throw new SetupError(error.message);
  });
  mkdirSync(path.dirname(stamp), { recursive: true });
  writeFileSync(stamp, hash);
}

async function ensureModels(log) {
  // Quick if the models are installed: checks sizes and checksums of 30 MB.
  const pull = path.join(root, 'scripts/pullModels.ts');
  const tsx = path.join(root, 'node_modules/tsx/dist/cjs/index.cjs');
  log('Checking the speech models …');
  const code = spawnSync(process.execPath, ['--require', tsx, pull], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  }).status;
  if (code !== 0) throw new SetupError('Could not download the speech models.');
}

/**
 * @param {{log?: (line: string) => void, models?: boolean, whisper?: boolean}} options `whisper`
 * builds Whisper if this machine can
 */
export async function setUp({
  log = (line) => console.error(line),
  models = true,
  whisper = false,
} = {}) {
  checkNode();
  await ensurePackages(log);
  await ensureBuild(log);
  if (whisper) {
    const { ensureWhisper } = await import('./whisper.mjs');
    const why = await ensureWhisper({ log });
    if (why) log(why);
  }
  if (models) await ensureModels(log);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await setUp().catch((error) => {
    console.error(error instanceof SetupError ? error.message : error);
    process.exitCode = 1;
  });
}
