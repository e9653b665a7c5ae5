/** Family `session`: the life of a session and its ordered stream of events. */
import { z } from 'zod';
import { AudioFormat, SourceName } from './audio';
import { DegradationLevel } from './engine';
import { ErrorCodes } from './errors';
import { Insight, InsightKind, InsightOp } from './insights';
import { Empty, notification, PlainLine, PlainText, request } from './method';
import { Revision, Segment } from './transcript';
import { SESSION_STATES, WARNING_CODES } from './vocabulary';

export const SessionState = z.enum(SESSION_STATES);
export type SessionState = z.infer<typeof SessionState>;

export const SessionKind = z.enum(['meeting', 'dictation', 'file']);
export type SessionKind = z.infer<typeof SessionKind>;

export const Speaker = z.object({
  id: z.string(),
  name: z.string().describe('Two speakers of one name are one person.'),
  source: SourceName,
  named: z.boolean().optional().describe('True if a person gave the name.'),
  recognised: z
    .object({ name: z.string(), similarity: z.number() })
    .optional()
    .describe(
      'Similarity to a stored voice (0–1). If `name` is the same, the voice named ' +
        'the speaker; otherwise it is a suggestion.',
    ),
  called: z
    .object({ name: z.string(), segmentId: z.string().describe('Segment of the mention.') })
    .optional()
    .describe('Name by which others clearly address this person in the session; a suggestion.'),
  turns: z
    .array(z.object({ startMs: z.number(), endMs: z.number() }))
    .optional()
    .describe(
      'Times of this voice, more exact than segments; only in an ended session with ' +
        'speaker diarization. Empty: the voice belongs to another speaker.',
    ),
});
export type Speaker = z.infer<typeof Speaker>;

export const Workspace = z.object({
  folder: z.string().optional().describe('Name or path of the workspace folder.'),
  repository: z.string().optional(),
  branch: z.string().optional(),
  commit: z.string().optional(),
  webUrl: z.string().optional().describe('Web page of the repository, for permalinks.'),
});
export type Workspace = z.infer<typeof Workspace>;

export const SessionInfo = z.object({
  id: z.string(),
  kind: SessionKind,
  title: z.string(),
  state: SessionState,
  startedAt: z.string().describe('ISO 8601 with offset.'),
  durationMs: z.number(),
  clockMs: z
    .number()
    .optional()
    .describe('Session time now, in milliseconds; absent after the end.'),
  sources: z.array(SourceName),
  lastSeq: z.number().int().min(0).describe('Last durable event; 0 if none.'),
  segments: z.number().int(),
  workspace: Workspace.optional(),
  language: z.string(),
  provider: z.string(),
  model: z.string(),
  people: z.array(z.string()).optional().describe('Named speakers, in `session/list` on request.'),
  keptAudio: z.boolean().optional().describe('True if its audio is stored: `audio/clip` plays it.'),
});
export type SessionInfo = z.infer<typeof SessionInfo>;

const base = { time: z.number().describe('Milliseconds since session start.') };
const durable = {
  ...base,
  seq: z
    .number()
    .int()
    .min(1)
    .describe('Counts from 1 without gaps or repeats, also across a crash.'),
};
const passing = {
  ...base,
  afterSeq: z.number().int().min(0).describe('Last durable number before this event.'),
};

export const WarningCode = z.enum(WARNING_CODES);
export type WarningCode = z.infer<typeof WarningCode>;

const insightEvent = <K extends string>(kind: K) =>
  z.object({ ...durable, kind: z.literal(kind), op: InsightOp, insight: Insight });

export const StateEvent = z.object({
  ...durable,
  kind: z.literal('state'),
  from: SessionState,
  to: SessionState,
  cause: z
    .string()
    .describe('Reason: `start`, `stop.request`, `sigterm`, `idle`, `limit.length`, …'),
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
      'Segment id of the `final` of this phrase. A phrase with an empty partial was ' + 'dropped.',
    ),
  startMs: z.number(),
  stable: z.string().describe('Words that are stable.'),
  unstable: z.string().describe('Words that may change.'),
});
export const LevelEvent = z.object({
  ...passing,
  kind: z.literal('level'),
  source: SourceName,
  rmsDb: z
    .number()
    .describe(
      'Level in dBFS, −100 for silence. Sent when it changes by a decibel or speech ' +
        'starts or ends. At most ten times a second; at least once a second while ' +
        'audio arrives.',
    ),
  peakDb: z.number(),
  speech: z.boolean(),
});
export const HealthEvent = z.object({
  ...passing,
  kind: z.literal('health'),
  provider: z.string().optional(),
  model: z.string().optional().describe('The speech model; it may change during the session.'),
  rtf: z.number().describe('Real-time factor of the last decodes; 0 before the first.'),
  rtfP95: z.number().describe('Real-time factor of the slowest twentieth of them.'),
  rtfP99: z.number(),
  rssBytes: z.number().describe('Resident memory of the decoders.'),
  queueMs: z.number().describe('Audio waiting to be decoded.'),
  dropped: z.number().describe('Lost frames.'),
  rejected: z.number().describe('Phrases refused by the guards.'),
  unwritten: z
    .boolean()
    .optional()
    .describe(
      'True while the disk cannot be written. The session continues in memory; its ' +
        'text appears once it is written.',
    ),
  degradationLevel: DegradationLevel,
});

/** All events of a session, in order. */
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
      device: z.string().optional().describe('Device id; if absent, the default device.'),
    }),
    z.object({
      type: z.literal('push'),
      format: AudioFormat.optional(),
      verify: z
        .boolean()
        .optional()
        .describe('Computes a digest of the received audio, for `audio/verify`.'),
    }),
  ]),
});
export type SourceSpec = z.infer<typeof SourceSpec>;

/** Whisper reads 224 prompt tokens; more words than this never fit. */
export const Vocabulary = z
  .array(PlainLine.min(1).max(60))
  .max(200)
  .describe('Likely words, best first.');
export const Translate = z
  .boolean()
  .describe('Translates the speech to English, if the engine can.');

export const Consent = z.object({
  by: z.string(),
  at: z.string().describe('ISO 8601.'),
  wording: z.string(),
});
export type Consent = z.infer<typeof Consent>;

export const SessionStart = request({
  method: 'session/start',
  doc:
    'Starts a session and attaches the caller from its first event. Answers when ' +
    'the session is STREAMING, or with the error of its failure. The same `key` ' +
    'returns the same session.',
  params: z.object({
    key: z
      .string()
      .max(100)
      .optional()
      .describe('Chosen by the client; makes the call idempotent.'),
    kind: SessionKind,
    title: PlainLine.max(300).optional(),
    sources: z.array(SourceSpec).min(1).max(3),
    language: PlainLine.max(20).optional().describe('BCP 47; if absent, `en`.'),
    provider: z
      .string()
      .max(50)
      .optional()
      .describe('Speech engine; if absent or `auto`, the daemon chooses.'),
    model: z
      .string()
      .max(100)
      .optional()
      .describe('Model of the engine; if absent, the daemon chooses.'),
    device: z
      .enum(['auto', 'cpu', 'gpu'])
      .optional()
      .describe('Device of the model; if absent, the daemon chooses.'),
    vocabulary: Vocabulary.optional(),
    phrases: z
      .array(PlainLine.min(1).max(200))
      .max(1_000)
      .optional()
      .describe(
        'Phrases likelier than in everyday speech, likeliest first, such as spoken ' +
          'names of symbols. The daemon forgets them when it ends.',
      ),
    translate: Translate.optional(),
    live: z
      .boolean()
      .optional()
      .describe(
        'True if audio arrives as it is spoken, so that delay is noticeable. Phrases ' +
          'then end sooner, and their finals precede those of recordings. If absent, ' +
          'true unless the kind is `file`.',
      ),
    partials: z.boolean().describe('Texts of open phrases; live sessions only.'),
    insights: z.boolean().describe('False for dictation.'),
    diarize: z
      .boolean()
      .optional()
      .describe('Distinguishes voices within each source; if absent, on for meetings.'),
    ephemeral: z
      .boolean()
      .optional()
      .describe('True: deleted from the store when it is DONE and the last client has left.'),
    keepAudio: z.boolean().optional(),
    workspace: Workspace.optional(),
    consent: Consent.optional(),
    startedAt: z
      .string()
      .optional()
      .describe('ISO 8601 with offset; if absent, now. Due dates count from it.'),
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
  doc:
    'Stops capture, flushes every phrase and finalises. Answers at once with the ' +
    'state; DONE follows as an event. Idempotent.',
  params: idOnly,
  result: z.object({ state: SessionState }),
  errors: ['session.notFound'],
});
export const SessionPause = request({
  method: 'session/pause',
  doc: 'Stops the recorders and keeps the session. Idempotent.',
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

export const SessionSetModel = request({
  method: 'session/setModel',
  doc:
    'Changes the speech model of a running session. Answers when the model is loaded and ' +
    'decodes the next phrase; on an error the former model stays. Without a name the daemon ' +
    'chooses, as in `session/start`.',
  params: z.object({
    sessionId: z.string(),
    provider: z.string().max(50).optional(),
    model: z.string().max(100).optional(),
  }),
  result: z.object({ session: SessionInfo }),
  errors: [
    'session.notFound',
    'session.wrongState',
    'model.unknown',
    'model.missing',
    'model.corrupt',
    'model.incompatible',
    'engine.unavailable',
    'engine.language',
  ],
});

export const SessionAttach = request({
  method: 'session/attach',
  doc:
    'Replays the durable events after `afterSeq`, then continues live, without ' +
    "gaps or repeats. Attaching again moves the caller's position.",
  params: z.object({ sessionId: z.string(), afterSeq: z.number().int().min(0) }),
  result: z.object({
    session: SessionInfo,
    sources: z.array(
      z.object({
        source: SourceName,
        nextSeq: z
          .number()
          .int()
          .min(0)
          .describe('First frame that the daemon does not have on disk.'),
      }),
    ),
  }),
  errors: ['session.notFound'],
});
export const SessionDetach = request({
  method: 'session/detach',
  doc: 'Ends the events of this session to this client. The session continues.',
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
    active: z.boolean().optional().describe('Only sessions that are not DONE or FAILED.'),
    people: z.boolean().optional().describe('Includes the names of the speakers.'),
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
    fileName: z.string().describe('File name with the extension of its format.'),
  }),
  errors: ['session.notFound'],
});

export const SessionRename = request({
  method: 'session/rename',
  doc: 'Sets the title.',
  params: z.object({ sessionId: z.string(), title: PlainLine.min(1).max(300) }),
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
  doc:
    'Returns transcript parts that contain every word of the query, best match ' +
    'first. With the sentence model installed, also parts with the same meaning. ' +
    'With a kind, returns insights of that kind, newest session first. All given ' +
    'filters must match.',
  params: z.object({
    query: PlainText.max(500).optional().describe('Words; if absent, only the filters decide.'),
    begun: z
      .boolean()
      .optional()
      .describe('Treats the last word as a prefix, for search while typing.'),
    kind: z
      .enum(['transcript', ...InsightKind.options])
      .optional()
      .describe('If absent, `transcript`.'),
    speaker: PlainText.max(200)
      .optional()
      .describe('Name of the speaker, or of the owner of an action.'),
    since: z
      .string()
      .max(40)
      .optional()
      .describe('ISO date or time; sessions that started then or later.'),
    until: z
      .string()
      .max(40)
      .optional()
      .describe(
        'ISO date or time; sessions that started earlier. A date includes its whole ' + 'day.',
      ),
    repository: PlainText.max(300).optional(),
    branch: PlainText.max(300).optional(),
    symbol: PlainText.max(200)
      .optional()
      .describe('A spoken or linked name from the code, or the path of a file that contains it.'),
    limit: z.number().int().min(1).max(1000).optional().describe('If absent, 100.'),
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
  doc:
    'Sends the code that is open in the editor during a session. Spoken names from ' +
    'it become links of insights, and "this function" refers to the code in view.',
  params: z.object({
    sessionId: z.string(),
    symbols: z
      .array(CodeSymbol)
      .max(5_000)
      .optional()
      .describe('Names from the code, nearest first; replaces the earlier list.'),
    focus: CodeSymbol.optional().describe('The symbol or file in front of the user from now on.'),
  }),
  result: Empty,
  errors: ['session.notFound'],
});

export const SessionRecover = request({
  method: 'session/recover',
  doc:
    'Finishes an interrupted session: decodes the remaining audio and completes ' +
    'failed insights. Answers at once; DONE or FAILED follows as an event.',
  params: idOnly,
  result: z.object({
    state: SessionState,
    left: z.boolean().describe('False if the session was complete already.'),
  }),
  errors: ['session.notFound', 'engine.unavailable', 'store.unwritable'],
});

export const SessionPurge = request({
  method: 'session/purge',
  doc:
    'Erases a session from the state folder: store, search index, audio, free ' +
    'pages, write-ahead log, and databases set aside. A running session is stopped ' +
    'first.',
  params: idOnly,
  result: z.object({
    removed: z.object({
      events: z.number().int(),
      segments: z.number().int(),
      insights: z.number().int(),
      audioFiles: z.number().int(),
      setAside: z.number().int().describe('Earlier damaged databases that may have contained it.'),
      unread: z
        .number()
        .int()
        .optional()
        .describe('Earlier databases that nothing could be read from; they are left.'),
    }),
  }),
  errors: ['session.notFound', 'store.unwritable'],
});

export const SessionEventNotification = notification({
  method: 'session/event',
  doc: 'One event of an attached session.',
  params: z.object({ sessionId: z.string(), event: SessionEvent }),
});
