/** The record of a new session. */
import type { StartRequest } from './api';
import type { SessionManagerDeps } from './deps';
import type { SessionRecord } from './events';
import type { SessionState } from '../../../protocol/vocabulary';
import type { SpeechEngine } from '../../asr/contract/engine';

const TITLES: Readonly<Record<SessionRecord['kind'], string>> = {
  meeting: 'Meeting',
  dictation: 'Dictation',
  file: 'Recording',
};

export function newRecord(
  request: StartRequest,
  engine: Pick<SpeechEngine, 'provider' | 'model'>,
  { clock, newId }: Pick<SessionManagerDeps, 'clock' | 'newId'>,
): SessionRecord {
  const createdMs = clock.wall();
  const startedAt = request.startedAt ?? isoWithOffset(createdMs);
  return {
    id: newId(),
    ...(request.key === undefined ? {} : { key: request.key }),
    kind: request.kind,
    title: request.title ?? `${TITLES[request.kind]} ${startedAt.slice(0, 16).replace('T', ' ')}`,
    state: 'IDLE',
    startedAt,
    createdMs,
    durationMs: 0,
    sources: request.sources,
    language: request.language ?? 'en',
    provider: engine.provider,
    model: engine.model,
    ...(request.vocabulary === undefined ? {} : { vocabulary: request.vocabulary }),
    ...(request.translate === undefined ? {} : { translate: request.translate }),
    live: isLive(request),
    partials: request.partials,
    insights: request.insights,
    diarize: request.diarize ?? request.kind === 'meeting',
    ephemeral: request.ephemeral ?? false,
    keepAudio: request.keepAudio ?? false,
    ...(request.workspace ? { workspace: request.workspace } : {}),
    ...(request.owner === undefined ? {} : { owner: request.owner }),
    ...(request.consent ? { consent: request.consent } : {}),
  };
}

/** `2026-11-21T11:38:00+02:00`, in the time zone of this machine. */
export function isoWithOffset(wallMs: number): string {
  const date = new Date(wallMs);
  const offset = -date.getTimezoneOffset();
  const two = (n: number): string => String(Math.trunc(n)).padStart(2, '0');
  const local = new Date(wallMs + offset * 60_000).toISOString().slice(0, 19);
  return `${local}${offset < 0 ? '-' : '+'}${two(Math.abs(offset) / 60)}:${two(Math.abs(offset) % 60)}`;
}

/** True for a session that has begun and not ended. */
export const isOpen = (state: SessionState): boolean =>
  state !== 'IDLE' && state !== 'DONE' && state !== 'FAILED';

/** Audio arrives at the speed of speech; by default true for all kinds except files. */
export function isLive({ live, kind }: Pick<StartRequest, 'live' | 'kind'>): boolean {
  return live ?? kind !== 'file';
}
