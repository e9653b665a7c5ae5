/**
 * What a session keeps of a segment it keeps once: what reads along is given the transcript's own.
 */
import { deepEqual, equal } from 'node:assert/strict';
import type { AnalyzerFactory } from '../../../../daemon/insights/types';
import { ManualClock } from '../../../../daemon/base/clock';
import { silentLogger } from '../../../../daemon/base/logger';
import { SessionProjection } from '../../../../daemon/session/events/sessionProjection';
import type { EventLog } from '../../../../daemon/session/events/eventLog';
import type { DurableEvent } from '../../../../daemon/session/contract/events';
import { SessionInsights } from '../../../../daemon/session/insights/sessionInsights';
import type { SegmentText, Segment } from '../../../../daemon/transcript/types';

const ANALYSIS_MS = 2000;

function segment(id: string, text: string, revision = 0): Segment {
  const words = text.split(' ').map((word, i) => ({
    text: word,
    startMs: i * 300,
    endMs: i * 300 + 250,
    confidence: 0.9,
    timing: 'model' as const,
  }));
  return {
    id,
    startMs: 0,
    endMs: 900,
    source: 'mic',
    speaker: 'You',
    text,
    confidence: 1,
    words,
    revision,
  };
}

describe('the insights of a session', () => {
  it('are made from the segments that the transcript keeps, as they are by then', () => {
    const clock = new ManualClock();
    const projection = new SessionProjection();
    const given: SegmentText[] = [];
    const analyzers: AnalyzerFactory = {
      create: (_, restore) => {
        given.push(...(restore?.segments ?? []));
        return {
          update: (segments) => (given.push(...segments), []),
          finish: () => [],
          revise: () => [],
          insights: [],
          speakerNames: [],
        };
      },
    };
    const setup = (restore: readonly SegmentText[] | undefined): SessionInsights =>
      new SessionInsights({
        analyzers,
        startedAt: '2026-11-23T09:30:00+01:00',
        options: { analysisMs: ANALYSIS_MS, analysisRetryMs: [], modelMs: 1000 },
        projection,
        log: { append: () => undefined } as unknown as EventLog,
        clock,
        logger: silentLogger,
        restore,
        link: (insight) => insight,
        warn: () => undefined,
      });
    const insights = setup(undefined);
    const events: DurableEvent[] = [
      { kind: 'final', segment: segment('s1', 'We ship on Friday.'), seq: 1, time: 0 },
      {
        kind: 'revision',
        revision: {
          segmentId: 's1',
          revision: 1,
          op: 'edit',
          by: 'person',
          segment: segment('s1', 'We ship on Monday.', 1),
        },
        seq: 2,
        time: 0,
      },
      { kind: 'final', segment: segment('s2', 'Good.'), seq: 3, time: 0 },
    ];
    for (const event of events) {
      projection.apply(event);
      insights.follow(event);
    }
    clock.advance(ANALYSIS_MS);
    insights.dispose();
    deepEqual(
      given.map(({ text }) => text),
      ['We ship on Monday.', 'Good.'],
    );
    for (const one of given) equal(one, projection.transcript.packedOf(one.id));
    given.length = 0;
    setup(projection.transcript.packed()).dispose();
    deepEqual(given, projection.transcript.packed());
    for (const one of given) equal(one, projection.transcript.packedOf(one.id));
  });
});
