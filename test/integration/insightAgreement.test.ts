/**
 * Panel, note and store show what the analyzer holds, after any order of changes by the machine and
 * by a person.
 */
import { deepEqual } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { openStore } from '../../daemon/adapters/store/openStore';
import { createAnalyzerFactory } from '../../daemon/insights/analyzerFactory';
import type { Insight, InsightChange } from '../../daemon/insights/types';
import { applyEdits } from '../../daemon/notes/edits';
import { planNote } from '../../daemon/notes/planNote';
import { toEvent } from '../../daemon/rpc/convert';
import { SessionProjection } from '../../daemon/session/events/sessionProjection';
import type {
  DurableEvent,
  DurableEventBody,
  SessionRecord,
} from '../../daemon/session/contract/events';
import { eventsOf } from '../../daemon/session/insights/insightFeed';
import { InsightRevisions } from '../../daemon/session/insights/insightRevisions';
import type { Segment } from '../../daemon/transcript/types';
import { PanelModel } from '../../extension/panel/panelModel';

const STARTED = '2026-11-23T09:30:00+01:00';
const record: SessionRecord = {
  id: 'a',
  kind: 'meeting',
  title: 'Talk',
  state: 'STREAMING',
  startedAt: STARTED,
  createdMs: 1,
  durationMs: 0,
  sources: [],
  language: 'en',
  provider: 'p',
  model: 'm',
  live: true,
  partials: true,
  insights: true,
  ephemeral: false,
  keepAudio: false,
};
const PHRASES = [
  "I'll fix the importer by Friday.",
  'Ben, can you update the schema?',
  'Sure.',
  'Forget that.',
  "Let's go with Redis.",
  'We decided to keep the old format.',
  'Somebody should test the parser.',
  'Make it Monday.',
  'What about the batch size? No idea.',
  'One risk is the migration of the old users.',
  'It is PAY-12.',
];
const SPEAKERS = ['Ana', 'Ben', 'Others'];
const CARDS: ReadonlySet<string> = new Set(['action', 'decision', 'risk', 'question', 'summary']);
const factory = createAnalyzerFactory();

type Step =
  | { readonly do: 'say'; readonly speaker: string; readonly text: string }
  | {
      readonly do: 'edit' | 'hide' | 'rename';
      readonly at: number;
      readonly speaker: string;
      readonly text: string;
    }
  | {
      readonly do: 'revise';
      readonly at: number;
      readonly change: {
        readonly text?: string;
        readonly owner?: string;
        readonly status?: Insight['status'];
      };
    }
  | { readonly do: 'restart' | 'finish' };

const said = { speaker: fc.constantFrom(...SPEAKERS), text: fc.constantFrom(...PHRASES) };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('say' as const), ...said }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('edit' as const, 'hide' as const, 'rename' as const),
      at: fc.nat(30),
      ...said,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('revise' as const),
      at: fc.nat(30),
      change: fc.oneof(
        fc.record({ text: fc.constantFrom('Other words', 'More') }),
        fc.record({ owner: fc.constantFrom('Cem', '') }),
        fc.record({
          status: fc.constantFrom(
            'done' as const,
            'dismissed' as const,
            'cancelled' as const,
            'open' as const,
          ),
        }),
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('restart' as const, 'finish' as const) }),
  },
);

class Scene {
  private readonly folder = mkdtempSync(join(tmpdir(), 'earmark-agree-'));
  private readonly store = openStore({ file: join(this.folder, 'earmark.db') }).store;
  private readonly projection = new SessionProjection();
  private readonly panel = new PanelModel({
    id: 'a',
    kind: 'meeting',
    title: 'Talk',
    state: 'STREAMING',
    startedAt: STARTED,
    durationMs: 0,
    sources: ['mic'],
    lastSeq: 0,
    segments: 0,
    language: 'en',
    provider: 'p',
    model: 'm',
  });
  private analyzer = factory.create({ startedAt: STARTED });
  private readonly revisions = new InsightRevisions(this.projection, () => this.analyzer);
  private note = '';
  private seq = 0;

  constructor() {
    this.store.createSession(record);
  }

  take(one: Step): void {
    const segments = this.projection.transcript.ordered();
    switch (one.do) {
      case 'say': {
        const n = segments.length + 1;
        const segment: Segment = {
          id: `s${n}`,
          startMs: n * 4000,
          endMs: n * 4000 + 3500,
          source: 'mic',
          speaker: one.speaker,
          text: one.text,
          confidence: 1,
          revision: 0,
        };
        this.write([{ kind: 'final', segment }]);
        return this.tell(this.analyzer.update([segment]));
      }
      case 'edit':
      case 'hide':
      case 'rename': {
        const before = segments[one.at % Math.max(1, segments.length)];
        if (!before || before.hidden) return;
        const segment: Segment = {
          ...before,
          revision: before.revision + 1,
          ...(one.do === 'edit'
            ? { text: one.text }
            : one.do === 'hide'
              ? { hidden: true }
              : { speaker: one.speaker }),
        };
        this.write([
          {
            kind: 'revision',
            revision: {
              segmentId: segment.id,
              revision: segment.revision,
              op: one.do === 'rename' ? 'speaker' : one.do,
              by: one.do === 'edit' ? 'person' : 'machine',
              segment,
            },
          },
        ]);
        return this.tell(this.analyzer.update([segment]));
      }
      case 'revise': {
        const insight = this.analyzer.insights[one.at % Math.max(1, this.analyzer.insights.length)];
        if (!insight) return;
        const planned = this.revisions.plan(insight.id, one.change);
        return this.write(typeof planned === 'function' ? planned() : planned);
      }
      case 'restart':
        this.analyzer = factory.create(
          { startedAt: STARTED },
          { segments: this.store.segments('a'), insights: this.store.insights('a') },
        );
        return;
      case 'finish':
        return this.tell(this.analyzer.finish());
    }
  }

  check(): void {
    const byId = (insights: readonly { readonly id: string }[]): unknown =>
      JSON.parse(
        JSON.stringify(
          [...insights]
            .sort((a, b) => a.id.localeCompare(b.id))
            .map((insight) =>
              Object.fromEntries(Object.entries(insight).sort(([a], [b]) => a.localeCompare(b))),
            ),
        ),
      );
    const held = byId(this.analyzer.insights);
    deepEqual(byId([...this.projection.insights.values()]), held);
    deepEqual(byId(this.store.insights('a')), held);
    deepEqual(
      byId(this.panel.view().insights),
      byId(this.analyzer.insights.filter(({ kind }) => CARDS.has(kind))),
    );
    const document = {
      sessionId: 'a',
      title: 'Talk',
      startedAt: STARTED,
      segments: this.projection.transcript.ordered(),
      insights: this.analyzer.insights,
    };
    this.note = applyEdits(this.note, planNote(this.note, document).edits);
    const lines = (text: string): string[] =>
      text
        .split('\n')
        .filter((line) => /^(?:(?: {2})?- |\*\*|# |## )/.test(line))
        .sort();
    deepEqual(lines(this.note), lines(applyEdits('', planNote('', document).edits)));
  }

  close(): void {
    this.store.close();
    rmSync(this.folder, { recursive: true });
  }

  private tell(changes: readonly InsightChange[]): void {
    if (changes.length > 0) this.write(eventsOf(changes));
  }

  private write(bodies: readonly DurableEventBody[]): void {
    const events = bodies.map(
      (body) => ({ ...body, seq: ++this.seq, time: this.seq }) as DurableEvent,
    );
    this.store.append('a', events);
    for (const event of events) {
      this.projection.apply(event);
      this.panel.apply(toEvent(event));
    }
  }
}

describe('insights in panel, note and store', function () {
  this.timeout(30_000);
  it('are those of the analyzer, after any order of changes by the machine and by a person', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 25 }), (steps) => {
        const scene = new Scene();
        try {
          for (const one of steps) {
            scene.take(one);
            scene.check();
          }
        } finally {
          scene.close();
        }
      }),
      { numRuns: 15 },
    );
  });
});
