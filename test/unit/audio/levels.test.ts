/** Level meter and the watchdog for silent sources. */
import { deepEqual, equal, match } from 'node:assert/strict';
import { LevelMeter, SILENCE_DB, type AudioLevel } from '../../../daemon/audio/levels/levelMeter';
import {
  SourceWatchdog,
  silenceAdvice,
  type WatchdogOptions,
} from '../../../daemon/audio/sourceWatchdog';
import { ManualClock } from '../../../daemon/base/clock';

const FRAME = 320;
const tone = (amplitude: number) =>
  Int16Array.from({ length: FRAME }, (_, i) =>
    Math.round(amplitude * Math.sin((2 * Math.PI * i) / 32)),
  );

describe('level meter', () => {
  const check = (pcm: Int16Array, expected: Omit<AudioLevel, 'source'>) => {
    const meter = new LevelMeter('mic', () => 0);
    let last: AudioLevel | undefined;
    for (let i = 0; i < 5; i++) last = meter.push(pcm) ?? last;
    deepEqual(last, { source: 'mic', ...expected });
  };
  it('reads −100 for silence', () =>
    check(new Int16Array(FRAME), { rmsDb: SILENCE_DB, peakDb: SILENCE_DB }));
  it('reads a full-scale sine', () => check(tone(32_767), { rmsDb: -3, peakDb: 0 }));
  it('reads a sine of a tenth', () => check(tone(3276.8), { rmsDb: -23, peakDb: -20 }));
  it('reads −32768 as full scale', () =>
    check(new Int16Array(FRAME).fill(-32_768), { rmsDb: 0, peakDb: 0 }));

  it('gives ten readings a second, also of audio that runs a hundred times faster', () => {
    const count = (frames: number, msAFrame: number) => {
      let now = 0;
      let readings = 0;
      const meter = new LevelMeter('file', () => now);
      for (let i = 0; i < frames; i++, now += msAFrame) if (meter.push(tone(1000))) readings++;
      return readings;
    };
    deepEqual([count(500, 20), count(5_000, 0.2)], [100, 10]);
  });
});

describe('source watchdog', () => {
  const run = (steps: [ms: number, value: number | undefined][], options?: WatchdogOptions) => {
    const clock = new ManualClock();
    const recognised: [number, string][] = [];
    const watchdog = new SourceWatchdog(
      clock,
      (now) => recognised.push([clock.now(), now.kind]),
      options,
    );
    for (const [ms, value] of steps) {
      for (let t = 0; t < ms; t += 20) {
        clock.advance(20);
        if (value !== undefined) watchdog.push(new Int16Array(FRAME).fill(value));
      }
    }
    watchdog.dispose();
    equal(clock.pending, 0);
    return recognised;
  };
  const check = (
    steps: [number, number | undefined][],
    expected: [number, string][],
    options?: WatchdogOptions,
  ) => deepEqual(run(steps, options), expected);

  it('says nothing of a source that is heard', () => check([[20_000, 1]], []));
  it('warns once of a source that gives nothing', () =>
    check([[20_000, undefined]], [[5_000, 'nothing']]));
  it('warns once of pure zeros', () => check([[20_000, 0]], [[5_000, 'zeros']]));
  it('takes a single sample for life', () =>
    check(
      [
        [4_000, 0],
        [20, 1],
        [4_000, 0],
        [20, 1],
      ],
      [],
    ));
  it('tells when it is heard again, and warns again', () =>
    check(
      [
        [6_000, 0],
        [1_000, 5],
        [6_000, undefined],
      ],
      [
        [5_000, 'zeros'],
        [6_020, 'well'],
        [12_000, 'nothing'],
      ],
    ));
  it('goes from nothing to zeros by way of well', () =>
    check(
      [
        [6_000, undefined],
        [6_000, 0],
      ],
      [
        [5_000, 'nothing'],
        [6_020, 'well'],
        [11_500, 'zeros'],
      ],
    ));
  it('lets a computer play nothing once it was heard', () =>
    check(
      [
        [100, 1],
        [30_000, 0],
      ],
      [],
      { zerosAfterAudioAreNormal: true },
    ));
  it('still warns where it was never heard', () =>
    check([[30_000, 0]], [[5_000, 'zeros']], { zerosAfterAudioAreNormal: true }));

  it('names the permission on macOS and the device elsewhere', () => {
    match(
      silenceAdvice({ kind: 'zeros', sinceMs: 0 }, 'mic', 'darwin'),
      /Privacy & Security > Microphone/,
    );
    match(
      silenceAdvice({ kind: 'zeros', sinceMs: 0 }, 'system', 'darwin'),
      /System Audio Recording/,
    );
    match(silenceAdvice({ kind: 'nothing', sinceMs: 0 }, 'mic', 'linux'), /plugged in/);
    match(silenceAdvice({ kind: 'well' }, 'system', 'linux'), /audio again/);
  });
});
