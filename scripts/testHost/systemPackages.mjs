// Checks for the system programs that some test suites use, and installs missing ones if apt-get is
// permitted. Runs before `npm ci`, so it uses Node's own modules only. To run it alone: `node
// scripts/testHost/systemPackages.mjs`.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter } from 'node:path';
import { pathToFileURL } from 'node:url';
import { findChromium, findCommand } from './commands.mjs';

/**
 * Program → Debian packages that contain it. Chromium only recommends a font, and draws boxes
 * without one.
 */
const debianPackages = {
  chromium: ['chromium', 'fonts-liberation'],
  pulseaudio: ['pulseaudio'],
  pactl: ['pulseaudio-utils'],
  parec: ['pulseaudio-utils'],
  pacat: ['pulseaudio-utils'],
  ffmpeg: ['ffmpeg'],
  sox: ['sox'],
  'nats-server': ['nats-server'],
  'c++': ['g++'],
  make: ['make'],
  python3: ['python3'],
  postgres: ['postgresql'],
  'espeak-ng': ['espeak-ng'],
  arecord: ['alsa-utils', 'libasound2-plugins'],
  'pw-record': ['pipewire-bin'],
  wireplumber: ['wireplumber'],
  'dbus-run-session': ['dbus'],
  'sox-pulse': ['libsox-fmt-pulse'],
};
const aptLimitMs = 15 * 60_000;

/**
 * Installs the programs if this machine permits it. Does not throw if a program is missing.
 * @param {(line: string) => void} log receives progress lines; no lines if all programs exist.
 * @returns {Promise<{available: Record<string, boolean>, message?: string}>} `message` names the
 * packages to install; suites that need them skip with that sentence.
 */
export async function ensureSystemPackages(log = console.error) {
  const missing = listMissing();
  let reason = '';
  if (missing.length > 0) reason = await installWithApt(missing, log);
  const left = listMissing();
  const available = Object.fromEntries(
    Object.keys(debianPackages).map((name) => [name, !left.includes(name)]),
  );
  if (left.length === 0) return { available };
  const how =
    process.platform === 'linux'
      ? `on Debian "apt-get install ${packagesFor(left).join(' ')}"`
      : 'with your package manager';
  const message =
    `Tests that need ${left.join(', ')} are skipped. Install ${left.length === 1 ? 'it' : 'them'} ` +
    `(${how}) and run again.`;
  return { available, message: reason ? `${message} ${reason}` : message };
}

function listMissing() {
  return Object.keys(debianPackages).filter((name) => {
    if (name === 'chromium') return !findChromium();
    if (name === 'c++') return !['c++', 'g++', 'clang++'].some((compiler) => findCommand(compiler));
    // Debian installs these programs outside PATH, one folder for each version.
    if (name === 'postgres' && existsSync('/usr/lib/postgresql')) return false;
    // A driver of sox is a package of its own, and no program.
    if (name === 'sox-pulse') return !soxHasPulse();
    // Debian's folder for servers. Only root's PATH contains it.
    return !findCommand(name, `${process.env.PATH ?? ''}${delimiter}/usr/sbin`);
  });
}

const soxHasPulse = () =>
  /AUDIO DEVICE DRIVERS:.*pulseaudio/.test(
    spawnSync('sox', ['--help'], { encoding: 'utf8' }).stdout,
  );

function packagesFor(programs) {
  return [...new Set(programs.flatMap((name) => debianPackages[name]))];
}

/** Reason why apt-get failed; '' after success or if apt-get does not exist. */
async function installWithApt(missing, log) {
  const apt = findCommand('apt-get');
  if (process.platform !== 'linux' || !apt) return '';
  const prefix = await privilegePrefix();
  if (!prefix) return 'This user cannot install packages.';
  const packages = packagesFor(missing);
  const options = ['-y', '-q', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120'];
  const run = (args) =>
    runQuietly([...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', apt, ...options, ...args]);
  log(`Installing ${packages.join(', ')} with apt-get (once)…`);
  const started = Date.now();
  const alive = setInterval(
    () => log(`… still working, ${Math.round((Date.now() - started) / 1000)} s`),
    15_000,
  );
  try {
    const update = await run(['update']);
    const together = await run(['install', ...packages]);
    if (together === '') return '';
    // One package without a candidate makes the whole call fail, so each is tried alone.
    let last = together;
    for (const name of packages) last = (await run(['install', name])) || last;
    return `apt-get said: ${last || update}`;
  } finally {
    clearInterval(alive);
  }
}

/** Prefix that runs a command as root: empty for root, `sudo -n` if sudo needs no password. */
async function privilegePrefix() {
  if (process.getuid?.() === 0) return [];
  const sudo = findCommand('sudo');
  if (sudo && (await runQuietly([sudo, '-n', 'true'])) === '') return [sudo, '-n'];
  return undefined;
}

/** '' after success, otherwise the last line of the program's output. */
function runQuietly([command, ...args]) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: aptLimitMs,
    });
    let tail = '';
    child.stderr.on('data', (chunk) => {
      tail = (tail + chunk).slice(-2000);
    });
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code) =>
      resolve(code === 0 ? '' : tail.trim().split('\n').at(-1) || `exit code ${code}`),
    );
  });
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { available, message } = await ensureSystemPackages();
  console.log(message ?? `All packages are installed: ${Object.keys(available).join(', ')}.`);
  if (message) process.exitCode = 1;
}
