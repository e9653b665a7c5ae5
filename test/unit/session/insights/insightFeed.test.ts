/**
 * The language model beside the rules in a session: when it is asked, what becomes of its answers
 * and failures.
 */
import { deepEqual } from 'node:assert/strict';
import type { Analyzer, Insight } from '../../../../daemon/insights/types';
import { ManualClock } from '../../../../daemon/base/clock';
import { silentLogger } from '../../../../daemon/base/logger';
import { InsightFeed } from '../../../../daemon/session/insights/insightFeed';
import type { Segment } from '../../../../daemon/transcript/types';

type Answer = Awaited<ReturnType<NonNullable<Analyzer['model']>['read']>>;

const insight: Insight = {
  id: 'a1',
  kind: 'action',
  text: 'Fix it',
  status: 'open',
  confidence: 0.7,
  evidence: [{ segmentId: 's1', startMs: 0, endMs: 900, quote: "I'll fix it" }],
  symbols: [],
};
const segment: Segment = {
  id: 's1',
  startMs: 0,
  endMs: 900,
  source: 'mic',
  speaker: 'You',
  text: "I'll fix it.",
  confidence: 1,
  revision: 0,
};

function scene(answer: (signal: AbortSignal) => Promise<Answer>) {
  const clock = new ManualClock();
  const asked: boolean[] = [];
  const reported: string[] = [];
  const model = {
    due: true,
    read: (final: boolean, signal: AbortSignal) => {
      asked.push(final);
      return answer(signal);
    },
  };
  const analyzer: Analyzer = {
    update: () => [],
    finish: () => [],
    revise: () => [],
    insights: [],
    speakerNames: [],
    model,
  };
  const feed = new InsightFeed({
    analyzer,
    clock,
    logger: silentLogger,
    everyMs: 2000,
    modelMs: 60_000,
    names: () => undefined,
    link: (one) => one,
    emit: (events) => reported.push(...events.map(({ kind }) => kind)),
    warn: (message) => reported.push(message),
  });
  return { clock, feed, asked, reported, model };
}
const COST = {
  answered: 1,
  usage: { requests: 1, inputTokens: 1, outputTokens: 1, estimated: true },
};
const settle = (): Promise<void> => new Promise((done) => setImmediate(done));

describe('a language model in a session', () => {
  it('is asked while people talk, and about the rest at the end', async () => {
    const { clock, feed, asked, reported, model } = scene(() =>
      Promise.resolve({ ...COST, changes: [{ op: 'add', insight }] }),
    );
    feed.add(segment);
    clock.advance(2000);
    await settle();
    model.due = false;
    feed.add(segment);
    clock.advance(2000);
    await settle();
    deepEqual([await feed.finish(), asked, reported], [true, [false, true], ['action', 'action']]);
  });

  it('is not asked twice at once', async () => {
    const { clock, feed, asked } = scene(() => new Promise(() => undefined));
    for (let i = 0; i < 3; i++) {
      feed.add(segment);
      clock.advance(2000);
      await settle();
    }
    feed.dispose();
    deepEqual(asked, [false]);
  });

  it('fails in sight', async () => {
    const { feed, reported } = scene(() =>
      Promise.resolve({ ...COST, changes: [], failure: 'It is away.' }),
    );
    deepEqual([await feed.finish(), reported], [true, ['It is away.']]);
  });

  it('is given up when it takes too long at the end', async () => {
    const { clock, feed, reported } = scene(
      (signal) =>
        new Promise((done) =>
          signal.addEventListener('abort', () =>
            done({ ...COST, changes: [], failure: 'It took too long.' }),
          ),
        ),
    );
    const finished = feed.finish();
    clock.advance(60_000);
    deepEqual([await finished, reported], [true, ['It took too long.']]);
  });

  it('is not heard any more when the session is gone', async () => {
    const { feed, reported } = scene(
      (signal) =>
        new Promise((done) =>
          signal.addEventListener('abort', () =>
            done({ ...COST, changes: [{ op: 'add', insight }], failure: 'Late.' }),
          ),
        ),
    );
    const finished = feed.finish();
    feed.dispose();
    deepEqual([await finished, reported], [true, []]);
  });
});
