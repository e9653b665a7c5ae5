// The energy detector, and the policy that puts it in the place of a model that fails.
import { deepEqual, equal } from 'node:assert/strict';
import { type SpeechDetector, VAD_WINDOW } from '../../../daemon/vad/contract';
import { EnergyDetector } from '../../../daemon/vad/energyDetector';
import { FallbackDetector } from '../../../daemon/vad/fallbackDetector';

let seed = 1;
const random = (): number => ((seed = (seed * 16807) % 2147483647) / 2147483647) * 2 - 1;
/** Noise of a level in dBFS. */
const noise = (windows: number, db: number): Float32Array =>
  Float32Array.from(
    { length: windows * VAD_WINDOW },
    () => random() * Math.sqrt(3) * 10 ** (db / 20),
  );
const share = (p: Float32Array): number => p.filter((x) => x > 0.5).length / p.length;

describe('EnergyDetector', () => {
  it('hears speech over any steady noise, once it knows the noise', async () => {
    for (const floor of [-90, -60, -45, -30]) {
      const detector = new EnergyDetector();
      await detector.detect(noise(100, floor));
      deepEqual(
        [
          share(await detector.detect(noise(50, floor))),
          share(await detector.detect(noise(20, Math.max(-40, floor + 18)))),
        ],
        [0, 1],
        `floor ${floor}`,
      );
    }
  });
  it('hears a speaker who speaks from the first window on', async () => {
    equal(share(await new EnergyDetector().detect(noise(60, -25))), 1);
  });
  it('forgets at a reset', async () => {
    const detector = new EnergyDetector();
    await detector.detect(noise(200, -25));
    equal(share(await detector.detect(noise(10, -25))), 0);
    detector.reset();
    equal(share(await detector.detect(noise(10, -25))), 1);
  });
});

describe('FallbackDetector', () => {
  class Flaky implements SpeechDetector {
    broken = false;
    calls = 0;
    resets = 0;
    detect(windows: Float32Array): Promise<Float32Array> {
      this.calls++;
      return this.broken
        ? Promise.reject(new Error('broken'))
        : Promise.resolve(new Float32Array(windows.length / VAD_WINDOW).fill(0.25));
    }
    reset(): void {
      this.resets++;
    }
    dispose(): void {}
  }
  const constant: SpeechDetector = {
    detect: (w) => Promise.resolve(new Float32Array(w.length / VAD_WINDOW).fill(0.75)),
    reset: () => undefined,
    dispose: () => undefined,
  };
  const windows = new Float32Array(100 * VAD_WINDOW);

  it('answers every window, tells once, tries again after half a minute and goes back', async () => {
    const primary = new Flaky();
    const reported: string[] = [];
    const detector = new FallbackDetector(
      primary,
      () => constant,
      (e) => reported.push(String(e)),
    );
    const answers: (number | undefined)[] = [];
    for (let i = 0; i < 25; i++) {
      if (i === 2) primary.broken = true;
      if (i === 15) primary.broken = false;
      const answer = await detector.detect(windows);
      equal(answer.length, 100);
      answers.push(answer[0]);
    }
    // 100 windows are 3.2 s: broken at the third call, tried after ten more (in vain) and after
    // another ten.
    deepEqual(answers, [...Array(2).fill(0.25), ...Array(20).fill(0.75), ...Array(3).fill(0.25)]);
    deepEqual([reported, primary.calls], [['Error: broken'], 7]);
  });
});
