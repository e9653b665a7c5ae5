/**
 * Real recorders on virtual sound devices: what is played is heard, lost devices are told, nothing
 * outlives its daemon.
 */
import { deepEqual, equal, fail, match, ok, rejects } from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createCapture, type DeviceCapture } from '../../daemon/adapters/capture/capture';
import type { CaptureSource, RecorderName } from '../../daemon/audio/devices';
import type { Frame } from '../../daemon/audio/frame';
import { FrameCutter } from '../../daemon/audio/frameCutter';
import { LevelMeter, type AudioLevel } from '../../daemon/audio/levels/levelMeter';
import { type SourceCondition, SourceWatchdog } from '../../daemon/audio/sourceWatchdog';
import { systemClock } from '../../daemon/base/clock';
import { EarmarkError } from '../../protocol/errors';
import {
  install,
  isAlive,
  pidOf,
  PLATFORMS,
  waitFor,
  wasCalled,
} from '../contract/recorderHarness';
import { type AudioDevices, startAudioDevices } from '../../testing/processes/audioDevices';
import { amplitudeOf, sine } from '../unit/capture/audioBytes';
import { retried } from '../../testing/harness/retried';

const sources = path.join(__dirname, '../../daemon/adapters/capture/recorders');
const root = path.join(__dirname, '../..');

const tone = (hz: number, ms: number): Buffer =>
  Buffer.from(Int16Array.from({ length: ms * 16 }, (_, i) => 32_767 * sine(hz, 16_000)(i)).buffer);

/** Amplitude of a frequency in the loudest 200 ms. */
function loudest(pcm: Int16Array, hz: number): number {
  let best = 0;
  for (let at = 0; at + 3_200 <= pcm.length; at += 1_600)
    best = Math.max(best, amplitudeOf(pcm.subarray(at, at + 3_200), hz));
  return best;
}

const BROKEN = { again: 10, pauseMs: 200 };

describe('capture', function () {
  this.timeout(60_000);
  let devices: AudioDevices;
  let captures: DeviceCapture[] = [];

  before(async function () {
    if (spawnSync('pulseaudio', ['--version']).error || spawnSync('parec', ['--version']).error) {
      console.log(
        '    skipped: PulseAudio is not installed (on Debian: apt-get install pulseaudio pulseaudio-utils)',
      );
      this.skip();
    }
    devices = await startAudioDevices();
  });
  afterEach(async () => {
    await Promise.all(captures.map((capture) => capture.dispose()));
    captures = [];
  });
  after(() => devices?.dispose());

  const open = (only: RecorderName, recordersFolder = sources): DeviceCapture => {
    const capture = createCapture({
      recordersFolder,
      only: [only],
      env: { ...process.env, ...devices.env },
    });
    captures.push(capture);
    return capture;
  };
  /** Records while a tone of 440 Hz is at the microphone and one of 1000 Hz in the speakers. */
  const record = async (
    capture: DeviceCapture,
    source: CaptureSource,
    device?: string,
  ): Promise<Int16Array> => {
    const chunks: number[] = [];
    const recording = await capture.start(source, device, {
      onData: (pcm) => void chunks.push(...pcm),
      onEnd: (error) => fail(error),
    });
    await Promise.all([
      devices.play('mic', tone(440, 600)),
      devices.play('system', tone(1_000, 600)),
    ]);
    await recording.stop();
    return Int16Array.from(chunks);
  };
  /** A sound server that waits for a core leaves holes in what it plays: then once more. */
  const check = (capture: DeviceCapture, source: CaptureSource, device?: string): Promise<void> =>
    retried(BROKEN, async () => {
      const pcm = await record(capture, source, device);
      const recorded = [loudest(pcm, 440), loudest(pcm, 1_000)].map((a) =>
        a > 0.4 && a < 0.6 ? 'heard' : a < 0.01 ? 'silent' : `amplitude ${a}`,
      );
      deepEqual(recorded, source === 'mic' ? ['heard', 'silent'] : ['silent', 'heard']);
    });

  it('lists the microphone and the speakers, the default first', async () => {
    const { microphones, systems, recorders, advice } = await open('parec').abilities();
    deepEqual(
      [microphones.map((d) => d.id), systems.map((d) => d.id)],
      [['earmark_mic'], ['earmark_speakers.monitor', 'earmark_mic_input.monitor']],
    );
    deepEqual(
      [microphones[0]?.isDefault, microphones[0]?.name, recorders[0]?.available, advice],
      [true, 'Earmark-Test-Microphone', true, []],
    );
  });

  it('parec hears the microphone', () => check(open('parec'), 'mic'));
  it('parec hears what the computer plays', () => check(open('parec'), 'system'));
  it('parec hears a device by its name', () =>
    check(open('parec'), 'mic', 'earmark-test-microphone'));
  it('arecord hears the microphone', async function () {
    if (
      spawnSync('arecord', ['-D', 'default', '-d', '1', '-t', 'raw'], {
        env: { ...process.env, ...devices.env },
      }).status !== 0
    ) {
      console.log(
        '      skipped: arecord or its plug-in for PulseAudio is not installed (on Debian: apt-get install alsa-utils libasound2-plugins)',
      );
      this.skip();
    }
    await check(open('arecord'), 'mic');
  });
  it('sox hears the microphone', async function () {
    if (!/AUDIO DEVICE DRIVERS:.*pulseaudio/.test(String(spawnSync('sox', ['--help']).stdout))) {
      console.log(
        '      skipped: sox or its driver for PulseAudio is not installed (on Debian: apt-get install sox libsox-fmt-pulse)',
      );
      this.skip();
    }
    await check(open('sox'), 'mic');
  });

  it('the built modules record as the sources do', async () => {
    const { build } = (await import('../../scripts/build.mjs' as string)) as {
      build(o: object): Promise<unknown>;
    };
    if (!existsSync(path.join(root, 'dist/recorders/parec.js')))
      await build({ log: () => undefined });
    await check(open('parec', path.join(root, 'dist/recorders')), 'mic');
  });

  it('goes through frames, meter and watchdog in real time', async () => {
    const frames: Frame[] = [];
    const levels: AudioLevel[] = [];
    const conditions: SourceCondition[] = [];
    const cutter = new FrameCutter({ source: 'mic', onFrames: (cut) => void frames.push(...cut) });
    const meter = new LevelMeter('mic', () => systemClock.now());
    const watchdog = new SourceWatchdog(
      systemClock,
      (condition) => void conditions.push(condition),
      { silentAfterMs: 1_000 },
    );
    const recording = await open('parec').start('mic', undefined, {
      onData: (pcm) => {
        cutter.push(pcm);
        watchdog.push(pcm);
        const level = meter.push(pcm);
        if (level) levels.push(level);
      },
      onEnd: (error) => fail(error),
    });
    const started = performance.now();
    const until = async (condition: () => boolean): Promise<void> => {
      for (const end = performance.now() + 15_000; !condition() && performance.now() < end;)
        await new Promise((resolve) => setTimeout(resolve, 20));
    };
    const isTone = ({ rmsDb, peakDb }: AudioLevel): boolean =>
      Math.abs(rmsDb + 9) < 1 && Math.abs(peakDb + 6) < 1;
    await until(() => conditions.length > 0);
    await devices.play('mic', tone(440, 700));
    await until(() => conditions.length > 1 && levels.some(isTone));
    await recording.stop();
    watchdog.dispose();
    const seconds = (performance.now() - started) / 1_000;
    deepEqual(
      frames.map((f) => f.seq),
      frames.map((_, i) => i),
    );
    // At half or twice the rate it were as many seconds off.
    ok(
      Math.abs(frames.length / 50 - seconds) < seconds / 3,
      `${frames.length} frames in ${seconds} s`,
    );
    deepEqual(
      conditions.map((c) => c.kind),
      ['zeros', 'well'],
    );
    ok(levels.length <= seconds * 10 + 1 && levels.some(isTone), JSON.stringify(levels));
  });

  it('tells when the device is pulled out, and records again when it is back', async () => {
    let end: (error: Error) => void = () => undefined;
    const ended = new Promise<Error>((resolve) => {
      end = resolve;
    });
    const capture = open('parec');
    await capture.start('mic', undefined, { onData: () => undefined, onEnd: end });
    await devices.unplug('mic');
    const error = await ended;
    ok(error instanceof EarmarkError && error.code === 'audio.deviceNotFound', String(error));
    await rejects(
      capture.start('mic', undefined, { onData: () => undefined, onEnd: () => undefined }),
      { code: 'audio.noRecorder' },
    );
    await devices.plug('mic');
    await check(capture, 'mic');
  });

  it('says that no sound server answers', async () => {
    const capture = createCapture({
      recordersFolder: sources,
      only: ['parec'],
      env: { ...process.env, PULSE_SERVER: 'unix:/nowhere/native' },
    });
    const { advice } = await capture.abilities();
    match(
      advice[0]!,
      /The microphone cannot be recorded: no sound server answers; start PulseAudio or PipeWire/,
    );
    await rejects(
      capture.start('mic', undefined, { onData: () => undefined, onEnd: () => undefined }),
      { code: 'audio.noRecorder' },
    );
  });

  describe('after SIGKILL of its daemon', () => {
    const host = async (
      env: NodeJS.ProcessEnv,
      recorder: string,
      platform: string,
    ): Promise<ChildProcess> => {
      const child = spawn(
        process.execPath,
        [
          '--require',
          'tsx/cjs',
          path.join(__dirname, 'captureHost.ts'),
          sources,
          recorder,
          platform,
        ],
        { env, stdio: ['ignore', 'pipe', 'inherit'], cwd: root },
      );
      return child;
    };

    it('a real parec is gone within 2 s', async () => {
      const child = await host({ ...process.env, ...devices.env }, 'parec', 'linux');
      const [said] = (await once(child.stdout!, 'data')) as [Buffer];
      equal(said.toString().trim(), 'recording');
      const outputs = (): number[] =>
        [
          ...String(
            spawnSync('pactl', ['list', 'source-outputs'], {
              env: { ...process.env, ...devices.env, LC_ALL: 'C' },
            }).stdout,
          ).matchAll(/application\.process\.id = "(\d+)"/g),
        ].map((m) => Number(m[1]));
      const [parec] = outputs();
      ok(parec !== undefined && isAlive(parec) && parec !== child.pid);
      child.kill('SIGKILL');
      await waitFor('the end of parec', () => !isAlive(parec), 2_000);
      deepEqual(outputs(), []);
    });

    for (const platform of ['linux', 'win32'] as const) {
      it(`a recorder that gives nothing and ignores SIGTERM is gone within 2 s (supervisor of ${platform})`, async () => {
        const folder = path.join(await mkdtemp(path.join(tmpdir(), 'earmark-stubborn-')), 'bin');
        const fake = PLATFORMS.find((p) => p.platform === platform && p.source === 'mic')!;
        install(fake, folder, 'stubborn');
        const child = await host(
          { PATH: folder, HOME: process.env['HOME'] },
          fake.recorder,
          platform,
        );
        await waitFor('the start', () => wasCalled(folder), 15_000);
        const pid = await waitFor('the pid', () => pidOf(folder) > 0, 1_000).then(() =>
          pidOf(folder),
        );
        ok(isAlive(pid));
        child.kill('SIGKILL');
        await waitFor('the end of the recorder', () => !isAlive(pid), 2_000);
        await rm(path.dirname(folder), { recursive: true, force: true });
      });
    }
  });
});
