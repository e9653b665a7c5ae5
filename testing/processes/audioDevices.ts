// Virtual audio devices: a private PulseAudio server whose microphone and speakers carry the audio
// that a test plays. The user's own audio server is not used. Needs pulseaudio, pactl, pacat and
// parec (Linux).
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** 'mic' is the user's speech, 'system' the computer's output. */
export type AudioTarget = 'mic' | 'system';

export interface AudioDevices {
  /** Variables for the environment of recorders and of the daemon that starts them. */
  readonly env: {
    readonly PULSE_SERVER: string;
    readonly PULSE_RUNTIME_PATH: string;
    readonly PULSE_STATE_PATH: string;
    readonly PULSE_COOKIE: string;
  };
  /** Argument of `parec --device=`. The microphone is also the server's default source. */
  readonly sources: Readonly<Record<AudioTarget, string>>;
  readonly pid: number;
  /**
   * Plays in real time and ends after the last sample.
   * @param audio path of a WAV, FLAC or OGG file, or raw signed 16-bit little-endian mono PCM at 16
   * kHz
   */
  play(target: AudioTarget, audio: string | Buffer | Readable, signal?: AbortSignal): Promise<void>;
  /** Records `durationMs` of 16 kHz mono PCM, as an application would receive it. */
  record(target: AudioTarget, durationMs: number): Promise<Buffer>;
  /**
   * Removes the device, like an unplugged microphone; `plug` restores it under the same name. A
   * recorder of the microphone gets no event: PulseAudio moves its stream to the monitor of the
   * speakers. A recorder that starts afterwards and names the device is refused.
   */
  unplug(target: AudioTarget): Promise<void>;
  plug(target: AudioTarget): Promise<void>;
  dispose(): Promise<void>;
}

const sampleRate = 16_000;
const rawFormat = [`--rate=${sampleRate}`, '--format=s16le', '--channels=1'];
const startLimitMs = 10_000;
const stopLimitMs = 2_000;
/** A server whose test run was killed exits after this time without a client. */
const idleExitSeconds = 600;

const sinks: Readonly<Record<AudioTarget, string>> = {
  mic: 'earmark_mic_input',
  system: 'earmark_speakers',
};
const sources: Readonly<Record<AudioTarget, string>> = {
  mic: 'earmark_mic',
  system: 'earmark_speakers.monitor',
};
/**
 * 48 kHz stereo, as in most audio hardware, so recorders must resample. `norewinds` limits the
 * sink's latency to 50 ms. Without it, a null sink takes up to 2 s, and playback ends that much
 * later.
 */
const modules: Readonly<Record<AudioTarget, readonly string[]>> = {
  mic: [
    `module-null-sink sink_name=${sinks.mic} rate=48000 channels=2 norewinds=1 sink_properties=device.description=Earmark-Test-Microphone-Input`,
    `module-remap-source source_name=${sources.mic} master=${sinks.mic}.monitor source_properties=device.description=Earmark-Test-Microphone`,
  ],
  system: [
    `module-null-sink sink_name=${sinks.system} rate=48000 channels=2 norewinds=1 sink_properties=device.description=Earmark-Test-Speakers`,
  ],
};

/** @throws {Error} one sentence, if PulseAudio is not installed or does not start */
export async function startAudioDevices(): Promise<AudioDevices> {
  const dir = await mkdtemp(join(tmpdir(), 'earmark-audio-'));
  const env = {
    PULSE_SERVER: `unix:${join(dir, 'native')}`,
    PULSE_RUNTIME_PATH: dir,
    PULSE_STATE_PATH: dir,
    PULSE_COOKIE: join(dir, 'cookie'),
  };
  const childEnv = { ...process.env, ...env };
  const load = [
    `module-native-protocol-unix socket=${join(dir, 'native')} auth-anonymous=1`,
    ...modules.system,
    ...modules.mic,
  ];
  const server = spawn(
    'pulseaudio',
    [
      ...[
        '-n',
        '--daemonize=no',
        '--use-pid-file=no',
        '--realtime=no',
        '--high-priority=no',
        '--log-target=stderr',
        '--log-level=error',
      ],
      ...[`--exit-idle-time=${idleExitSeconds}`, '--resample-method=speex-float-5'],
      ...load.flatMap((module) => ['-L', module]),
    ],
    // The server must not connect to another server, so PULSE_SERVER is removed.
    {
      env: { ...process.env, ...env, PULSE_SERVER: undefined, HOME: dir },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  const killOnExit = (): void => void server.kill('SIGKILL');
  process.once('exit', killOnExit);
  let complaint = '';
  server.stderr.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-500);
  });
  server.on('error', (error) => {
    complaint = error.message;
  });
  const dispose = async (): Promise<void> => {
    process.off('exit', killOnExit);
    await endProcess(server);
    await rm(dir, { recursive: true, force: true });
  };

  try {
    await waitForServer(server, childEnv);
    await run('pactl', ['set-default-source', sources.mic], childEnv);
    await run('pactl', ['set-default-sink', sinks.system], childEnv);
  } catch {
    await dispose();
    throw new Error(
      `The virtual sound devices did not start: install pulseaudio and pulseaudio-utils. ${complaint.trim()}`.trim(),
    );
  }

  return {
    env,
    sources,
    pid: server.pid ?? -1,
    play: (target, audio, signal) => play(sinks[target], audio, childEnv, signal),
    record: (target, durationMs) => record(sources[target], durationMs, childEnv),
    async unplug(target) {
      // Removes only the sink. PulseAudio then removes its monitor and the sources on it.
      const ids = await run('pactl', ['list', 'short', 'modules'], childEnv);
      const ours = ids.split('\n').filter((line) => line.includes(`sink_name=${sinks[target]} `));
      for (const line of ours)
        await run('pactl', ['unload-module', line.split('\t')[0] ?? ''], childEnv);
    },
    async plug(target) {
      for (const module of modules[target])
        await run('pactl', ['load-module', ...module.split(' ')], childEnv);
      if (target === 'mic') await run('pactl', ['set-default-source', sources.mic], childEnv);
      else await run('pactl', ['set-default-sink', sinks.system], childEnv);
    },
    dispose,
  };
}

/**
 * One channel of an audio file in the format of `play`, for meetings with the microphone on the
 * left and the system on the right.
 * @throws {Error} if ffmpeg is not installed or cannot read the file
 */
export async function readChannel(file: string, channel: 'left' | 'right'): Promise<Buffer> {
  const pan = `pan=mono|c0=c${channel === 'left' ? 0 : 1}`;
  const args = [
    '-v',
    'error',
    '-i',
    file,
    '-af',
    pan,
    '-ar',
    String(sampleRate),
    '-f',
    's16le',
    '-',
  ];
  const child = spawn('ffmpeg', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = exitOf(child, 'ffmpeg');
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  await ended;
  return Buffer.concat(chunks);
}

async function waitForServer(server: ChildProcess, env: NodeJS.ProcessEnv): Promise<void> {
  const deadline = Date.now() + startLimitMs;
  for (;;) {
    if (server.exitCode !== null || server.pid === undefined) throw new Error('The server ended.');
    const answer = await run('pactl', ['list', 'short', 'sources'], env).catch(() => '');
    if (answer.includes(sources.mic)) return;
    if (Date.now() > deadline) throw new Error('The server does not answer.');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function play(
  sink: string,
  audio: string | Buffer | Readable,
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<void> {
  const format = typeof audio === 'string' ? ['--file-format', audio] : ['--raw', ...rawFormat];
  const child = spawn('pacat', ['--playback', `--device=${sink}`, '--latency-msec=40', ...format], {
    env,
    stdio: ['pipe', 'ignore', 'pipe'],
    ...(signal ? { signal } : {}),
  });
  const ended = exitOf(child, 'pacat');
  if (typeof audio === 'string') child.stdin.end();
  else if (Buffer.isBuffer(audio)) child.stdin.end(audio);
  else pipeline(audio, child.stdin).catch(() => undefined); // pacat's exit reports the error.
  child.stdin.on('error', () => undefined);
  await ended;
}

async function record(source: string, durationMs: number, env: NodeJS.ProcessEnv): Promise<Buffer> {
  const wanted = Math.round((durationMs / 1000) * sampleRate) * 2;
  const child = spawn('parec', [`--device=${source}`, '--latency-msec=20', '--raw', ...rawFormat], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = exitOf(child, 'parec');
  ended.catch(() => undefined);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= wanted) break;
  }
  if (size < wanted) await ended;
  await endProcess(child);
  return Buffer.concat(chunks).subarray(0, wanted);
}

/** Resolves with the program's standard output. */
async function run(command: string, args: string[], env: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn(command, args, {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: startLimitMs,
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  await exitOf(child, command);
  return output.trim();
}

function exitOf(child: ChildProcess, name: string): Promise<void> {
  let complaint = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-500);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`${name} failed (${code}): ${complaint.trim()}`)),
    );
  });
}

/** Sends SIGTERM, then SIGKILL to a process that does not exit in time. Returns after its exit. */
async function endProcess(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopLimitMs);
  await gone;
  clearTimeout(timer);
}
