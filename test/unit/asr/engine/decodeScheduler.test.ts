// Order, fairness, bounds and cancelling of decodes.
import { deepEqual, equal, rejects } from 'node:assert/strict';
import { DecodeScheduler } from '../../../../daemon/asr/engine/decodeScheduler';
import type { QueuedDecode, DecodeSlot } from '../../../../daemon/asr/engine/phraseQueue';
import type { DecodeRequest, AsrResult } from '../../../../daemon/asr/contract/provider';
import { ManualClock } from '../../../../daemon/base/clock';
import { isEarmarkError } from '../../../../protocol/errors';

const result = (text: string): AsrResult => ({
  text,
  words: [],
  confidence: 1,
  language: 'en',
  inferenceMs: 10,
});
const turn = (): Promise<void> => new Promise(setImmediate);

/** Decodes when told to; the prompt names the job. */
class HandSlot implements DecodeSlot {
  readonly begun: string[] = [];
  aborted = 0;
  private release: ((r: AsrResult) => void) | undefined;
  readonly efforts: string[] = [];
  transcribe(_pcm: Float32Array, options: DecodeRequest, signal: AbortSignal): Promise<AsrResult> {
    const name = options.prompt?.[0] ?? '';
    this.begun.push(name);
    const search = options.effort === 'greedy' ? 'greedy' : 'search';
    const { left, right } = options.context ?? {};
    const where = `${left ? 'behind' : 'alone'}${right ? ' and before' : ''}`;
    this.efforts.push(`${search} ${options.effort ? 'once ' : ''}${where}`);
    return new Promise((resolve, reject) => {
      this.release = () => resolve(result(name));
      signal.addEventListener('abort', () => {
        this.aborted++;
        reject(new Error('aborted'));
      });
    });
  }
  async finish(): Promise<void> {
    this.release?.(result(''));
    await turn();
  }
}

const job = (
  name: string,
  more: Partial<QueuedDecode> & { seconds?: number } = {},
): QueuedDecode => {
  const { seconds = 2, ...rest } = more;
  return {
    pcm: new Float32Array(seconds * 16_000),
    options: { language: 'en', prompt: [name] },
    priority: 'final',
    sessionId: 's',
    ...rest,
  };
};
describe('DecodeScheduler', () => {
  /** Queues everything behind a first job and tells the order in which the jobs begin. */
  async function order(jobs: readonly QueuedDecode[], expected: string[]): Promise<void> {
    const clock = new ManualClock();
    const scheduler = new DecodeScheduler(clock);
    const slot = new HandSlot();
    scheduler.addSlot(slot);
    const done = [job('first', { sessionId: 'first', seconds: 1 }), ...jobs].map((request) => {
      clock.advance(1);
      return scheduler.run(request);
    });
    for (let i = 0; i <= jobs.length; i++) await slot.finish();
    await Promise.all(done);
    deepEqual(slot.begun.slice(1), expected);
  }

  it('takes the oldest deadline first', () =>
    order(
      [job('late', { deadlineMs: 9000 }), job('default'), job('soon', { deadlineMs: 500 })],
      ['soon', 'default', 'late'],
    ));
  it('keeps the order of one session', () =>
    order(
      ['a', 'b', 'c'].map((n) => job(n)),
      ['a', 'b', 'c'],
    ));
  it('lets a live session in between the phrases of a long file', () =>
    order(
      [
        ...Array.from({ length: 6 }, (_, i) => job(`file${i}`, { sessionId: 'file', seconds: 20 })),
        job('live0', { sessionId: 'live' }),
        job('live1', { sessionId: 'live' }),
      ],
      ['file0', 'file1', 'live0', 'live1', 'file2', 'file3', 'file4', 'file5'],
    ));

  describe('where finals wait', () => {
    /**
     * Decodes finals that have waited so long, one after the other; how each is decoded, and what
     * health says then.
     */
    async function efforts(
      waits: readonly (readonly [waitMs: number, calmMs?: number])[],
      live = true,
    ): Promise<string[]> {
      const clock = new ManualClock();
      const scheduler = new DecodeScheduler(clock);
      const slot = new HandSlot();
      scheduler.addSlot(slot);
      const seen: string[] = [];
      for (const [waitMs, calmMs = 0] of waits) {
        clock.advance(calmMs);
        const options: DecodeRequest = {
          language: 'en',
          context: { left: { pcm: new Float32Array(1), tokens: [] }, right: new Float32Array(1) },
        };
        const [first, second] = ['a', 'b'].map((sessionId) =>
          scheduler.run({ ...job(sessionId), options, sessionId, live }),
        );
        clock.advance(waitMs);
        await slot.finish();
        seen.push(`${slot.efforts.at(-1)}, ${scheduler.health.finals}`);
        await slot.finish();
        await Promise.all([first, second]);
      }
      return seen;
    }
    const FULL = 'search behind and before, full';
    const ONCE = 'search once behind, single-pass';
    const GREEDY = 'greedy once behind, greedy';
    const ALONE = 'greedy once alone, no-context';

    it('does without the second hearing, then the search, then the sound before', async () =>
      deepEqual(await efforts([[90], [150], [250], [450], [50]]), [
        FULL,
        ONCE,
        GREEDY,
        ALONE,
        ALONE,
      ]));
    it('does less at once where the wait is long', async () =>
      deepEqual(await efforts([[3_000]]), [ALONE]));
    it('takes it back step by step when nothing waits', async () =>
      deepEqual(
        await efforts([[450], [40, 4_000], [40, 1_000], [40, 4_000], [40, 1_000], [40, 5_000]]),
        [ALONE, ALONE, GREEDY, GREEDY, ONCE, FULL],
      ));
    it('stays where waits are half as long', async () =>
      deepEqual(await efforts([[250], [120, 4_000], [120, 4_000], [120, 4_000]]), [
        GREEDY,
        GREEDY,
        GREEDY,
        GREEDY,
      ]));
    it('hears nothing twice where the decoders are too busy for speculation', async () => {
      const clock = new ManualClock();
      const scheduler = new DecodeScheduler(clock);
      const slot = new HandSlot();
      scheduler.addSlot(slot);
      for (const decodeMs of [2_000, 3_000, 0, 0]) {
        const one = scheduler.run({ ...job('a'), live: true });
        clock.advance(decodeMs);
        await slot.finish();
        await one;
        if (decodeMs === 0) clock.advance(10_000);
      }
      deepEqual(slot.efforts, [
        'search alone',
        'search alone',
        'search once alone',
        'search alone',
      ]);
    });
    it('gives all to what is not spoken now', async () =>
      deepEqual(await efforts([[1_000], [1_000]], false), [FULL, FULL]));
  });

  it('takes a partial only when it is idle', async () => {
    const scheduler = new DecodeScheduler(new ManualClock());
    const slot = new HandSlot();
    equal(await scheduler.run(job('p', { priority: 'partial' })), undefined);
    scheduler.addSlot(slot);
    equal(scheduler.idle, true);
    const final = scheduler.run(job('f'));
    deepEqual(
      [scheduler.idle, await scheduler.run(job('p', { priority: 'partial' }))],
      [false, undefined],
    );
    await slot.finish();
    await final;
    const partial = scheduler.run(job('p', { priority: 'partial' }));
    await slot.finish();
    equal((await partial)?.text, 'p');
  });

  it('lets a partial give way to a final', async () => {
    const scheduler = new DecodeScheduler(new ManualClock());
    const slot = new HandSlot();
    scheduler.addSlot(slot);
    const partial = scheduler.run(job('p', { priority: 'partial' }));
    const final = scheduler.run(job('f'));
    equal(await partial, undefined);
    await turn();
    await slot.finish();
    deepEqual([(await final)?.text, slot.begun, slot.aborted], ['f', ['p', 'f'], 1]);
  });

  /** What each of these comes to on one slot, asked for in this order, and what was begun. */
  async function giveWay(
    priorities: readonly QueuedDecode['priority'][],
    expected: {
      readonly texts: readonly (string | undefined)[];
      readonly begun: readonly string[];
    },
  ): Promise<void> {
    const slot = new HandSlot();
    const scheduler = new DecodeScheduler(new ManualClock());
    scheduler.addSlot(slot);
    const all = priorities.map((priority, i) =>
      scheduler.run(job(`${priority}${i}`, { priority })),
    );
    for (let i = 0; i <= all.length; i++) {
      await turn();
      await slot.finish();
    }
    deepEqual({ texts: (await Promise.all(all)).map((r) => r?.text), begun: slot.begun }, expected);
  }

  it('lets a speculative decode take the place of a partial', () =>
    giveWay(['partial', 'speculative'], {
      texts: [undefined, 'speculative1'],
      begun: ['partial0', 'speculative1'],
    }));
  it('lets a speculative decode give way to a final', () =>
    giveWay(['speculative', 'final'], {
      texts: [undefined, 'final1'],
      begun: ['speculative0', 'final1'],
    }));
  it('drops a speculative decode that waits when a final comes', () =>
    giveWay(['partial', 'speculative', 'final'], {
      texts: [undefined, undefined, 'final2'],
      begun: ['partial0', 'final2'],
    }));
  it('refuses a speculative decode beside a final or another one', () =>
    giveWay(['speculative', 'speculative', 'partial'], {
      texts: ['speculative0', undefined, undefined],
      begun: ['speculative0'],
    }));
  it('takes a partial from its slot before a speculative decode', async () => {
    const slots = [new HandSlot(), new HandSlot()];
    const scheduler = new DecodeScheduler(new ManualClock());
    for (const slot of slots) scheduler.addSlot(slot);
    const [speculative, partial, final] = (['speculative', 'partial', 'final'] as const).map(
      (priority) => scheduler.run(job(priority, { priority })),
    );
    equal(await partial, undefined);
    await turn();
    for (const slot of slots) await slot.finish();
    deepEqual([(await speculative)?.text, (await final)?.text], ['speculative', 'final']);
  });

  /**
   * What is taken of speculation and partials after finals kept one of some slots busy for so long.
   */
  async function underLoad(
    busySlots: number,
    slots: number,
    expected: readonly string[],
  ): Promise<void> {
    const clock = new ManualClock();
    const scheduler = new DecodeScheduler(clock);
    const all = Array.from({ length: slots }, () => new HandSlot());
    for (const slot of all) scheduler.addSlot(slot);
    const finals = all.slice(0, busySlots).map((_, i) => scheduler.run(job(`final${i}`)));
    clock.advance(30_000);
    const taken: string[] = [];
    for (const [atMs, priority] of [
      [0, 'speculative'],
      [10, 'partial'],
      [510, 'partial'],
      [2_510, 'partial'],
    ] as const) {
      clock.advance(30_000 + atMs - clock.now());
      taken.push(scheduler.takes(priority, 's') ? priority : '–');
      if (priority === 'partial' && taken.at(-1) === 'partial')
        void scheduler.run(job('p', { priority })).catch(() => undefined);
      for (const slot of all.slice(busySlots)) await slot.finish();
    }
    for (const slot of all) await slot.finish();
    await Promise.all(finals);
    deepEqual(taken, expected);
  }

  it('takes speculation and every partial on a calm machine', () =>
    underLoad(0, 10, ['speculative', 'partial', 'partial', 'partial']));
  it('drops speculation first', () => underLoad(5, 10, ['–', 'partial', 'partial', 'partial']));
  it('spaces the partials of a session when it is busier', () =>
    underLoad(7, 10, ['–', 'partial', '–', 'partial']));
  it('takes no partial when there is hardly room for finals', () =>
    underLoad(10, 11, ['–', '–', '–', '–']));

  it('takes the place of a flood for another session, and decodes the flood to its end later', async () => {
    const clock = new ManualClock();
    const scheduler = new DecodeScheduler(clock);
    const slot = new HandSlot();
    scheduler.addSlot(slot);
    const flood = Array.from({ length: 7 }, (_, i) =>
      scheduler.run(job(`flood${i}`, { sessionId: 'flood', seconds: 20 })),
    );
    for (let i = 0; i < 5; i++) await slot.finish();
    const live = scheduler.run(job('live', { sessionId: 'live' }));
    await turn();
    for (let i = 0; i < 4; i++) await slot.finish();
    const texts = (await Promise.all([...flood, live])).map((r) => r?.text);
    deepEqual(
      { begun: slot.begun.slice(5), aborted: slot.aborted, texts: texts.slice(5) },
      {
        begun: ['flood5', 'live', 'flood5', 'flood6'],
        aborted: 1,
        texts: ['flood5', 'flood6', 'live'],
      },
    );
  });

  it('lets nobody pay for what was long ago', async () => {
    const clock = new ManualClock();
    const scheduler = new DecodeScheduler(clock);
    const slot = new HandSlot();
    scheduler.addSlot(slot);
    const talked = Array.from({ length: 5 }, (_, i) =>
      scheduler.run(job(`talked${i}`, { sessionId: 'talker', seconds: 20 })),
    );
    for (const _ of talked) await slot.finish();
    clock.advance(5 * 60_000);
    const last = [
      job('first', { sessionId: 'x' }),
      job('talker', { sessionId: 'talker' }),
      job('other', { sessionId: 'other' }),
    ].map((request) => {
      clock.advance(1);
      return scheduler.run(request);
    });
    for (const _ of last) await slot.finish();
    await Promise.all([...talked, ...last]);
    deepEqual(slot.begun.slice(5), ['first', 'talker', 'other']);
  });

  it('uses every slot, and asks for more when all are busy', async () => {
    let pressed = 0;
    const scheduler = new DecodeScheduler(new ManualClock(), () => pressed++);
    const slots = [new HandSlot(), new HandSlot()];
    for (const slot of slots) scheduler.addSlot(slot);
    const all = ['a', 'b', 'c'].map((n) => scheduler.run(job(n)));
    deepEqual(
      [slots.map((s) => s.begun), pressed > 0, scheduler.queuedMs],
      [[['a'], ['b']], true, 2000],
    );
    await slots[1]?.finish();
    deepEqual(slots[1]?.begun, ['b', 'c']);
    for (const slot of slots) await slot.finish();
    await Promise.all(all);
    equal(scheduler.queuedMs, 0);
  });

  it('measures how long a phrase waited', async () => {
    const clock = new ManualClock();
    const scheduler = new DecodeScheduler(clock);
    const slot = new HandSlot();
    scheduler.addSlot(slot);
    const all = [scheduler.run(job('a')), scheduler.run(job('b'))];
    clock.advance(700);
    await slot.finish();
    deepEqual(
      [scheduler.health.waitP50Ms, scheduler.health.waitP95Ms, scheduler.health.waitMaxMs],
      [0, 700, 700],
    );
    await slot.finish();
    await Promise.all(all);
  });

  it('refuses a final when too much waits', async () => {
    const scheduler = new DecodeScheduler(new ManualClock(), undefined, {
      maxQueuedMs: 5_000,
      deadlineMs: 1,
      shareStepMs: 1,
    });
    const waiting = [scheduler.run(job('a')), scheduler.run(job('b'))];
    await rejects(scheduler.run(job('c')), (e) => isEarmarkError(e, 'rpc.tooMany'));
    scheduler.rejectAll(new Error('end'));
    await Promise.allSettled(waiting);
  });

  it('cancels what waits, what runs and what was cancelled before', async () => {
    const scheduler = new DecodeScheduler(new ManualClock());
    const slot = new HandSlot();
    scheduler.addSlot(slot);
    const aborts = [new AbortController(), new AbortController(), new AbortController()];
    aborts[2]?.abort();
    const all = aborts.map((a, i) => scheduler.run(job(String(i)), a.signal));
    aborts[1]?.abort();
    aborts[0]?.abort();
    const ends = await Promise.allSettled(all);
    await turn();
    deepEqual(
      ends.map((e) => e.status === 'rejected' && isEarmarkError(e.reason, 'rpc.cancelled')),
      [true, true, true],
    );
    deepEqual([slot.begun, slot.aborted, scheduler.queuedMs, scheduler.idle], [['0'], 1, 0, true]);
  });

  it('hands on what a slot throws and goes on with the next', async () => {
    const scheduler = new DecodeScheduler(new ManualClock());
    let calls = 0;
    scheduler.addSlot({
      transcribe: () =>
        ++calls === 1 ? Promise.reject(new Error('broken')) : Promise.resolve(result('fine')),
    });
    const [first, second] = await Promise.allSettled([
      scheduler.run(job('a')),
      scheduler.run(job('b')),
    ]);
    deepEqual(
      [first.status, second.status === 'fulfilled' && second.value?.text],
      ['rejected', 'fine'],
    );
  });
});
