/** Pushed audio that is not as it should be: each gets one typed error, and the session goes on. */
import { deepEqual, ok, rejects } from 'node:assert/strict';
import { EarmarkError } from '../../../protocol/errors';
import { FRAME_SAMPLES } from '../../../daemon/audio/frame';
import { Harness, say, settle } from '../../../testing/harness/sessionHarness';

const frames = (count: number): Int16Array => new Int16Array(count * FRAME_SAMPLES);

describe('pushed sound', () => {
  let h: Harness;
  let id: string;
  beforeEach(async () => {
    h = new Harness();
    id = await h.pushed();
  });
  afterEach(() => h.dispose());

  const goesOn = async (): Promise<readonly string[]> => {
    h.push(id, 'file', 0, say(1));
    await h.manager.stop(id, 'stop.request');
    await h.manager.whenEnded(id);
    return await h.texts(id);
  };

  const refused: readonly [string, string, (m: Harness['manager']) => unknown][] = [
    [
      'an odd length',
      'audio.oddFrame',
      (m) => m.push(id, 'file', 0, 0, new Int16Array(FRAME_SAMPLES + 1)),
    ],
    ['no samples', 'audio.oddFrame', (m) => m.push(id, 'file', 0, 0, frames(0))],
    ['a number that is none', 'audio.oddFrame', (m) => m.push(id, 'file', NaN, 0, frames(1))],
    ['a time that is none', 'audio.oddFrame', (m) => m.push(id, 'file', 0, Infinity, frames(1))],
    [
      'a source that was not named',
      'audio.unknownSource',
      (m) => m.push(id, 'mic', 0, 0, frames(1)),
    ],
    [
      'the end of a source that was not named',
      'audio.unknownSource',
      (m) => m.endSource(id, 'mic'),
    ],
    [
      'a session that does not exist',
      'session.notFound',
      (m) => m.push('nobody', 'file', 0, 0, frames(1)),
    ],
  ];
  for (const [what, code, call] of refused) {
    it(`refuses ${what}`, async () => {
      await rejects(
        async () => call(h.manager),
        (error: unknown) =>
          error instanceof EarmarkError && error.code === code && /[.]$/.test(error.message),
      );
      deepEqual(await goesOn(), ['w1']);
    });
  }

  it('refuses sound after the source ended, after stop and after the end', async () => {
    await h.manager.endSource(id, 'file');
    await h.manager.endSource(id, 'file');
    await rejects(() => h.manager.push(id, 'file', 0, 0, frames(1)), { code: 'audio.afterStop' });
    const other = await h.pushed();
    await h.manager.stop(other, 'stop.request');
    await rejects(() => h.manager.push(other, 'file', 0, 0, frames(1)), {
      code: 'audio.afterStop',
    });
    await h.manager.whenEnded(other);
    await h.pass(10);
    await rejects(() => h.manager.push(other, 'file', 0, 0, frames(1)), {
      code: 'audio.afterStop',
    });
  });

  it('refuses sound while it is paused, and for a source that it records itself', async () => {
    await h.manager.pause(id, 'user');
    await rejects(() => h.manager.push(id, 'file', 0, 0, frames(1)), {
      code: 'session.wrongState',
    });
    const meeting = await h.recorded();
    await rejects(() => h.manager.push(meeting, 'mic', 0, 0, frames(1)), {
      code: 'audio.unknownSource',
    });
  });

  it('is live unless it is a file, or says otherwise', async () => {
    const asked = [
      { kind: 'meeting' },
      { kind: 'dictation' },
      { kind: 'file' },
      { kind: 'meeting', live: false },
      { kind: 'file', live: true, partials: true },
    ] as const;
    const live: boolean[] = [];
    for (const request of asked)
      live.push((await h.manager.get(await h.pushed(request))).record.live);
    deepEqual(live, [true, true, false, false, true]);
    deepEqual(
      h.opened.slice(-asked.length).map((request) => request.live),
      live,
    );
  });

  it('shows no partials of what is not live', async () => {
    const partials = async (live: boolean): Promise<number> => {
      let count = 0;
      const session = await h.pushed(
        { kind: 'meeting', live, partials: true },
        (event) => (count += event.kind === 'partial' ? 1 : 0),
      );
      const pcm = say(1, 2, 3);
      for (let at = 0; at < pcm.length; at += 5 * FRAME_SAMPLES) {
        await h.manager.push(
          session,
          'file',
          at / FRAME_SAMPLES,
          (at / FRAME_SAMPLES) * 20,
          pcm.subarray(at, at + 5 * FRAME_SAMPLES),
        );
        await settle();
        await h.pass(100);
      }
      return count;
    };
    ok((await partials(true)) > 0);
    deepEqual(await partials(false), 0);
  });

  it('takes a backlog of 100 frames at once, without a warning', async () => {
    const live = await h.pushed({ live: true });
    await h.manager.push(live, 'file', 0, 0, say(1, 2, 3).subarray(0, 100 * FRAME_SAMPLES));
    await settle();
    await h.pass(5000);
    deepEqual(
      {
        texts: await h.texts(live),
        warnings: (await h.events(live)).filter(({ kind }) => kind === 'warning'),
      },
      { texts: ['w1', 'w2'], warnings: [] },
    );
  });

  it('ends an open phrase when its source ends', async () => {
    h.push(id, 'file', 0, say(1).subarray(0, 15 * FRAME_SAMPLES));
    await h.manager.endSource(id, 'file');
    await settle();
    deepEqual(
      { texts: await h.texts(id), state: (await h.manager.get(id)).record.state },
      { texts: ['w1'], state: 'STREAMING' },
    );
  });

  it('acknowledges what is on disk, and only that', async () => {
    const acks: number[] = [];
    h.manager.onDidAck(
      ({ sessionId, source, ackSeq }) => sessionId === id && source === 'file' && acks.push(ackSeq),
    );
    const first = await h.manager.push(id, 'file', 0, 0, frames(50));
    h.clock.advance(200);
    const second = await h.manager.push(id, 'file', 50, 1000, frames(50));
    deepEqual({ first, second, acks }, { first: -1, second: 49, acks: [49] });
  });

  it('tells a client to wait that has more than 10 s unacknowledged', async () => {
    for (let seq = 0; seq < 500; seq += 100)
      await h.manager.push(id, 'file', seq, seq * 20, frames(100));
    await rejects(
      () => h.manager.push(id, 'file', 500, 10_000, frames(1)),
      (error: unknown) =>
        error instanceof EarmarkError &&
        error.code === 'audio.tooFast' &&
        error.retryAfterMs !== undefined,
    );
    h.clock.advance(200);
    await h.manager.push(id, 'file', 500, 10_000, frames(100));
  });

  it('takes no more of a live source than can have been spoken, and of a recording all', async () => {
    const AHEAD_FRAMES = 60_000 / 20;
    let taken = 0;
    const send = async (session: string, from: number, count: number): Promise<void> => {
      for (let seq = from; seq < from + count; seq += 100) {
        await h.manager.push(session, 'file', seq, seq * 20, frames(100));
        taken = seq + 100;
      }
    };
    const live = await h.pushed({ live: true });
    await rejects(
      async () => {
        for (let seq = 0; ; seq += 400) {
          await send(live, seq, 400);
          h.clock.advance(200);
        }
      },
      { code: 'audio.tooFast', retryAfterMs: 1_000 },
    );
    const elapsedFrames = h.clock.now() / 20;
    ok(taken > AHEAD_FRAMES - 100 && taken <= AHEAD_FRAMES + elapsedFrames, `${taken}`);
    h.clock.advance(8_000);
    await send(live, taken, 400);
    for (let seq = 0; seq < 2 * AHEAD_FRAMES; seq += 400) {
      await send(id, seq, 400);
      h.clock.advance(200);
    }
  });

  it('takes of what a user may send each frame once, and nothing of what is refused; it says so once', async () => {
    let left = 150;
    const asked: [string, number][] = [];
    const limited = new Harness({}, undefined, (owner, count) => {
      asked.push([owner, count]);
      if (count > left) return { waitMs: 700, over: left > 0 };
      left -= count;
      return undefined;
    });
    const [own, anns] = [
      await limited.pushed(),
      await limited.pushed({ owner: 'ann', live: true }),
    ];
    await limited.manager.push(own, 'file', 0, 0, frames(100));
    await limited.manager.push(anns, 'file', 0, 0, frames(100));
    await limited.manager.push(anns, 'file', 60, 1_200, frames(60));
    const tooMuch = { code: 'audio.overLimit', retryAfterMs: 700 };
    await rejects(() => limited.manager.push(anns, 'file', 120, 2_400, frames(31)), tooMuch);
    await rejects(() => limited.manager.push(anns, 'file', 120, 2_400, frames(31)), tooMuch);
    await limited.manager.push(anns, 'file', 120, 2_400, frames(30));
    // Nobody could say yet.
    await rejects(() => limited.manager.push(anns, 'file', 150, 3_000, frames(1)), {
      code: 'audio.tooFast',
      retryAfterMs: 700,
    });
    left = 10;
    limited.clock.advance(200);
    deepEqual(await limited.manager.push(anns, 'file', 150, 3_000, frames(1)), 149);
    deepEqual(asked, [
      ['ann', 100],
      ['ann', 20],
      ['ann', 31],
      ['ann', 31],
      ['ann', 30],
      ['ann', 1],
      ['ann', 1],
    ]);
    const warnings = (await limited.events(anns)).flatMap((event) =>
      event.kind === 'warning' ? [event.code] : [],
    );
    deepEqual(warnings, ['audio.overLimit']);
    limited.dispose();
  });

  it('tells a client to wait when too much of a file waits to be recognised', async () => {
    const small = new Harness({ fileBacklogMs: 30_000 });
    small.engine.hold();
    const file = await small.pushed();
    let pushed = 0;
    await rejects(
      async () => {
        for (; pushed < 10_000; pushed += 100) {
          await small.manager.push(
            file,
            'file',
            pushed,
            pushed * 20,
            say(1, 2, 3).subarray(0, 100 * FRAME_SAMPLES),
          );
          small.clock.advance(200);
        }
      },
      { code: 'audio.tooFast' },
    );
    deepEqual(pushed, 1600);
    small.dispose();
  });

  it('passes over what it has, and reports a hole', async () => {
    const live = await h.pushed({ live: true });
    const pcm = say(1, 2, 3);
    await h.manager.push(live, 'file', 0, 0, pcm.subarray(0, 45 * FRAME_SAMPLES));
    await h.manager.push(
      live,
      'file',
      30,
      600,
      pcm.subarray(30 * FRAME_SAMPLES, 90 * FRAME_SAMPLES),
    );
    await h.manager.push(
      live,
      'file',
      100,
      2000,
      pcm.subarray(90 * FRAME_SAMPLES, 135 * FRAME_SAMPLES),
    );
    await h.manager.stop(live, 'stop.request');
    await h.manager.whenEnded(live);
    deepEqual(
      {
        texts: await h.texts(live),
        gaps: (await h.manager.get(live)).stats['gapFrames'],
        warned: (await h.events(live)).flatMap((e) => (e.kind === 'warning' ? e.code : [])),
        third: Math.round(((await h.manager.get(live)).transcript[2]?.startMs ?? 0) / 100),
      },
      { texts: ['w1', 'w2', 'w3'], gaps: 10, warned: ['source.gap'], third: 17 },
    );
  });

  it('survives a wild sequence number', async () => {
    h.push(id, 'file', 0, say(1));
    await h.manager.push(id, 'file', 2 ** 40, 60_000, say(2));
    await h.manager.stop(id, 'stop.request');
    await h.manager.whenEnded(id);
    deepEqual(
      {
        texts: await h.texts(id),
        second: Math.round(((await h.manager.get(id)).transcript[1]?.startMs ?? 0) / 1000),
      },
      { texts: ['w1', 'w2'], second: 60 },
    );
  });
});
