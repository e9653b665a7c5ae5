/** Family `session`: life of a session and its ordered stream of events. */
import { z } from 'zod';
import { AudioFormat, SourceName } from './audio';
import { DegradationLevel } from './engine';
import { ErrorCodes } from './errors';
import { Insight, InsightKind, InsightOp } from './insights';
import { Empty, notification, request } from './method';
import { Revision, Segment } from './transcript';

export const SessionState = z.enum([
  'IDLE',
  'STARTING',
  'STREAMING',
  'PAUSED',
  'STOPPING',
  'FINALIZING',
  'DONE',
  'FAILED',
]);
export type SessionState = z.infer<typeof SessionState>;

export const SessionKind = z.enum(['meeting', 'dictation', 'file']);
export type SessionKind = z.infer<typeof SessionKind>;

export const Speaker = z.object({
  id: z.string(),
  name: z.string().describe('Two speakers of one name are one person.'),
  source: SourceName,
  named: z.boolean().optional().describe('True where a person gave the name.'),
  recognised: z
    .object({ name: z.string(), similarity: z.number() })
    .optional()
    .describe(
      'Whose kept voice it is like (0–1). Where `name` is the same, the speaker was named by it; else it is a suggestion.',
    ),
  called: z
    .object({ name: z.string(), segmentId: z.string().describe('Where it was said.') })
    .optional()
    .describe('What others call this person in the session, where they plainly do; a suggestion.'),
  turns: z
    .array(z.object({ startMs: z.number(), endMs: z.number() }))
    .optional()
    .describe(
      "When it was heard, tighter than segments; only in a session that is over and whose voices were told apart. Empty: it turned out to be another one's voice.",
    ),
});
export type Speaker = z.infer<typeof Speaker>;

export const Workspace = z.object({
  folder: z.string().optional().describe('Name or path of the workspace folder.'),
  repository: z.string().optional(),
  branch: z.string().optional(),
  commit: z.string().optional(),
  webUrl: z.string().optional().describe('Page of the repository on its web host, for permalinks.'),
});
export type Workspace = z.infer<typeof Workspace>;

export const SessionInfo = z.object({
  id: z.string(),
  kind: SessionKind,
  title: z.string(),
  state: SessionState,
  startedAt: z.string().describe('ISO 8601 with offset.'),
  durationMs: z.number(),
  sources: z.array(SourceName),
  lastSeq: z.number().int().min(0).describe('Last durable event; 0 when none.'),
  segments: z.number().int(),
  workspace: Workspace.optional(),
  language: z.string(),
  provider: z.string(),
  model: z.string(),
  people: z
    .array(z.string())
    .optional()
    .describe('Speakers that have a name, in `session/list` where it was asked for.'),
  keptAudio: z
    .boolean()
    .optional()
    .describe('True where its sound was to be kept: `audio/clip` plays it.'),
});
export type SessionInfo = z.infer<typeof SessionInfo>;

const base = { time: z.number().describe('Milliseconds since session start.') };
const durable = {
  ...base,
  seq: z.number().int().min(1).describe('From 1, no gaps, no repeats, also across a crash.'),
};
const passing = {
  ...base,
  afterSeq: z.number().int().min(0).describe('Last durable number before this event.'),
};

export const WarningCode = z.enum([
  'speakers.unknown',
  'source.silent',
  'source.lost',
  'source.gap',
  'queue.overflow',
  'frames.lost',
  'vad.fallback',
  'engine.restarted',
  'engine.unavailable',
  'engine.failover',
  'engine.degraded',
  'store.degraded',
  'note.unwritable',
  'model.loading',
  'language.unsupported',
  'recovered',
  'analysis.failed',
  'analysis.fallback',
  'audio.damaged',
  'audio.overLimit',
  'store.damaged',
]);
export type WarningCode = z.infer<typeof WarningCode>;

const insightEvent = <K extends string>(kind: K) =>
  z.object({ ...durable, kind: z.literal(kind), op: InsightOp, insight: Insight });

export const StateEvent = z.object({
  ...durable,
  kind: z.literal('state'),
  from: SessionState,
  to: SessionState,
  cause: z.string().describe('Why: `start`, `stop.request`, `sigterm`, `idle`, `limit.length`, …'),
});
export const FinalEvent = z.object({ ...durable, kind: z.literal('final'), segment: Segment });
export const RevisionEvent = z.object({
  ...durable,
  kind: z.literal('revision'),
  revision: Revision,
});
export const SpeakerEvent = z.object({ ...durable, kind: z.literal('speaker'), speaker: Speaker });
export const WarningEvent = z.object({
  ...durable,
  kind: z.literal('warning'),
  code: WarningCode,
  message: z.string(),
  source: SourceName.optional(),
});
export const ErrorEvent = z.object({
  ...durable,
  kind: z.literal('error'),
  code: z.enum(ErrorCodes),
  message: z.string(),
});
export const PartialEvent = z.object({
  ...passing,
  kind: z.literal('partial'),
  source: SourceName,
  phraseId: z
    .string()
    .describe(
      'The `final` of this phrase carries it as its segment id; a phrase whose partial has empty text was dropped.',
    ),
  startMs: z.number(),
  stable: z.string().describe('Words that will not change any more.'),
  unstable: z.string().describe('Words that may.'),
});
export const LevelEvent = z.object({
  ...passing,
  kind: z.literal('level'),
  source: SourceName,
  rmsDb: z
    .number()
    .describe(
      'dBFS, −100 for silence. Told as it changes by a decibel or speech begins or ends, at most ten times a second, and once a second at least while sound comes in.',
    ),
  peakDb: z.number(),
  speech: z.boolean(),
});
export const HealthEvent = z.object({
  ...passing,
  kind: z.literal('health'),
  rtf: z.number().describe('Real-time factor of the last decodes; 0 before the first.'),
  rtfP95: z.number().describe('The same, of the slowest twentieth of them.'),
  rtfP99: z.number(),
  rssBytes: z.number().describe('Resident memory of what decodes.'),
  queueMs: z.number().describe('Audio waiting to be decoded.'),
  dropped: z.number().describe('Frames lost.'),
  rejected: z.number().describe('Phrases that the guards refused.'),
  unwritten: z
    .boolean()
    .optional()
    .describe(
      'True while the disk cannot be written: the session goes on in memory, and what is said appears when it is written.',
    ),
  degradationLevel: DegradationLevel,
});

/** Everything that happens in a session, in order. */
export const SessionEvent = z.discriminatedUnion('kind', [
  StateEvent,
  FinalEvent,
  RevisionEvent,
  SpeakerEvent,
  insightEvent('action'),
  insightEvent('decision'),
  insightEvent('risk'),
  insightEvent('question'),
  insightEvent('entity'),
  insightEvent('summary'),
  WarningEvent,
  ErrorEvent,
  PartialEvent,
  LevelEvent,
  HealthEvent,
]);
export type SessionEvent = z.infer<typeof SessionEvent>;
export type DurableEvent = Extract<SessionEvent, { seq: number }>;
export type TransientEvent = Extract<SessionEvent, { afterSeq: number }>;

export const SourceSpec = z.object({
  source: SourceName,
  origin: z.discriminatedUnion('type', [
    z.object({
      type: z.literal('capture'),
      device: z.string().optional().describe('Device id; the default device where absent.'),
    }),
    z.object({
      type: z.literal('push'),
      format: AudioFormat.optional(),
      verify: z
        .boolean()
        .optional()
        .describe('Keeps a digest of what comes in, for `audio/verify`.'),
    }),
  ]),
});
export type SourceSpec = z.infer<typeof SourceSpec>;

/** Whisper reads 224 tokens of a prompt; more words than these never fit. */
export const Vocabulary = z
  .array(z.string().min(1).max(60))
  .max(200)
  .describe('Words that are likely, best first.');
export const Translate = z
  .boolean()
  .describe('Put what is said into English, where the engine can.');

export const Consent = z.object({
  by: z.string(),
  at: z.string().describe('ISO 8601.'),
  wording: z.string(),
});
export type Consent = z.infer<typeof Consent>;

export const SessionStart = request({
  method: 'session/start',
  doc: 'Starts a session and attaches the caller to it from its first event. Answers when the session is STREAMING, or with the error that made it FAILED. The same `key` again answers with the same session.',
  params: z.object({
    key: z
      .string()
      .max(100)
      .optional()
      .describe('Chosen by the client; makes the call idempotent.'),
    kind: SessionKind,
    title: z.string().max(300).optional(),
    sources: z.array(SourceSpec).min(1).max(3),
    language: z.string().max(20).optional().describe('BCP 47; `en` where absent.'),
    provider: z
      .string()
      .max(50)
      .optional()
      .describe('Speech engine; the daemon chooses where it is absent or `auto`.'),
    model: z.string().max(100).optional().describe('Its model; likewise.'),
    device: z.enum(['auto', 'cpu', 'gpu']).optional().describe('Where the model runs; likewise.'),
    vocabulary: Vocabulary.optional(),
    phrases: z
      .array(z.string().min(1).max(200))
      .max(1_000)
      .optional()
      .describe(
        'Phrases that are likelier than in everyday speech, likeliest first, such as names of the code as they are said; the daemon forgets them when it ends.',
      ),
    translate: Translate.optional(),
    live: z
      .boolean()
      .optional()
      .describe(
        'Sound comes as fast as it is spoken, so lateness is felt: phrases end sooner, their finals go before those of recordings. False for what is pushed as fast as it is taken. Where absent, true unless the kind is `file`.',
      ),
    partials: z
      .boolean()
      .describe('Texts of phrases that are still spoken; only a live session has them.'),
    insights: z.boolean().describe('False for dictation.'),
    diarize: z
      .boolean()
      .optional()
      .describe('Tells voices apart within each source; where absent, in meetings.'),
    ephemeral: z
      .boolean()
      .optional()
      .describe('True: removed from the store when it is DONE and the last client left.'),
    keepAudio: z.boolean().optional(),
    workspace: Workspace.optional(),
    consent: Consent.optional(),
    startedAt: z
      .string()
      .optional()
      .describe('ISO 8601 with offset; now where absent. Due dates count from it.'),
  }),
  result: z.object({ session: SessionInfo }),
  errors: [
    'session.tooMany',
    'audio.unsupportedFormat',
    'audio.noRecorder',
    'audio.deviceNotFound',
    'audio.recorderFailed',
    'model.unknown',
    'model.missing',
    'model.corrupt',
    'model.incompatible',
    'engine.unavailable',
    'engine.language',
    'store.unwritable',
    'rpc.draining',
  ],
});

const idOnly = z.object({ sessionId: z.string() });

export const SessionStop = request({
  method: 'session/stop',
  doc: 'Stops capture, flushes every phrase and finalises. Answers at once with the state; DONE comes as an event. Idempotent.',
  params: idOnly,
  result: z.object({ state: SessionState }),
  errors: ['session.notFound'],
});
export const SessionPause = request({
  method: 'session/pause',
  doc: 'Ends the recorders, keeps the session. Idempotent.',
  params: idOnly,
  result: z.object({ state: SessionState }),
  errors: ['session.notFound', 'session.wrongState'],
});
export const SessionResume = request({
  method: 'session/resume',
  doc: 'Records again after a pause. Idempotent.',
  params: idOnly,
  result: z.object({ state: SessionState }),
  errors: ['session.notFound', 'session.wrongState', 'audio.recorderFailed'],
});

export const SessionAttach = request({
  method: 'session/attach',
  doc: "Replays the durable events after `afterSeq`, then goes on live, with no gap and no repeat. Attaching again moves the caller's position.",
  params: z.object({ sessionId: z.string(), afterSeq: z.number().int().min(0) }),
  result: z.object({
    session: SessionInfo,
    sources: z.array(
      z.object({
        source: SourceName,
        nextSeq: z.number().int().min(0).describe('First frame the daemon does not have on disk.'),
      }),
    ),
  }),
  errors: ['session.notFound'],
});
export const SessionDetach = request({
  method: 'session/detach',
  doc: 'No more events of this session to this client. The session goes on.',
  params: idOnly,
  result: Empty,
  errors: ['session.notFound'],
});

export const SessionList = request({
  method: 'session/list',
  doc: 'Sessions, newest first.',
  params: z.object({
    limit: z.number().int().min(1).max(1000).optional(),
    offset: z.number().int().min(0).optional(),
    active: z.boolean().optional().describe('Only those not DONE or FAILED.'),
    people: z.boolean().optional().describe('With the names of who spoke.'),
  }),
  result: z.object({ sessions: z.array(SessionInfo) }),
});

export const SessionGet = request({
  method: 'session/get',
  doc: 'A whole session: transcript and insights as they are now.',
  params: idOnly,
  result: z.object({
    session: SessionInfo,
    segments: z.array(Segment),
    speakers: z.array(Speaker),
    insights: z.array(Insight),
    stats: z.record(z.string(), z.number()),
  }),
  errors: ['session.notFound'],
});

export const ExportFormat = z.enum(['md', 'json', 'srt', 'vtt', 'text']);
export type ExportFormat = z.infer<typeof ExportFormat>;

export const SessionExport = request({
  method: 'session/export',
  doc: 'A session as a file: Markdown, JSON, SRT, WebVTT or plain text, as `earmark sessions export` writes it.',
  params: z.object({ sessionId: z.string(), format: ExportFormat }),
  result: z.object({
    text: z.string(),
    fileName: z.string().describe('A name for it, with the ending of its kind.'),
  }),
  errors: ['session.notFound'],
});

export const SessionRename = request({
  method: 'session/rename',
  doc: 'Sets the title.',
  params: z.object({ sessionId: z.string(), title: z.string().min(1).max(300) }),
  result: Empty,
  errors: ['session.notFound'],
});
export const SessionDelete = request({
  method: 'session/delete',
  doc: 'Removes the session, its transcript, insights and audio. A running session is stopped first.',
  params: idOnly,
  result: Empty,
  errors: ['session.notFound'],
});

export const SessionSearch = request({
  method: 'session/search',
  doc: 'Parts of transcripts in which every word of the query occurs, and, where the sentence model is installed, those that say the same in other words, best first; or insights of a kind, newest session first. Every filter that is given must hold.',
  params: z.object({
    query: z.string().max(500).optional().describe('Words; without them the filters alone decide.'),
    begun: z
      .boolean()
      .optional()
      .describe('The last word may be the beginning of one, as while somebody types.'),
    kind: z
      .enum(['transcript', ...InsightKind.options])
      .optional()
      .describe('`transcript` where absent.'),
    speaker: z.string().max(200).optional().describe('Who said it, or whose action it is.'),
    since: z
      .string()
      .max(40)
      .optional()
      .describe('ISO date or time; sessions that began then or later.'),
    until: z
      .string()
      .max(40)
      .optional()
      .describe('ISO date or time; sessions that began before it. A date counts to its end.'),
    repository: z.string().max(300).optional(),
    branch: z.string().max(300).optional(),
    symbol: z
      .string()
      .max(200)
      .optional()
      .describe(
        'A name of the code that an insight links, or that was said; or the path of a file that such a name stands in.',
      ),
    limit: z.number().int().min(1).max(1000).optional().describe('100 where absent.'),
  }),
  result: z.object({
    hits: z.array(
      z.object({
        sessionId: z.string(),
        title: z.string(),
        startedAt: z.string(),
        segment: Segment.optional(),
        insight: Insight.optional(),
      }),
    ),
  }),
  errors: ['rpc.invalidParams'],
});

const CodeSymbol = z.object({
  name: z.string().min(1).max(200),
  uri: z.string().max(1000).optional().describe('Path from the workspace folder, with slashes.'),
  line: z.number().int().min(1).optional(),
});

export const SessionContext = request({
  method: 'session/context',
  doc: 'What the editor has open while people talk: spoken names of the code become links of insights, and "this function" names what was looked at.',
  params: z.object({
    sessionId: z.string(),
    symbols: z
      .array(CodeSymbol)
      .max(5_000)
      .optional()
      .describe('Names of the code, the nearest first; replaces what was told before.'),
    focus: CodeSymbol.optional().describe('The symbol or file in front of the user from now on.'),
  }),
  result: Empty,
  errors: ['session.notFound'],
});

export const SessionRecover = request({
  method: 'session/recover',
  doc: 'Finishes what an earlier end left of a session: sound that is not text yet, insights that failed. Answers at once; DONE or FAILED comes as an event.',
  params: idOnly,
  result: z.object({
    state: SessionState,
    left: z.boolean().describe('False where nothing was left to do.'),
  }),
  errors: ['session.notFound', 'engine.unavailable', 'store.unwritable'],
});

export const SessionPurge = request({
  method: 'session/purge',
  doc: 'Removes every trace of a session from the state folder: store, search index, sound, free pages and write-ahead log, and databases that were set aside. A running session is stopped first.',
  params: idOnly,
  result: z.object({
    removed: z.object({
      events: z.number().int(),
      segments: z.number().int(),
      insights: z.number().int(),
      audioFiles: z.number().int(),
      setAside: z.number().int().describe('Damaged databases of earlier that might have held it.'),
    }),
  }),
  errors: ['session.notFound', 'store.unwritable'],
});

export const SessionEventNotification = notification({
  method: 'session/event',
  doc: 'One event of an attached session.',
  params: z.object({ sessionId: z.string(), event: SessionEvent }),
});
