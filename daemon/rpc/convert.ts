/** Converts between wire types and daemon types. Only this file knows both. */
import { EarmarkError } from '../../protocol/errors';
import { SAMPLE_RATE } from '../../protocol/audio';
import type { Condition } from '../telemetry/condition';
import type { Clock } from '../base/clock';
import type { DaemonHealthResult } from '../../protocol/health';
import type { EngineHealth as WireEngineHealth, Machine } from '../../protocol/engine';
import type { Insight as WireInsight } from '../../protocol/insights';
import type { ModelInfo, ModelRecommendation } from '../../protocol/models';
import type { ParamsOf } from '../../protocol/method';
import type {
  SessionEvent as WireEvent,
  SessionInfo,
  SessionStart,
  Speaker as WireSpeaker,
} from '../../protocol/session';
import type { Revision as WireRevision, Segment as WireSegment } from '../../protocol/transcript';
import type { Insight } from '../insights/types';
import type { EngineHealth, MachineFacts } from '../asr/contract/enginesApi';
import { defined } from '../base/defined';
import type { ModelView } from '../models/api';
import type { Recommendation } from '../asr/choice/recommend';
import type { SessionView, StartRequest } from '../session/contract/api';
import type { Revision } from '../transcript/revision';
import type { SessionEvent } from '../session/contract/events';
import type { SourceConfig } from '../speech/contract';
import { disfluencies, readableText } from '../transcript/readable';
import type { Segment, Speaker } from '../transcript/types';

export function toSegment(segment: Segment): WireSegment {
  const fillers = disfluencies(segment.text).map(({ start, end }) => ({ start, end }));
  const readable = readableText(segment.text);
  return {
    ...segment,
    ...(segment.words && { words: segment.words.map((w) => ({ ...w })) }),
    ...(readable !== segment.text && { readable }),
    ...(fillers.length > 0 && { fillers }),
  } as WireSegment;
}

export function toInsight(insight: Insight): WireInsight {
  return {
    ...insight,
    evidence: insight.evidence.map((e) => ({ ...e })),
    symbols: insight.symbols.map((s) => ({ ...s })),
  } as WireInsight;
}

export function toSpeaker(speaker: Speaker): WireSpeaker {
  return {
    ...speaker,
    ...(speaker.turns && { turns: speaker.turns.map((turn) => ({ ...turn })) }),
  } as WireSpeaker;
}

function toRevision(revision: Revision): WireRevision {
  const { added, segment, ...rest } = revision;
  return { ...rest, segment: toSegment(segment), ...(added && { added: added.map(toSegment) }) };
}

export function toEvent(event: SessionEvent): WireEvent {
  switch (event.kind) {
    case 'final':
      return { ...event, segment: toSegment(event.segment) };
    case 'speaker':
      return { ...event, speaker: toSpeaker(event.speaker) };
    case 'revision':
      return { ...event, revision: toRevision(event.revision) };
    case 'action':
    case 'decision':
    case 'risk':
    case 'question':
    case 'entity':
    case 'summary':
      return { ...event, insight: toInsight(event.insight) } as WireEvent;
    default:
      return { ...event };
  }
}

export function toSessionInfo(view: SessionView): SessionInfo {
  const { record } = view;
  return {
    id: record.id,
    kind: record.kind,
    title: record.title,
    state: record.state,
    startedAt: record.startedAt,
    durationMs: view.durationMs,
    ...(view.clockMs === undefined ? {} : { clockMs: view.clockMs }),
    sources: record.sources.map((s) => s.source),
    lastSeq: view.lastSeq,
    segments: view.segments,
    ...(record.workspace && { workspace: { ...record.workspace } }),
    language: record.language,
    provider: record.provider,
    model: record.model,
    ...(record.keepAudio ? { keptAudio: true } : {}),
  };
}

export function toModel(view: ModelView): ModelInfo {
  return {
    ...view,
    languages: [...view.languages],
    versions: [...view.versions],
    status: { ...view.status },
  };
}

export function toRecommendation({
  purpose,
  target,
  model,
  speed,
  gains,
}: Recommendation): ModelRecommendation {
  return {
    purpose,
    model: toModel(model),
    device: target.device,
    gains: gains.map((gain) => ({ ...gain })),
    ...(speed ? { speed: { ...speed } } : {}),
  };
}

type Start = ParamsOf<typeof SessionStart>;
type WireSource = Start['sources'][number];

/** @throws EarmarkError audio.unsupportedFormat, rpc.invalidParams */
export function fromStart(params: Start): StartRequest {
  const names = params.sources.map((s) => s.source);
  if (new Set(names).size < names.length)
    throw new EarmarkError(
      'rpc.invalidParams',
      'session/start: "sources" names one source twice; give each its own name.',
      { details: { path: 'sources' } },
    );
  if (params.startedAt !== undefined && Number.isNaN(Date.parse(params.startedAt))) {
    throw new EarmarkError(
      'rpc.invalidParams',
      'session/start: "startedAt" is not a date; use ISO 8601 with offset.',
      { details: { path: 'startedAt' } },
    );
  }
  const { sources, workspace, consent, phrases, ...rest } = params;
  return {
    ...defined(rest),
    ...(phrases && { phrases: () => phrases }),
    sources: sources.map(fromSource),
    ...(workspace && { workspace: defined(workspace) }),
    ...(consent && { consent }),
  };
}

/** @throws EarmarkError audio.unsupportedFormat */
export function fromSource({ source, origin }: WireSource): SourceConfig {
  if (origin.type === 'capture') {
    if (source === 'file')
      throw new EarmarkError(
        'rpc.invalidParams',
        'A source named "file" cannot be recorded; record "mic" or "system".',
        { details: { path: 'sources' } },
      );
    return { source, origin: defined(origin) };
  }
  const { format } = origin;
  if (format) {
    const refuse = (what: string) =>
      new EarmarkError(
        'audio.unsupportedFormat',
        `The source "${source}" ${what}; send 16 kHz mono signed 16-bit little-endian (s16le).`,
      );
    if (format.sampleRate !== SAMPLE_RATE) throw refuse(`has ${format.sampleRate} Hz`);
    if (format.channels !== 1) throw refuse(`has ${format.channels} channels`);
    if (format.encoding !== 's16le')
      throw refuse(`is encoded as "${format.encoding.slice(0, 30)}"`);
  }
  return { source, origin: { type: 'push', ...(origin.verify ? { verify: true } : {}) } };
}

export function toEngine({
  errors,
  rtf,
  queue: _queue,
  proven: _proven,
  ...health
}: EngineHealth): WireEngineHealth {
  return {
    ...health,
    rtf: { ...rtf },
    errors: errors.map(({ code, message, wallMs }) => ({
      code,
      message,
      at: new Date(wallMs).toISOString(),
    })),
  };
}

export function toMachine({
  capabilities: { gpu, battery, ...facts },
  choice,
  calibration,
}: MachineFacts): Machine {
  const { cpu, cores, instructionSets, memoryGb, unknown } = facts;
  return {
    tier: choice.tier,
    why: choice.why,
    targets: choice.targets.map((target) => ({ ...target })),
    cpu,
    cores,
    instructionSets: [...instructionSets],
    memoryGb,
    unknown: [...unknown],
    ...(gpu ? { gpu: { ...gpu } } : {}),
    ...(battery ? { battery: { ...battery } } : {}),
    ...(calibration
      ? {
          calibration: {
            model: calibration.model,
            rtf: calibration.rtf,
            audioMs: calibration.audioMs,
            at: new Date(calibration.atMs).toISOString(),
          },
        }
      : {}),
  };
}

export function toCondition(
  { ready, parts, alerts, metrics, lastErrors }: Condition,
  clock: Pick<Clock, 'now' | 'wall'>,
): Pick<DaemonHealthResult, 'ready' | 'parts' | 'alerts' | 'metrics' | 'lastErrors'> {
  const begunMs = clock.wall() - clock.now();
  return {
    ready,
    parts: parts.map((part) => ({ ...part })),
    alerts: alerts.map(({ id, message, sinceMs }) => ({
      id,
      message,
      at: new Date(begunMs + sinceMs).toISOString(),
    })),
    metrics: { ...metrics },
    lastErrors: lastErrors.map((error) => ({ ...error })),
  };
}
