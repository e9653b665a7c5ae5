// Installs code-server, the real VS Code extension host for tests, into the user's cache folder.
// Runs before `npm ci`, so it uses Node's own modules only. To run it alone: `node
// scripts/testHost/install.mjs`.
//
// code-server comes from npm without its install scripts. Those require npm's old --unsafe-perm and
// build modules that the tests do not need. The steps below replace them.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { homedir } from 'node:os';
import { pathToFileURL } from 'node:url';
import { findCommand, findNpm } from './commands.mjs';

export const codeServerVersion = '4.100.3';
/** Incremented when the steps below change, so an older installation is replaced. */
const recipe = 1;
const nodeVersion = '20.20.2';
/**
 * code-server depends on argon2 0.31, whose package has no prebuilt binary. Version 0.44 has one,
 * with the same interface.
 */
const argonVersion = '0.44.0';
/**
 * VS Code's ripgrep wrapper downloads its binary outside npm. This package of the same project
 * contains it.
 */
const ripgrepVersion = '1.18.0';
const nativeModules = ['@vscode/spdlog', 'native-watchdog', 'node-pty'];
const stampName = '.earmark-complete.json';
const installLimitMs = 10 * 60_000;
const staleAfterMs = 60 * 60_000;

/**
 * Installs code-server if needed and returns its location.
 * @param {(line: string) => void} log receives progress lines; no lines if it is installed already.
 * @returns {Promise<{dir: string, entry: string, node: string, version: string}>} `node entry …`
 * starts it.
 * @throws {Error} one sentence that says what to do, if it cannot be installed.
 */
export async function ensureCodeServer(log = console.error) {
  if (process.platform === 'win32') {
    throw new Error(
      'The VS Code host for tests runs on Linux and macOS only. On Windows use "npm ' +
        'run test:desktop".',
    );
  }
  const node = await ensureNode20(log);
  const dir = join(cacheRoot(), `code-server-${codeServerVersion}`);
  if (!isComplete(dir)) {
    await build(dir, log, (work) => buildCodeServer(work, node, log));
  }
  return {
    dir,
    entry: join(dir, 'node_modules', 'code-server', 'out', 'node', 'entry.js'),
    node: node.path,
    version: codeServerVersion,
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
 * Node 20 with its headers: the running Node if it has both, otherwise the npm package for this
 * platform.
 */
async function ensureNode20(log) {
  const running = { path: process.execPath, prefix: dirname(dirname(process.execPath)) };
  if (process.versions.node.startsWith('20.') && hasHeaders(running.prefix)) return running;
  const name = `node-${process.platform}-${process.arch}`;
  const dir = join(cacheRoot(), `node-${nodeVersion}`);
  if (!isComplete(dir)) {
    await build(dir, log, async (work) => {
      log(`Downloading Node ${nodeVersion} for code-server from npm…`);
      await npmInstall(work, { [name]: nodeVersion }).catch((cause) => {
        throw new Error(
          'The VS Code host for tests needs Node 20, and npm could not provide it. Run ' +
            `the tests with Node 20 instead. ${cause.message}`,
          { cause },
        );
      });
    });
  }
  const prefix = join(dir, 'node_modules', name);
  return { path: join(prefix, 'bin', 'node'), prefix };
}

function hasHeaders(prefix) {
  return existsSync(join(prefix, 'include', 'node', 'node_api.h'));
}

async function buildCodeServer(work, node, log) {
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
    `Downloading code-server ${codeServerVersion} (VS Code's extension host for ` +
      'tests, once) from npm…',
  );
  await npmInstall(
    work,
    {
      'code-server': codeServerVersion,
      [`@vscode/ripgrep-${process.platform}-${process.arch}`]: ripgrepVersion,
    },
    { argon2: argonVersion },
  );
  const vscode = join(work, 'node_modules', 'code-server', 'lib', 'vscode');
  const extensions = join(vscode, 'extensions');
  log("Downloading the libraries of VS Code's server…");
  await npm(vscode, ['install', '--omit=dev']);
  await npm(extensions, ['install', '--omit=dev']);
  await symlink('node_modules', join(vscode, 'node_modules.asar'));
  await linkRipgrep(vscode);
  log('Building its native modules (about 20 s)…');
  const gyp = await findNodeGyp(work);
  await Promise.all(
    nativeModules.map((name) =>
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

/** Without ripgrep the host works, but file search finds nothing. */
async function linkRipgrep(vscode) {
  const binary = join(
    '..',
    '..',
    '..',
    '..',
    '..',
    '..',
    '..',
    `@vscode/ripgrep-${process.platform}-${process.arch}`,
    'bin',
    'rg',
  );
  const bin = join(vscode, 'node_modules', '@vscode', 'ripgrep', 'bin');
  await mkdir(bin, { recursive: true });
  await symlink(binary, join(bin, 'rg'));
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

/** Builds in a temporary folder beside `dir` and renames it, so `dir` is complete or absent. */
async function build(dir, log, fill) {
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
    if (existsSync(dir) && !isComplete(dir)) await rename(dir, await mkdtemp(`${dir}.tmp-old-`));
    await rename(work, dir).catch((error) => {
      // Another process finished first. Its result is equally good.
      if (!isComplete(dir)) throw error;
    });
    log(`Installed in ${dir} after ${Math.round((Date.now() - started) / 1000)} s.`);
  } finally {
    clearInterval(alive);
    await rm(work, { recursive: true, force: true });
  }
}

function isComplete(dir) {
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
  ensureCodeServer().then(
    ({ dir, node }) =>
      console.log(`code-server ${codeServerVersion} is in ${dir} and runs with ${node}.`),
    (error) => {
      console.error(error.message);
      process.exitCode = 1;
    },
  );
}
