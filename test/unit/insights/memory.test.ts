/** What an analyzer keeps of a long meeting. */
import { equal, notEqual, ok } from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { segmentsOf, type LabelledMeeting } from '../../../testing/scoring/insightsScore';
import { createAnalyzerFactory } from '../../../daemon/insights/analyzerFactory';
import { SegmentedLru } from '../../../daemon/base/segmentedLru';
import type { Segment } from '../../../daemon/transcript/types';

const MEETINGS = join(__dirname, '..', '..', 'fixtures', 'meetings');
const HOUR_MS = 3600 * 1000;
/** Bytes an hour; measured 1.2 to 1.5 million, 5.7 where every token stays an object. */
const MOST_AN_HOUR = 2.5e6;
/** Segments that are given at once, to be done in seconds. */
const AT_ONCE = 24;

/** Our meetings, one after the other, until two hours are full; no sentence is said twice. */
function twoHours(): Segment[] {
  const meetings = readdirSync(MEETINGS)
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(join(MEETINGS, name), 'utf8')) as LabelledMeeting);
  const segments: Segment[] = [];
  for (let round = 0, offset = 0; offset < 2 * HOUR_MS; round++) {
    for (const meeting of meetings) {
      for (const segment of segmentsOf(meeting, 'named'))
        segments.push({
          ...segment,
          id: `s${segments.length + 1}`,
          startMs: segment.startMs + offset,
          endMs: segment.endMs + offset,
          text: `${segment.text} (${round})`,
        });
      offset = segments.at(-1)?.endMs ?? offset;
    }
  }
  return segments;
}

describe('what a long meeting keeps', () => {
  it('is small: the second hour adds little', function () {
    this.timeout(120_000);
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const segments = twoHours();
    const analyzer = createAnalyzerFactory().create({ startedAt: '2026-11-23T09:30:00+01:00' });
    const heapAfter = (fromMs: number, toMs: number): number => {
      const said = segments.filter(({ startMs }) => startMs >= fromMs && startMs < toMs);
      for (let at = 0; at < said.length; at += AT_ONCE)
        analyzer.update(said.slice(at, at + AT_ONCE));
      collect();
      return process.memoryUsage().heapUsed;
    };
    const first = heapAfter(0, HOUR_MS);
    const added = heapAfter(HOUR_MS, 2 * HOUR_MS) - first;
    ok(added < MOST_AN_HOUR, `${(added / 1e6).toFixed(1)} MB`);
  });

  it('is made again where it was not looked at for long, and only then', () => {
    let made = 0;
    const recent = new SegmentedLru<number, { readonly of: number }>(4, (of) => ({
      of,
      made: made++,
    }));
    const first = recent.get(0);
    for (const key of [1, 2, 3]) recent.get(key);
    equal(recent.get(0), first);
    for (const key of [4, 5, 6, 7]) recent.get(key);
    equal(recent.get(0), first);
    for (let key = 10; key < 20; key++) recent.get(key);
    notEqual(recent.get(0), first);
    equal(made, 19);
  });
});
