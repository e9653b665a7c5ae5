/**
 * A private PipeWire with speakers and a microphone, without its PulseAudio server. Needs pipewire,
 * wireplumber, dbus-run-session, pw-cli and pw-play.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

export interface PipewireServer {
  readonly env: NodeJS.ProcessEnv;
  /** Plays audio file on the speakers. */
  play(file: string): Promise<void>;
  /** Takes a node away, as if its plug were pulled. */
  unplug(name: string): void;
  dispose(): Promise<void>;
}

const CONFIG = `
context.properties = { core.daemon = true, core.name = pipewire-0 }
context.spa-libs = { audio.convert.* = audioconvert/libspa-audioconvert, support.* = support/libspa-support }
context.modules = [
  { name = libpipewire-module-protocol-native } { name = libpipewire-module-metadata } { name = libpipewire-module-spa-node-factory }
  { name = libpipewire-module-client-node } { name = libpipewire-module-adapter } { name = libpipewire-module-link-factory }
  { name = libpipewire-module-access, args = { } } { name = libpipewire-module-session-manager }
]
context.objects = [
  { factory = spa-node-factory, args = { factory.name = support.node.driver, node.name = driver, priority.driver = 20000 } }
  { factory = adapter, args = { factory.name = support.null-audio-sink, node.name = test_speakers, node.description = "Test Speakers", media.class = Audio/Sink, audio.position = [ FL FR ] } }
  { factory = adapter, args = { factory.name = support.null-audio-sink, node.name = test_mic, node.description = "Test Microphone", media.class = Audio/Source/Virtual, audio.position = [ MONO ] } }
]`;

export const pipewireInstalled = (): boolean =>
  [
    'pipewire',
    'wireplumber',
    'dbus-run-session',
    'pw-cli',
    'pw-record',
    'pw-play',
    'pw-link',
  ].every((name) => spawnSync('which', [name]).status === 0);

/** @throws {Error} where the session manager does not come up within 10 s. */
export async function startPipewire(): Promise<PipewireServer> {
  const dir = await mkdtemp(path.join(tmpdir(), 'earmark-pw-'));
  mkdirSync(path.join(dir, 'run'), { mode: 0o700 });
  mkdirSync(path.join(dir, 'config'));
  writeFileSync(path.join(dir, 'config', 'pipewire.conf'), CONFIG);
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    XDG_RUNTIME_DIR: path.join(dir, 'run'),
    HOME: dir,
    PULSE_SERVER: '',
  };
  // PIPEWIRE_CONFIG_DIR would hide the clients' own configuration, so only the server gets it.
  const server = spawn('pipewire', ['-c', 'pipewire.conf'], {
    env: { ...env, PIPEWIRE_CONFIG_DIR: path.join(dir, 'config') },
    stdio: 'ignore',
  });
  await new Promise((resolve) => setTimeout(resolve, 500));
  // A group of its own, so that the D-Bus beside the session manager ends with it.
  const manager = spawn('dbus-run-session', ['wireplumber'], {
    env,
    stdio: 'ignore',
    detached: true,
  });
  const run = (program: string, ...args: string[]): string =>
    String(spawnSync(program, args, { env, timeout: 5_000 }).stdout);
  const dispose = async (): Promise<void> => {
    if (manager.pid !== undefined && manager.exitCode === null) {
      const gone = once(manager, 'exit');
      process.kill(-manager.pid, 'SIGTERM');
      await gone;
    }
    await end(server);
    await rm(dir, { recursive: true, force: true });
  };
  for (
    let tries = 0;
    !/test_mic:capture/.test(run('pw-link', '-o')) ||
    !/default\.audio\.source/.test(run('pw-dump'));
    tries++
  ) {
    if (tries > 50) {
      await dispose();
      throw new Error('PipeWire or WirePlumber did not start.');
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return {
    env,
    async play(file) {
      const player = spawn('pw-play', ['--target=test_speakers', file], { env, stdio: 'ignore' });
      await once(player, 'exit');
    },
    unplug(name) {
      const nodes = JSON.parse(run('pw-dump')) as {
        id: number;
        info?: { props?: Record<string, unknown> };
      }[];
      const node = nodes.find((n) => n.info?.props?.['node.name'] === name);
      execFileSync('pw-cli', ['destroy', String(node?.id)], { env });
    },
    dispose,
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}
