/** Stores a transcript of another program as an ended meeting. */
import type { Source } from '../../audio/frame';
import type { SessionManagerDeps } from '../contract/deps';
import type { DurableEventBody, SessionRecord } from '../contract/events';
import type { ImportRequest } from '../contract/importing';

/**
 * @returns the id of the new session
 * @throws EarmarkError store.unwritable
 */
export async function importSession(
  { store, clock, newId }: Pick<SessionManagerDeps, 'store' | 'clock' | 'newId'>,
  { title, startedAt, language, segments, insights, owner }: ImportRequest,
): Promise<string> {
  const speakers = new Map<string, Source>();
  for (const { speaker, source } of segments)
    if (!speakers.has(speaker)) speakers.set(speaker, source);
  const record: SessionRecord = {
    id: newId(),
    kind: 'meeting',
    title,
    state: 'IDLE',
    startedAt,
    createdMs: clock.wall(),
    durationMs: 0,
    sources: [...new Set(segments.map(({ source }) => source))].map((source) => ({
      source,
      origin: { type: 'push' },
    })),
    language,
    provider: 'import',
    model: 'transcript',
    live: false,
    partials: false,
    insights: true,
    ephemeral: false,
    keepAudio: false,
    ...(owner === undefined ? {} : { owner }),
  };
  await store.createSession(record);
  const bodies: readonly DurableEventBody[] = [
    ...segments.map((segment): DurableEventBody => ({ kind: 'final', segment })),
    ...[...speakers].map(([name, source], i): DurableEventBody => ({
      kind: 'speaker',
      speaker: { id: `import-${i + 1}`, name, source, named: true },
    })),
    ...insights.map((insight): DurableEventBody => ({ kind: insight.kind, op: 'add', insight })),
    { kind: 'state', from: 'IDLE', to: 'DONE', cause: 'import' },
  ];
  await store.append(
    record.id,
    bodies.map((body, i) => ({ ...body, seq: i + 1, time: 0 })),
  );
  const durationMs = Math.max(...segments.map(({ endMs }) => endMs));
  await store.updateSession(record.id, { durationMs });
  return record.id;
}
