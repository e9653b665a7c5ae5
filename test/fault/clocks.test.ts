/**
 * Wall clocks that jump, while a session runs and over a crash: no word is lost or doubled, and its
 * time only goes forward.
 */
import { deepEqual, ok } from 'node:assert/strict';
import { overdue } from '../../daemon/session/lifecycle/retention';
import { Harness, say } from '../../testing/harness/sessionHarness';

const HOUR = 3_600_000;

describe('a wrong clock', () => {
  for (const [what, ms] of [
    ['an hour back', -HOUR],
    ['an hour ahead', HOUR],
    ['ten years back', -87_600 * HOUR],
    ['to 1970', -Date.UTC(2026, 0, 5)],
  ] as const) {
    it(`that goes ${what} while a meeting is recorded`, async () => {
      const h = new Harness();
      const id = await h.recorded();
      await h.speak('mic', say(1, 2));
      h.clock.jump(ms);
      await h.speak('mic', say(3));
      h.clock.jump(-ms);
      await h.speak('mic', say(4));
      await h.manager.stop(id, 'test');
      await h.pass(10_000);
      const { record, transcript, durationMs } = await h.manager.get(id);
      deepEqual([record.state, await h.texts(id)], ['DONE', ['w1', 'w2', 'w3', 'w4']]);
      const starts = transcript.map(({ startMs }) => startMs);
      ok(
        starts.every(
          (at, i) => i === 0 || (at > (starts[i - 1] ?? 0) && at - (starts[i - 1] ?? 0) < 2_000),
        ),
        `words at ${starts.join(', ')} ms`,
      );
      ok(durationMs < 10_000, `${durationMs} ms`);
      h.dispose();
    });

    it(`that went ${what} over a crash`, async () => {
      const h = new Harness();
      const id = await h.recorded();
      await h.speak('mic', say(1, 2));
      await h.restart(ms);
      const { attachment } = await h.manager.attach(id, 0, () => undefined);
      await h.pass(500);
      // A clock that says that the longest session is over ends it: nothing that was said is lost.
      if (h.capture.open.length > 0) await h.speak('mic', say(3));
      await h.manager.stop(id, 'test');
      await h.pass(10_000);
      const { record, transcript } = await h.manager.get(id);
      const times = (await h.events(id)).map(({ time }) => time);
      deepEqual([record.state, (await h.texts(id)).slice(0, 2)], ['DONE', ['w1', 'w2']]);
      ok(
        times.every((at, i) => at >= (times[i - 1] ?? 0)),
        `events at ${times.join(', ')} ms`,
      );
      ok(
        transcript.every(
          ({ startMs, endMs }, i) =>
            endMs > startMs && startMs >= (transcript[i - 1]?.startMs ?? 0),
        ),
      );
      attachment.dispose();
      h.dispose();
    });
  }

  it('that goes back makes nothing old enough to be deleted', () => {
    const record = {
      createdMs: Date.UTC(2026, 0, 5),
      startedAt: '2026-01-05T00:00:00+00:00',
      durationMs: HOUR,
    };
    deepEqual(
      [Date.UTC(2016, 0, 5), Date.UTC(2026, 0, 6), Date.UTC(2026, 0, 20)].map(
        (now) => overdue(record, { audioDays: 7 }, now).audio,
      ),
      [false, false, true],
    );
  });
});
