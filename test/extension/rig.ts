// The whole product for a test: its own state folder, virtual microphone and speakers, a VS Code
// host with a window in Chromium, the bundled daemon. What it starts, it ends.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';
import { createConnection, readDaemonFile, stateFolder } from '../../client';
import { isAlive } from '../../client/local/startLock';
import { modelFolder } from '../../daemon/adapters/download/modelDisk';
import type { DurableEvent } from '../../protocol/session';
import { type AudioDevices, startAudioDevices } from '../../testing/processes/audioDevices';
import { whyNoHost } from './harness/available';
import { type Host, startHost } from './harness/host';
import { type HostPage } from './harness/page';

const run = promisify(execFile);
export const root = resolve(__dirname, '..', '..');
export const extensionId = 'earmark.earmark';
const daemonEndMs = 12_000;
const LOG_LINES = 60;

/**
 * One sentence that says what this machine lacks, or undefined. Builds dist/ where it is missing.
 */
export async function whyNoProduct(): Promise<string | undefined> {
  if (!existsSync(join(root, 'dist/extension.js')))
    await run(process.execPath, ['scripts/build.mjs'], { cwd: root });
  const models = modelFolder(stateFolder(), process.env['EARMARK_MODELS'] ?? '');
  if (!existsSync(join(models, 'moonshine-tiny')) || !existsSync(join(models, 'silero-vad')))
    return 'The speech models are not there: run npm run setup.';
  const audio = await run('pulseaudio', ['--version']).then(
    () => undefined,
    () =>
      'There is no PulseAudio for the virtual microphone: on Debian, apt-get install pulseaudio pulseaudio-utils.',
  );
  return audio ?? (await whyNoHost());
}

export interface Rig {
  readonly devices: AudioDevices;
  readonly host: Host;
  readonly window: HostPage;
  /** Absolute paths. */
  readonly workspace: string;
  readonly home: string;
  /** The process of the daemon that the window started. */
  daemonPid(): number | undefined;
  /** Standard output of `earmark ARGS`, of the bundled command line. */
  earmark(...args: string[]): Promise<string>;
  /** Durable events of a session from its first, as a client that attaches gets them. */
  events(sessionId: string, last: (event: DurableEvent) => boolean): Promise<DurableEvent[]>;
  /** Programs that record from the virtual devices now. */
  recorders(): Promise<number>;
  /** What Earmark's extension hosts and the daemon wrote into their logs, oldest first. */
  logs(): Promise<string>;
  /**
   * Ends the window, the host, the daemon and the sound devices.
   * @returns what was left running, which should be nothing
   */
  dispose(): Promise<string[]>;
}

export interface RigOptions {
  /**
   * A VSIX that is installed instead of the extension of this folder. It has no network, and no
   * models but its own.
   */
  readonly vsix?: string;
  /** The extension as a folder, built, where it is not this one; it counts no coverage. */
  readonly extensionPath?: string;
  /** Files of the workspace by their path in it. */
  readonly files: Readonly<Record<string, string>>;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly viewport?: { readonly width: number; readonly height: number };
}

export async function startRig(browser: Browser, options: RigOptions): Promise<Rig> {
  // Short, because a socket's path must be.
  const dir = await mkdtemp(join(tmpdir(), 'earmark-rig-'));
  const home = join(dir, 'home');
  const workspace = join(dir, 'backend');
  await makeWorkspace(workspace, options.files);
  const devices = await startAudioDevices();
  const env = {
    ...devices.env,
    EARMARK_HOME: home,
    ...(options.vsix === undefined
      ? { EARMARK_MODELS: modelFolder(stateFolder(), process.env['EARMARK_MODELS'] ?? '') }
      : noNetwork(dir)),
  };
  const cleanUp = [
    () => rm(dir, { recursive: true, force: true, maxRetries: 5 }),
    () => devices.dispose(),
  ];
  try {
    const host = await startHost({
      workspaceFolder: workspace,
      extensionPath: options.vsix ?? options.extensionPath ?? root,
      ...(options.extensionPath === undefined ? {} : { coverageDir: '' }),
      userDataDir: join(dir, 'user'),
      env,
      settings: {
        'editor.minimap.enabled': false,
        'workbench.secondarySideBar.defaultVisibility': 'hidden',
        'files.autoSave': 'off',
        ...(options.vsix === undefined ? {} : INSTALLED),
        ...options.settings,
      },
    });
    cleanUp.push(() => host.dispose());
    const window = await host.open(browser, options.viewport ? { viewport: options.viewport } : {});
    return {
      devices,
      host,
      window,
      workspace,
      home,
      daemonPid: () => readDaemonFile(home)?.pid,
      earmark: async (...args) =>
        (
          await run(process.execPath, [join(root, 'dist/cli.js'), ...args], {
            env: { ...process.env, ...env },
            maxBuffer: 1 << 26,
          })
        ).stdout,
      events: (sessionId, last) => events(home, sessionId, last),
      recorders: async () =>
        (
          await run('pactl', ['list', 'short', 'source-outputs'], {
            env: { ...process.env, ...devices.env },
          })
        ).stdout
          .split('\n')
          .filter((line) => line.includes('protocol-native')).length,
      logs: async () =>
        (await Promise.all([join(dir, 'user', 'logs'), join(home, 'logs')].map(logsIn))).join(''),
      async dispose() {
        const daemon = readDaemonFile(home)?.pid;
        await window.close();
        await host.dispose();
        const left = daemon === undefined ? [] : await endDaemon(daemon);
        await devices.dispose();
        await rm(dir, { recursive: true, force: true, maxRetries: 5 });
        return left;
      },
    };
  } catch (error) {
    for (const step of cleanUp.reverse()) await step();
    throw error;
  }
}

async function logsIn(folder: string): Promise<string> {
  const files = (await readdir(folder, { recursive: true }).catch(() => []))
    .filter(
      (file) =>
        /\.log$/.test(file) &&
        !/ptyhost|git/i.test(file) &&
        (/earmark/i.test(file) || !file.includes('/')),
    )
    .sort();
  return (
    await Promise.all(
      files.map(
        async (file) =>
          `${file}\n${(await readFile(join(folder, file), 'utf8')).split('\n').slice(-LOG_LINES).join('\n')}\n`,
      ),
    )
  ).join('');
}

/**
 * In a browser's window there is no other side than the server's for an extension that belongs to
 * the person's side.
 */
const INSTALLED = { 'remote.extensionKind': { [extensionId]: ['workspace'] } };

/**
 * Whoever asks for a model or a package gets no answer; the models of this machine are out of
 * sight.
 */
function noNetwork(dir: string): Record<string, string> {
  const nobody = 'http://127.0.0.1:9';
  return {
    EARMARK_MODELS: join(dir, 'models'),
    npm_config_registry: nobody,
    HTTP_PROXY: nobody,
    HTTPS_PROXY: nobody,
    NO_PROXY: '127.0.0.1,localhost',
  };
}

/** A repository of its own, so that the note can name a branch. */
async function makeWorkspace(folder: string, files: RigOptions['files']): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  const git = (...args: string[]): Promise<unknown> =>
    run(
      'git',
      [
        '-c',
        'user.name=Ana',
        '-c',
        'user.email=ana@example.org',
        '-c',
        'init.defaultBranch=main',
        ...args,
      ],
      { cwd: folder },
    );
  await git('init', '-q');
  await git('checkout', '-q', '-b', 'token-refresh');
  await git('add', '.');
  await git('commit', '-q', '-m', 'Begin');
}

async function events(
  home: string,
  sessionId: string,
  last: (event: DurableEvent) => boolean,
): Promise<DurableEvent[]> {
  const connection = createConnection({ stateDir: home, client: { name: 'test', version: '0' } });
  try {
    await connection.whenConnected();
    const found: DurableEvent[] = [];
    await new Promise<void>((done, fail) => {
      const timer = setTimeout(
        () => fail(new Error(`The replay of the session's events stopped after ${found.length}.`)),
        20_000,
      );
      connection
        .attach(sessionId, 0, (event) => {
          if (!('seq' in event)) return;
          found.push(event);
          if (!last(event)) return;
          clearTimeout(timer);
          done();
        })
        .catch(fail);
    });
    return found;
  } finally {
    connection.dispose();
  }
}

/** SIGTERM, and what of it is still there after its time: itself, its workers, its recorders. */
async function endDaemon(pid: number): Promise<string[]> {
  const family = [pid, ...(await descendants(pid))];
  if (isAlive(pid)) process.kill(pid, 'SIGTERM');
  const deadline = Date.now() + daemonEndMs;
  while (family.some(isAlive) && Date.now() < deadline)
    await new Promise((done) => setTimeout(done, 50));
  const left = family.filter(isAlive);
  const names = await Promise.all(
    left.map(
      async (id) =>
        `${id} ${(await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ').slice(0, 120)}`,
    ),
  );
  for (const id of left) process.kill(id, 'SIGKILL');
  return names;
}

async function descendants(pid: number): Promise<number[]> {
  const tasks = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = await Promise.all(
    tasks.map((task) => readFile(`/proc/${pid}/task/${task}/children`, 'utf8').catch(() => '')),
  );
  const children = lists.join(' ').split(/\s+/).filter(Boolean).map(Number);
  return [...children, ...(await Promise.all(children.map(descendants))).flat()];
}
