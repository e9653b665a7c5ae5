import { deepEqual, equal } from 'node:assert/strict';
import { ManualClock } from '../../../daemon/base/clock';
import { silentLogger } from '../../../daemon/base/logger';
import type { Analyzer, Insight, InsightChange } from '../../../daemon/insights/types';
import { InsightFeed } from '../../../daemon/session/insights/insightFeed';
import type { SegmentText } from '../../../daemon/transcript/types';

const insight = (id: string): Insight => ({
  id,
  kind: 'action',
  text: id,
  status: 'open',
  confidence: 1,
  evidence: [],
  symbols: [],
});
const settled = () => new Promise((resolve) => setImmediate(resolve));

function feedOf(read: (final: boolean) => Promise<readonly InsightChange[]>) {
  const clock = new ManualClock();
  const emitted: string[] = [];
  let due = true;
  const analyzer: Analyzer = {
    update: () => [{ op: 'add', insight: insight('rules') }],
    finish: () => [],
    revise: () => [],
    insights: [],
    speakerNames: [],
    detector: {
      get due() {
        return due;
      },
      read: (final) => {
        due = false;
        return read(final);
      },
    },
  };
  const feed = new InsightFeed({
    analyzer,
    clock,
    logger: silentLogger,
    everyMs: 1000,
    link: (given) => given,
    modelMs: 1000,
    emit: (events) =>
      events.forEach((event) => emitted.push('insight' in event ? event.insight.id : '')),
    names: () => undefined,
    warn: () => undefined,
  });
  return { feed, clock, emitted };
}

describe('InsightFeed with a turn encoder', () => {
  it('emits the findings of the rules at once and those of the encoder later', async () => {
    const { feed, clock, emitted } = feedOf((final) =>
      Promise.resolve([{ op: 'add', insight: insight(final ? 'final' : 'live') }]),
    );
    feed.add({ id: 's1' } as SegmentText);
    clock.advance(1000);
    deepEqual(emitted, ['rules']);
    await settled();
    deepEqual(emitted, ['rules', 'live']);
    equal(await feed.finish(), true);
    deepEqual(emitted, ['rules', 'live', 'final']);
  });

  it('ends the session without a failure if the encoder fails', async () => {
    const { feed, emitted } = feedOf(() => Promise.reject(new Error('no file')));
    feed.add({ id: 's1' } as SegmentText);
    equal(await feed.finish(), true);
    deepEqual(emitted, ['rules']);
  });
});
