// Starts a real VS Code extension host (code-server) on a free loopback port and opens it in a real
// browser. What one does with the opened window is in page.ts; running a mocha suite inside the
// host is in hostedTests.ts.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Browser } from 'playwright-core';
import type { HostVersion } from '../../../scripts/testHost/install.mjs';
import { buildCompanion, buildPreload } from './build';
import { ControlFolder } from './control';
import { HostPage, type OpenOptions } from './page';

export interface HostOptions {
  /** Absolute path of the folder the window opens. */
  readonly workspaceFolder: string;
  /**
   * Absolute path of the extension under test: a built folder, which is loaded as one under
   * development, or a VSIX, which is installed.
   */
  readonly extensionPath: string;
  /** Absolute path of a built module that exports `run()`; hostedTests.ts makes one. */
  readonly extensionTestsPath?: string;
  /** Added to the environment of the server and so of the extension host. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Absolute path, made when missing. Two hosts at once need two. */
  readonly userDataDir: string;
  /** User settings, on top of those that keep the window quiet. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** With workspace trust, which nobody gave to the folder. */
  readonly restricted?: boolean;
  /**
   * Folder for V8 coverage of the extension under test; $NODE_V8_COVERAGE, which c8 sets, where not
   * given.
   */
  readonly coverageDir?: string;
  /** `current` where not given; `oldest` counts no coverage. */
  readonly version?: HostVersion;
}

export interface Host {
  /** The address of the window with the extension under development in it. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly userDataDir: string;
  /** The last 20,000 characters the server wrote, for a failure's message. */
  output(): string;
  /**
   * Opens a window, and waits until its extension host is up. One after the other; the caller
   * closes them.
   */
  open(browser: Browser, options?: OpenOptions): Promise<HostPage>;
  /** Ends the server, its extension hosts and terminals, and waits until they are gone. */
  dispose(): Promise<void>;
}

const startLimitMs = 30_000;
const stopLimitMs = 3_000;
const outputLimit = 20_000;

/** What a first start would otherwise put in the way of a test or onto a screenshot. */
export const quietSettings = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.enableExperiments': false,
  'workbench.colorTheme': 'Default Dark Modern',
  // Otherwise the chat opens with every window.
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'window.commandCenter': false,
  'window.confirmBeforeClose': 'never',
  'chat.commandCenter.enabled': false,
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'git.openRepositoryInParentFolders': 'never',
  'security.workspace.trust.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
};

const restrictedSettings = {
  'security.workspace.trust.enabled': true,
  'security.workspace.trust.startupPrompt': 'never',
  'security.workspace.trust.banner': 'never',
};

/** @throws {Error} one sentence, where code-server cannot be installed or does not start. */
export async function startHost(options: HostOptions): Promise<Host> {
  const { ensureCodeServer } = await import('../../../scripts/testHost/install.mjs');
  const server = await ensureCodeServer(console.error, options.version);
  const coverageDir = options.coverageDir ?? process.env.NODE_V8_COVERAGE;
  const extensionsDir = join(options.userDataDir, 'extensions');
  await buildCompanion(extensionsDir);
  const settingsFile = join(options.userDataDir, 'User', 'settings.json');
  await mkdir(join(options.userDataDir, 'User'), { recursive: true });
  await mkdir(options.workspaceFolder, { recursive: true });
  const earlier = JSON.parse(await readFile(settingsFile, 'utf8').catch(() => '{}')) as Record<
    string,
    unknown
  >;
  await writeFile(
    settingsFile,
    JSON.stringify(
      {
        ...quietSettings,
        ...(options.restricted ? restrictedSettings : {}),
        ...earlier,
        ...options.settings,
      },
      null,
      2,
    ),
  );
  const installed = options.extensionPath.endsWith('.vsix');
  if (installed)
    await installVsix(server, options.extensionPath, options.userDataDir, extensionsDir);
  const control = await ControlFolder.make();

  const child = spawn(
    server.node,
    [
      server.entry,
      ...['--auth', 'none', '--bind-addr', '127.0.0.1:0', '--app-name', 'Earmark test'],
      ...(options.restricted ? [] : ['--disable-workspace-trust']),
      ...['--disable-telemetry', '--disable-update-check', '--disable-getting-started-override'],
      ...['--user-data-dir', options.userDataDir, '--extensions-dir', extensionsDir],
      ...['--config', join(options.userDataDir, 'config.yaml'), '--ignore-last-opened'],
    ],
    {
      env: {
        ...cleanEnvironment(),
        EARMARK_TEST_CONTROL: control.path,
        // Sockets that VS Code and its git extension would leave in the temporary folder.
        XDG_RUNTIME_DIR: control.path,
        // No marketplace: tests must not depend on a network, nor trouble one.
        EXTENSIONS_GALLERY: '{}',
        // Empty, because Node hands its own on to children that have none, and the server would
        // fill the folder.
        NODE_V8_COVERAGE: '',
        ...(coverageDir
          ? {
              EARMARK_TEST_COVERAGE: coverageDir,
              EARMARK_TEST_COVERAGE_ROOT: resolve(options.extensionPath),
              TEST_PRELOAD: await buildPreload(control.path),
            }
          : {}),
        ...options.env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A process group of its own, so that dispose can end the extension hosts with it.
      detached: true,
    },
  );
  const killOnExit = (): void => void killGroup(child, 'SIGKILL');
  process.once('exit', killOnExit);
  let output = '';
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-outputLimit);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const dispose = async (): Promise<void> => {
    process.off('exit', killOnExit);
    await endGroup(child);
    await control.dispose();
  };

  const port = await waitForPort(child, () => output).catch(async (error: unknown) => {
    await dispose();
    throw error;
  });
  const authority = `127.0.0.1:${port}`;
  const remote = (path: string): string => `vscode-remote://${authority}${resolve(path)}`;
  const payload = [
    ...(installed ? [] : [['extensionDevelopmentPath', remote(options.extensionPath)]]),
    ...(options.extensionTestsPath
      ? [['extensionTestsPath', remote(options.extensionTestsPath)]]
      : []),
  ];
  const query = new URLSearchParams({
    folder: resolve(options.workspaceFolder),
    payload: JSON.stringify(payload),
  });
  const url = `http://${authority}/?${query}`;
  return {
    url,
    port,
    pid: child.pid ?? -1,
    userDataDir: options.userDataDir,
    output: () => output,
    open: (browser, open = {}) => HostPage.open(browser, url, control, open),
    dispose,
  };
}

/** As a person does it: `code --install-extension FILE`. */
export async function installVsix(
  server: { readonly node: string; readonly entry: string },
  vsix: string,
  userDataDir: string,
  extensionsDir: string,
): Promise<void> {
  const child = spawn(
    server.node,
    [
      server.entry,
      '--install-extension',
      vsix,
      '--user-data-dir',
      userDataDir,
      '--extensions-dir',
      extensionsDir,
      '--config',
      join(userDataDir, 'config.yaml'),
    ],
    {
      env: { ...cleanEnvironment(), EXTENSIONS_GALLERY: '{}', NODE_V8_COVERAGE: '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`The VSIX could not be installed: ${output.slice(-1500)}`);
}

/**
 * Our environment without what belongs to the test run itself or to a VS Code terminal it was
 * started from.
 */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const foreign = /^(VSCODE_|ELECTRON_|NODE_V8_COVERAGE$|NODE_OPTIONS$|CODE_SERVER_|npm_)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
}

function waitForPort(child: ChildProcess, output: () => string): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (what: string): void => {
      done();
      reject(
        new Error(`The VS Code host for tests ${what}. Its last words: ${output().slice(-1500)}`),
      );
    };
    const look = (): void => {
      const port = /HTTP server listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(output())?.[1];
      if (port === undefined) return;
      done();
      resolve(Number(port));
    };
    const timer = setTimeout(
      () => fail(`did not start within ${startLimitMs / 1000} s`),
      startLimitMs,
    );
    const exited = (): void => fail('ended while it started');
    const failed = (error: Error): void => fail(`could not be started (${error.message})`);
    const done = (): void => {
      clearTimeout(timer);
      child.stdout?.off('data', look);
      child.off('exit', exited).off('error', failed);
    };
    child.stdout?.on('data', look);
    child.once('exit', exited).once('error', failed);
  });
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals | 0): boolean {
  try {
    return child.pid !== undefined && process.kill(-child.pid, signal);
  } catch {
    return false; // Nothing of it is left.
  }
}

/**
 * SIGTERM to the server, then SIGKILL to whatever of its group is still there; returns when the
 * group is empty.
 */
async function endGroup(child: ChildProcess): Promise<void> {
  if (child.pid === undefined) return;
  const gone =
    child.exitCode !== null || child.signalCode !== null ? Promise.resolve() : once(child, 'exit');
  child.kill('SIGTERM');
  await Promise.race([gone, new Promise((done) => setTimeout(done, stopLimitMs).unref())]);
  const deadline = Date.now() + stopLimitMs;
  while (killGroup(child, 'SIGKILL') && Date.now() < deadline)
    await new Promise((done) => setTimeout(done, 20));
  await gone;
}
