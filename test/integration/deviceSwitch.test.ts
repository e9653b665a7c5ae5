/**
 * A session records real devices while they are switched and pulled out: recording goes on with the
 * one that is the default then.
 */
import { deepEqual } from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createCapture, type DeviceCapture } from '../../daemon/adapters/capture/capture';
import { SAMPLE_RATE, type Frame } from '../../daemon/audio/frame';
import { systemClock } from '../../daemon/base/clock';
import { silentLogger } from '../../daemon/base/logger';
import { defaultSessionOptions } from '../../daemon/session/contract/options';
import { Recorder } from '../../daemon/speech/recorder';
import { type AudioDevices, startAudioDevices } from '../../testing/processes/audioDevices';
import { amplitudeOf, sine } from '../unit/capture/audioBytes';

const HEADSET = 'earmark_headset';
const RATE = ['--rate=16000', '--format=s16le', '--channels=1'];

describe('a device that changes while it is recorded', function () {
  this.timeout(40_000);
  let devices: AudioDevices;
  let capture: DeviceCapture | undefined;
  let recorder: Recorder | undefined;

  beforeEach(async function () {
    if (spawnSync('pulseaudio', ['--version']).error || spawnSync('parec', ['--version']).error) {
      console.log(
        '    skipped: PulseAudio is not installed (on Debian: apt-get install pulseaudio pulseaudio-utils)',
      );
      this.skip();
    }
    devices = await startAudioDevices();
    pactl(
      'load-module',
      'module-null-sink',
      `sink_name=${HEADSET}_input`,
      'rate=48000',
      'channels=2',
      'norewinds=1',
    );
    pactl(
      'load-module',
      'module-remap-source',
      `source_name=${HEADSET}`,
      `master=${HEADSET}_input.monitor`,
      'source_properties=device.description=Headset',
    );
  });
  afterEach(async () => {
    await recorder?.stop();
    await capture?.dispose();
    await devices?.dispose();
  });

  const env = (): NodeJS.ProcessEnv => ({ ...process.env, ...devices.env });
  const pactl = (...args: string[]): string =>
    execFileSync('pactl', args, { env: env(), encoding: 'utf8' });
  const unplugHeadset = (): void => {
    for (const line of pactl('list', 'short', 'modules').split('\n'))
      if (line.includes(`sink_name=${HEADSET}_input `))
        pactl('unload-module', line.split('\t')[0] ?? '');
  };
  /** A tone into the microphone (440 Hz) or into the headset (1000 Hz). */
  const play = (what: 'mic' | 'headset'): void => {
    const hz = what === 'mic' ? 440 : 1_000;
    const tone = Buffer.from(
      Int16Array.from({ length: SAMPLE_RATE }, (_, i) => 32_767 * sine(hz, SAMPLE_RATE)(i)).buffer,
    );
    execFileSync(
      'pacat',
      [
        '--playback',
        `--device=${what === 'mic' ? 'earmark_mic_input' : `${HEADSET}_input`}`,
        '--latency-msec=40',
        '--raw',
        ...RATE,
      ],
      { env: env(), input: tone },
    );
  };

  interface Recorded {
    readonly frames: Frame[];
    readonly warnings: string[];
  }

  async function record(device: string | undefined): Promise<Recorded> {
    const recognised: Recorded = { frames: [], warnings: [] };
    capture = createCapture({
      recordersFolder: path.join(__dirname, '../../daemon/adapters/capture/recorders'),
      only: ['parec'],
      env: env(),
    });
    const begun = performance.now();
    recorder = new Recorder({
      source: 'mic',
      device,
      capture,
      clock: systemClock,
      logger: silentLogger,
      platform: 'linux',
      options: defaultSessionOptions,
      firstSeq: 0,
      sessionMs: () => performance.now() - begun,
      onFrames: (frames) => void recognised.frames.push(...frames),
      warn: (_code, message) => recognised.warnings.push(message),
      onLost: () => recognised.warnings.push('lost'),
      onGap: () => undefined,
      onFound: () => undefined,
    });
    await recorder.start();
    return recognised;
  }

  /** Which of the tones is in the frames that came since. */
  function tones({ frames }: Recorded, since: number): readonly string[] {
    const pcm = Int16Array.from(frames.slice(since).flatMap((frame) => [...frame.pcm]));
    const loudest = (hz: number): number => {
      let best = 0;
      for (let at = 0; at + 3_200 <= pcm.length; at += 1_600)
        best = Math.max(best, amplitudeOf(pcm.subarray(at, at + 3_200), hz));
      return best;
    };
    return [
      ['microphone', 440],
      ['headset', 1_000],
    ].flatMap(([name, hz]) => (loudest(hz as number) > 0.3 ? [name as string] : []));
  }

  async function until(condition: () => boolean): Promise<void> {
    for (let waited = 0; !condition() && waited < 15_000; waited += 50) await delay(50);
  }

  /**
   * Plays until it is heard, for a recorder may only be on its way to the device, and waits until
   * the tone is over.
   */
  async function playAndRecord(what: 'mic' | 'headset', recognised: Recorded): Promise<void> {
    for (let tries = 0; tries < 5; tries++) {
      const since = recognised.frames.length;
      play(what);
      const frames = (): number => recognised.frames.length - since;
      // A second of tone, and as much to be sure that all of it is there.
      await until(() => frames() >= 100);
      if (tones(recognised, since).length === 0) continue;
      return until(
        () => tones(recognised, Math.max(since, recognised.frames.length - 25)).length === 0,
      );
    }
  }

  /** Numbers without a hole, clocks that grow. */
  const whole = ({ frames }: Recorded): boolean =>
    frames.every(
      (frame, i) =>
        frame.seq === i && (i === 0 || frame.captureMs > (frames[i - 1]?.captureMs ?? 0)),
    );

  it('follows the user to another default microphone', async () => {
    const recognised = await record(undefined);
    await playAndRecord('mic', recognised);
    const first = tones(recognised, 0);
    const switched = recognised.frames.length;
    pactl('set-default-source', HEADSET);
    await playAndRecord('headset', recognised);
    deepEqual(
      {
        first,
        then: tones(recognised, switched),
        whole: whole(recognised),
        warnings: recognised.warnings,
      },
      { first: ['microphone'], then: ['headset'], whole: true, warnings: [] },
    );
  });

  it('goes on with the default microphone when the chosen headset is pulled out', async () => {
    const recognised = await record(HEADSET);
    await playAndRecord('headset', recognised);
    const first = tones(recognised, 0);
    unplugHeadset();
    await until(() => recognised.warnings.length >= 1);
    const pulled = recognised.frames.length;
    await playAndRecord('mic', recognised);
    deepEqual(
      {
        first,
        then: tones(recognised, pulled),
        whole: whole(recognised),
        reported: recognised.warnings.map((message) => message.replace(/ “.*”/, '')),
      },
      {
        first: ['headset'],
        then: ['microphone'],
        whole: true,
        reported: [
          'The chosen microphone is gone. The recording continues with the default device.',
        ],
      },
    );
  });
});
