/**
 * A meeting of test/fixtures/meetings as the store holds it after the end: its transcript and
 * insights.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '../../daemon/adapters/store/openStore';
import { createAnalyzerFactory } from '../../daemon/insights/analyzerFactory';
import type { DurableEventBody } from '../../daemon/session/contract/events';
import type { Segment } from '../../daemon/transcript/types';

interface Meeting {
  readonly title: string;
  readonly me: string;
  readonly turns: readonly {
    readonly who: string;
    readonly source: 'mic' | 'system';
    readonly start: number;
    readonly end: number;
    readonly text: string;
  }[];
}

/** @param symbols code names; every insight whose text contains one is linked to it */
export function keepMeeting(
  home: string,
  id: string,
  slug: string,
  createdMs: number,
  symbols: readonly { readonly name: string; readonly uri: string }[] = [],
): void {
  const meeting = JSON.parse(
    readFileSync(join(__dirname, '../../test/fixtures/meetings', `${slug}.json`), 'utf8'),
  ) as Meeting;
  const startedAt = new Date(createdMs).toISOString();
  const segments = meeting.turns.map(({ who, source, start, end, text }, i): Segment => ({
    id: `s${i + 1}`,
    startMs: Math.round(start * 1000),
    endMs: Math.round(end * 1000),
    source,
    speaker: who,
    text,
    confidence: 0.9,
    revision: 0,
  }));
  const analyzer = createAnalyzerFactory().create({ startedAt, self: meeting.me });
  for (const segment of segments) analyzer.update([segment]);
  analyzer.finish();
  const { store } = openStore({ file: join(home, 'earmark.db') });
  store.createSession({
    id,
    kind: 'meeting',
    title: meeting.title,
    state: 'IDLE',
    startedAt,
    createdMs,
    durationMs: segments.at(-1)?.endMs ?? 0,
    sources: [
      { source: 'mic', origin: { type: 'push' } },
      { source: 'system', origin: { type: 'push' } },
    ],
    language: 'en',
    provider: 'scripted',
    model: 'script',
    live: true,
    partials: true,
    insights: true,
    ephemeral: false,
    keepAudio: false,
    workspace: { repository: 'shop', branch: 'main' },
  });
  const bodies: DurableEventBody[] = [
    ...segments.map((segment): DurableEventBody => ({ kind: 'final', segment })),
    ...[...new Set(meeting.turns.map(({ who }) => who))].map((name, i): DurableEventBody => ({
      kind: 'speaker',
      speaker: {
        id: `voice-${i + 1}`,
        name,
        source: meeting.turns.find(({ who }) => who === name)?.source ?? 'mic',
      },
    })),
    // A voice that was merged into another.
    { kind: 'speaker', speaker: { id: 'voice-0', name: 'Speaker 9', source: 'system', turns: [] } },
    ...analyzer.insights.map((insight): DurableEventBody => ({
      kind: insight.kind,
      op: 'add',
      insight: {
        ...insight,
        symbols: symbols.filter(({ name }) =>
          insight.text.toLowerCase().includes(name.toLowerCase()),
        ),
      },
    })),
    { kind: 'state', from: 'FINALIZING', to: 'DONE', cause: 'stop.request' },
  ];
  store.append(
    id,
    bodies.map((body, i) => ({ ...body, seq: i + 1, time: i })),
  );
  store.close();
}
