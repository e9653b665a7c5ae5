/**
 * A recording, wherever it is recognised: no word is lost or doubled, every word has the time at
 * which it was spoken, and what did not arrive is reported once.
 */
import { deepEqual } from 'node:assert/strict';
import { EarmarkError } from '../../protocol/errors';
import { PATHS, type RecordingPath, type Result, Speaker, TICK_MS } from './recordingPaths';

/** Largest error of a time, in milliseconds. */
const NEAR_MS = 40;

for (const [name, make] of Object.entries(PATHS)) {
  describe(`a recording: ${name}`, function () {
    this.timeout(60_000);
    let path: RecordingPath;
    beforeEach(() => (path = make()));
    afterEach(() => path.dispose());

    /** The words that were said, and those whose time is wrong with their error. */
    function compare(speaker: Speaker, { words }: Result): void {
      const truth = [...speaker.truth].sort((a, b) => a.atMs - b.atMs);
      deepEqual(
        words.map(({ source, text }) => `${source} ${text}`),
        truth.map(({ source, text }) => `${source} ${text}`),
      );
      deepEqual(
        words
          .map(({ text, atMs }, i) => ({ text, offMs: Math.round(atMs - (truth[i]?.atMs ?? 0)) }))
          .filter(({ offMs }) => Math.abs(offMs) > NEAR_MS),
        [],
      );
    }

    it('places a word behind 7 s without samples, and reports the gap', async () => {
      await path.start(['mic']);
      const speaker = new Speaker(path, { mic: 0 });
      await speaker.say('mic');
      await speaker.nothing(7_000);
      await speaker.say('mic');
      await speaker.say('mic');
      const result = await path.finish();
      compare(speaker, result);
      deepEqual(
        result.warnings
          .filter((warning) => !warning.startsWith('source.silent'))
          .map((warning) => warning.replace(/\d+(\.\d+)?/, (s) => `${Math.round(+s)}`)),
        path.live ? ['source.gap 7 s of audio did not arrive; silence replaces it.'] : [],
      );
    });

    it('keeps two devices whose clocks differ on one time line', async () => {
      await path.start(['mic', 'system']);
      const speaker = new Speaker(path, { mic: 500, system: -500 });
      for (let i = 0; i < 8; i++) {
        await speaker.say(i % 2 === 0 ? 'mic' : 'system');
        await speaker.ticks(30_000 / TICK_MS);
      }
      const result = await path.finish();
      compare(speaker, result);
      deepEqual(result.warnings, []);
    });

    it('loses no word of an outage, and no time', async () => {
      await path.start(['mic']);
      const speaker = new Speaker(path, { mic: 0 });
      await speaker.say('mic');
      path.cut();
      for (let i = 0; i < 4; i++) await speaker.say('mic');
      await path.mend();
      await speaker.say('mic');
      const result = await path.finish();
      compare(speaker, result);
      deepEqual(result.warnings, []);
    });

    it('goes on after a pause at the time that it is then, without a warning', async () => {
      await path.start(['mic']);
      const speaker = new Speaker(path, { mic: 0 });
      await speaker.say('mic');
      const before = path.capture.recordings.length;
      await path.pause();
      const pausedMs = 5_000;
      await speaker.nothing(pausedMs);
      await path.resume();
      deepEqual(path.capture.recordings.length, before + 1);
      await speaker.say('mic');
      const result = await path.finish();
      deepEqual(
        result.words.map(({ text }) => text),
        ['w1', 'w2'],
      );
      deepEqual(result.warnings, []);
    });

    it('goes on with a device that was lost, and warns once', async () => {
      await path.start(['mic']);
      const speaker = new Speaker(path, { mic: 0 });
      await speaker.say('mic');
      path.capture.of('mic').handlers.onEnd(new Error('unplugged'));
      await speaker.nothing(1_000);
      await speaker.say('mic');
      const result = await path.finish();
      compare(speaker, result);
      deepEqual(
        result.warnings,
        path.live ? ['source.lost The microphone stopped for a moment. It is recorded again.'] : [],
      );
    });

    it('says why a device that is not permitted is not recorded', async () => {
      await path.start(['mic']);
      const speaker = new Speaker(path, { mic: 0 });
      await speaker.say('mic');
      for (let i = 0; i < 3; i++)
        path.capture.failures.push(
          new EarmarkError('audio.recorderFailed', 'The microphone is not permitted; allow it.'),
        );
      path.capture.of('mic').handlers.onEnd(new Error('unplugged'));
      for (let i = 0; i < 8; i++) await path.pass(1_000);
      const result = await path.finish();
      deepEqual(
        result.warnings.filter((warning) => warning.includes('not permitted')),
        path.live ? ['source.lost The microphone is not permitted; allow it.'] : [],
      );
    });

    it('warns once of a microphone that sends only zeros for 7 s', async () => {
      await path.start(['mic']);
      const speaker = new Speaker(path, { mic: 0 });
      speaker.noisy = false;
      await speaker.ticks(7_000 / TICK_MS);
      await path.pass(0);
      const result = await path.finish();
      deepEqual(
        result.warnings.map((warning) => warning.split(';')[0]),
        path.live ? ['source.silent The microphone has been completely silent for 5 seconds'] : [],
      );
    });
  });
}
