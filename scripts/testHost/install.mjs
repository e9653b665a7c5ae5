// Installs code-server, the real VS Code extension host for tests, into the user's cache folder.
// Runs before `npm ci`, so it uses Node's own modules only. To run it alone: `node
// scripts/testHost/install.mjs`.
//
// code-server comes from npm without its install scripts. Those require npm's old --unsafe-perm and
// build modules that the tests do not need. The steps below replace them.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { homedir } from 'node:os';
import { pathToFileURL } from 'node:url';
import { findCommand, findNpm } from './commands.mjs';
import { recipes } from './recipes.mjs';

/** Incremented when the steps for Node change, so an older installation is replaced. */
const nodeRecipe = 1;
const stampName = '.earmark-complete.json';
const installLimitMs = 10 * 60_000;
const staleAfterMs = 60 * 60_000;

/**
 * Installs code-server if needed and returns its location.
 * @param {(line: string) => void} log receives progress lines; no lines if it is installed already.
 * @param {'current' | 'oldest'} which of the recipes.
 * @returns {Promise<{dir: string, entry: string, node: string, version: string}>} `node entry …`
 * starts it.
 * @throws {Error} one sentence that says what to do, if it cannot be installed.
 */
export async function ensureCodeServer(log = console.error, which = 'current') {
  if (process.platform === 'win32') {
    throw new Error(
      'The VS Code host for tests runs on Linux and macOS only. On Windows use "npm ' +
        'run test:desktop".',
    );
  }
  const recipe = recipes[which];
  const node = await ensureNode(recipe.node, log);
  const dir = join(cacheRoot(), `code-server-${recipe.version}`);
  await build(dir, recipe.recipe, log, (work) => buildCodeServer(work, recipe, node, log));
  return {
    dir,
    entry: join(dir, 'node_modules', 'code-server', 'out', 'node', 'entry.js'),
    node: node.path,
    version: recipe.version,
  };
}

/**
 * The folder for all downloads of tests: $XDG_CACHE_HOME/earmark-test, otherwise
 * ~/.cache/earmark-test.
 */
export function cacheRoot() {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'earmark-test');
}

/**
 * Node of the wanted major version with its headers: the running Node if it has both, otherwise the
 * npm package for this platform.
 */
async function ensureNode(version, log) {
  const major = version.split('.')[0];
  const running = { path: process.execPath, prefix: dirname(dirname(process.execPath)) };
  if (process.versions.node.startsWith(`${major}.`) && hasHeaders(running.prefix)) return running;
  const name = `node-${process.platform}-${process.arch}`;
  const dir = join(cacheRoot(), `node-${version}`);
  await build(dir, nodeRecipe, log, async (work) => {
    log(`Downloading Node ${version} for code-server from npm…`);
    await npmInstall(work, { [name]: version }).catch((cause) => {
      throw new Error(
        `The VS Code host for tests needs Node ${major}, and npm could not provide it. Run ` +
          `the tests with Node ${major} instead. ${cause.message}`,
        { cause },
      );
    });
  });
  const prefix = join(dir, 'node_modules', name);
  return { path: join(prefix, 'bin', 'node'), prefix };
}

function hasHeaders(prefix) {
  return existsSync(join(prefix, 'include', 'node', 'node_api.h'));
}

async function buildCodeServer(work, recipe, node, log) {
  const missing = [
    ['a C++ compiler', ['c++', 'g++', 'clang++']],
    ['make', ['make']],
    ['Python 3', ['python3']],
  ]
    .filter(([, names]) => !names.some((name) => findCommand(name)))
    .map(([title]) => title);
  if (missing.length > 0) {
    throw new Error(
      `Cannot build the VS Code host for tests without ${missing.join(', ')}. ` +
        'Install g++, make and python3 and run again.',
    );
  }
  log(
    `Downloading code-server ${recipe.version} (VS Code's extension host for ` +
      'tests, once) from npm…',
  );
  await npmInstall(work, { 'code-server': recipe.version, ...recipe.packages }, recipe.overrides);
  const vscode = join(work, 'node_modules', 'code-server', 'lib', 'vscode');
  const extensions = join(vscode, 'extensions');
  log("Downloading the libraries of VS Code's server…");
  await npm(vscode, ['install', '--omit=dev']);
  await npm(extensions, ['install', '--omit=dev']);
  await recipe.finish(vscode);
  log('Building its native modules (about 20 s)…');
  const gyp = await findNodeGyp(work);
  await Promise.all(
    recipe.nativeModules.map((name) =>
      runQuietly(`Building ${name}`, node.path, [gyp, 'rebuild', `--nodedir=${node.prefix}`], {
        cwd: join(vscode, 'node_modules', name),
        // node-gyp runs "node" by name during the build.
        env: {
          ...npmEnvironment(),
          PATH: `${dirname(node.path)}${delimiter}${process.env.PATH ?? ''}`,
        },
      }),
    ),
  );
  await runQuietly(
    'Starting code-server',
    node.path,
    [join(work, 'node_modules', 'code-server', 'out', 'node', 'entry.js'), '--version'],
    {
      cwd: work,
      env: { ...process.env, XDG_CONFIG_HOME: join(work, 'config') },
    },
  );
}

/** npm contains node-gyp. Distributions that remove it get it as a package. */
async function findNodeGyp(work) {
  const own = join(dirname(dirname(findNpm())), 'node_modules', 'node-gyp', 'bin', 'node-gyp.js');
  if (existsSync(own)) return own;
  const dir = join(work, 'gyp');
  await mkdir(dir);
  await npmInstall(dir, { 'node-gyp': '11.5.0' });
  return join(dir, 'node_modules', 'node-gyp', 'bin', 'node-gyp.js');
}

/**
 * Builds in a temporary folder beside `dir` and renames it, so `dir` is complete or absent. Does
 * nothing where `dir` is complete.
 */
async function build(dir, recipe, log, fill) {
  if (isComplete(dir, recipe)) return;
  const started = Date.now();
  const parent = dirname(dir);
  await mkdir(parent, { recursive: true });
  await removeStale(parent);
  const work = await mkdtemp(`${dir}.tmp-`);
  // Long work reports progress.
  const alive = setInterval(
    () => log(`… still working, ${Math.round((Date.now() - started) / 1000)} s`),
    15_000,
  );
  try {
    await fill(work);
    await writeFile(
      join(work, stampName),
      JSON.stringify({ recipe, seconds: Math.round((Date.now() - started) / 1000) }),
    );
    if (existsSync(dir) && !isComplete(dir, recipe))
      await rename(dir, await mkdtemp(`${dir}.tmp-old-`));
    await rename(work, dir).catch((error) => {
      // Another process finished first. Its result is equally good.
      if (!isComplete(dir, recipe)) throw error;
    });
    log(`Installed in ${dir} after ${Math.round((Date.now() - started) / 1000)} s.`);
  } finally {
    clearInterval(alive);
    await rm(work, { recursive: true, force: true });
  }
}

function isComplete(dir, recipe) {
  try {
    return JSON.parse(readFileSync(join(dir, stampName), 'utf8')).recipe === recipe;
  } catch {
    return false;
  }
}

/** Removes folders that killed runs left more than an hour ago. */
async function removeStale(parent) {
  for (const name of readdirSync(parent)) {
    const path = join(parent, name);
    if (!name.includes('.tmp-')) continue;
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > staleAfterMs) await rm(path, { recursive: true, force: true });
  }
}

async function npmInstall(dir, dependencies, overrides = {}) {
  await writeFile(
    join(dir, 'package.json'),
    JSON.stringify({ name: 'earmark-test-host', private: true, dependencies, overrides }, null, 2),
  );
  await npm(dir, ['install']);
}

function npm(dir, args) {
  const all = [
    findNpm(),
    ...args,
    '--prefix',
    dir,
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--no-update-notifier',
    '--loglevel=error',
  ];
  return runQuietly(`Running "npm ${args[0]}"`, process.execPath, all, {
    cwd: dir,
    env: npmEnvironment(),
  });
}

/**
 * The environment without the project variables of an outer `npm test`. The user's npm settings
 * stay.
 */
function npmEnvironment() {
  const outer = new RegExp(
    '^npm_(package_|lifecycle_|command$|' +
      'config_(local_prefix|prefix|global_prefix|workspace|omit|include|dry_run|global)$)',
    'i',
  );
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !outer.test(name)));
}

/** Runs a program without its output. On failure, the error ends with the last lines of output. */
function runQuietly(what, command, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      ...options,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: installLimitMs,
    });
    let tail = ''; // Enough lines to include the compiler error above make's own messages.
    const keep = (chunk) => {
      tail = (tail + chunk).slice(-8000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => reject(new Error(`${what} failed: ${error.message}.`)));
    child.on('close', (code, signal) => {
      if (code === 0) resolve();
      else {
        const reason = signal ? `it was ended by ${signal}` : `exit code ${code}`;
        const network = /ENOTFOUND|ECONNREFUSED|ECONNRESET|EAI_AGAIN|ETIMEDOUT|E404/.test(tail);
        const hint = network
          ? "check the network and npm's registry setting, then run again"
          : 'see what it said, then run again';
        reject(
          new Error(
            `${what} for the VS Code test host failed (${reason}): ${hint}. Its output: ${firstComplaint(tail)}`,
          ),
        );
      }
    });
  });
}

/** The line with the error itself, without the stack and advice of npm and node-gyp. */
function firstComplaint(output) {
  const lines = output
    .split('\n')
    .map((line) => line.replace(/^(npm|gyp) (error|ERR!)\s*/, '').trim())
    .filter(Boolean);
  return lines.find((line) => /error:|Error:/.test(line)) ?? lines.at(-1) ?? 'nothing';
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  ensureCodeServer(console.error, process.argv[2] === 'oldest' ? 'oldest' : 'current').then(
    ({ dir, node, version }) =>
      console.log(`code-server ${version} is in ${dir} and runs with ${node}.`),
    (error) => {
      console.error(error.message);
      process.exitCode = 1;
    },
  );
}
