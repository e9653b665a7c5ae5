/** The queue of a language model: turns of tenants, patience with a busy server, what runs. */
import { deepEqual, rejects } from 'node:assert/strict';
import { ManualClock } from '../../../daemon/base/clock';
import { ModelQueue, type ModelQueueSetup } from '../../../daemon/insights/model/modelQueue';
import { EarmarkError } from '../../../protocol/errors';

const settle = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
};

describe('queue of a language model', () => {
  const clock = new ManualClock();
  let sent: string[];
  let answer: (asked: string) => Promise<string>;
  const never = new AbortController().signal;
  const make = (setup: Partial<ModelQueueSetup> = {}): ModelQueue =>
    new ModelQueue(
      {
        name: 'Model',
        id: 'model',
        complete: ([message]) => {
          sent.push(message?.content ?? '');
          return answer(message?.content ?? '');
        },
      },
      { clock, ...setup },
    );
  const ask = (queue: Pick<ModelQueue, 'complete'>, content: string): Promise<string> =>
    queue.complete([{ role: 'user', content }], {}, never);
  beforeEach(() => {
    sent = [];
    answer = (asked) => Promise.resolve(asked);
  });

  it('lets tenants take turns, however many requests one of them has', async () => {
    const open: (() => void)[] = [];
    answer = (asked) => new Promise((resolve) => open.push(() => resolve(asked)));
    const queue = make({ concurrency: 1 });
    const [ant, bee] = [queue.of('ant'), queue.of('bee')];
    const all = [
      ...[1, 2, 3, 4].map((n) => ask(ant, `ant ${n}`)),
      ...[1, 2].map((n) => ask(bee, `bee ${n}`)),
    ];
    for (let i = 0; i < all.length; i++) {
      await settle();
      open.shift()?.();
    }
    await Promise.all(all);
    deepEqual(sent, ['ant 1', 'bee 1', 'ant 2', 'bee 2', 'ant 3', 'ant 4']);
  });

  it('waits as long as a busy server asks, and does not count that as running', async () => {
    let busy = 2;
    answer = (asked) =>
      busy-- > 0
        ? Promise.reject(new EarmarkError('engine.rateLimited', 'Wait.', { retryAfterMs: 5_000 }))
        : Promise.resolve(asked);
    const queue = make();
    const answered = ask(queue, 'a');
    await settle();
    const { running, waiting } = queue.metrics;
    const other = ask(queue, 'b');
    await settle();
    const early = [...sent];
    for (let i = 0; i < 2; i++) {
      clock.advance(5_000);
      await settle();
    }
    for (let i = 0; i < 2; i++) {
      clock.advance(5_000);
      await settle();
    }
    deepEqual(
      { running, waiting, early, answers: await Promise.all([answered, other]) },
      { running: 0, waiting: 1, early: ['a'], answers: ['a', 'b'] },
    );
    deepEqual([queue.metrics.answered, queue.metrics.failed], [2, 0]);
  });

  it('gives up after some attempts, and at once when the wait is too long', async () => {
    for (const [retryAfterMs, attempts] of [
      [1_000, 4],
      [600_000, 1],
      [undefined, 1],
    ] as const) {
      sent = [];
      answer = () =>
        Promise.reject(
          new EarmarkError(
            'engine.unavailable',
            'Busy.',
            retryAfterMs === undefined ? {} : { retryAfterMs },
          ),
        );
      const refused = rejects(ask(make(), 'a'), { code: 'engine.unavailable' });
      for (let i = 0; i < 6; i++) {
        await settle();
        clock.advance(1_000);
      }
      await refused;
      deepEqual(sent.length, attempts);
    }
  });

  it('does not count a wait for a shared slot as running', async () => {
    let free = false;
    const queue = make({
      place: async () => (free ? { release: async () => undefined } : undefined),
    });
    const answered = ask(queue, 'a');
    await settle();
    const { running, waiting } = queue.metrics;
    free = true;
    clock.advance(250);
    deepEqual(
      { running, waiting, answer: await answered },
      { running: 0, waiting: 1, answer: 'a' },
    );
  });
});
