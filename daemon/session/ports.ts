/** What a session needs from outside: store, spool, speech engine, recorder. Adapters implement these. */
import type { AsrOptions, AsrResult } from '../asr/provider';
import type { Frame, Source } from '../audio/frame';
import type { Disposable } from '../base/disposable';
import type { Event } from '../base/emitter';
import type { Insight } from '../analysis/types';
import type { Segment, Speaker } from '../transcript/types';
import type { SpeechDetectorFactory } from '../vad/contract';
import type { DurableEventBody, SessionRecord } from './events';

/** Sessions and their durable events. A call that returned is on disk (WAL, synchronous=FULL). */
export interface SessionStore {
  createSession(record: SessionRecord): void;
  updateSession(id: string, change: Partial<Pick<SessionRecord, 'state' | 'title' | 'durationMs' | 'model' | 'provider'>>): void;
  /** Appends in one transaction and keeps segments, speakers and insights in step with the events. */
  append(sessionId: string, events: readonly (DurableEventBody & { seq: number; time: number })[]): void;
  readEvents(sessionId: string, afterSeq: number, limit: number): readonly (DurableEventBody & { seq: number; time: number })[];
  getSession(id: string): SessionRecord | undefined;
  listSessions(filter: { limit: number; offset: number; active?: boolean }): readonly SessionRecord[];
  segments(sessionId: string): readonly Segment[];
  speakers(sessionId: string): readonly Speaker[];
  insights(sessionId: string): readonly Insight[];
  deleteSession(id: string): void;
  close(): void;
}

/** Audio that is not final yet, on disk. One spool a session. */
export interface Spool extends Disposable {
  /** Takes the frame; it is on disk at the latest 200 ms later. @throws EarmarkError store.unwritable */
  append(frame: Frame): void;
  /** Last frame of a source that is on disk; −1 when none. */
  durableSeq(source: Source): number;
  readonly onDidSync: Event<{ readonly source: Source; readonly seq: number }>;
  /** Forces what was appended to disk now. */
  sync(): void;
  /** Frames of a source from `fromSeq` on, in order. */
  read(source: Source, fromSeq: number, limit: number): readonly Frame[];
  /** Frames before `seq` are final and may go. */
  release(source: Source, seq: number): void;
  /** Deletes the file. */
  remove(): void;
}

export interface SpoolFactory {
  open(sessionId: string): Spool;
  /** Sessions that left a spool behind. */
  list(): readonly string[];
}

/** Priority of a decode. Finals go before partials. */
export type DecodePriority = 'final' | 'partial';

/** Speech recognition for all sessions: one scheduler in front of the workers. */
export interface SpeechEngine {
  readonly provider: string;
  readonly model: string;
  /** Resolves when ready to decode; concurrent callers share one load. @throws EarmarkError model.missing, model.corrupt, engine.unavailable, … */
  ready(): Promise<void>;
  /** Queues a decode. A partial is refused with `undefined` when the engine is not idle. */
  decode(pcm: Float32Array, options: AsrOptions & { priority: DecodePriority; sessionId: string; deadlineMs?: number }, signal?: AbortSignal): Promise<AsrResult | undefined>;
  /** True when a partial would be taken now. */
  readonly idle: boolean;
  /** Milliseconds of audio that waits. */
  readonly queuedMs: number;
  /** Real-time factor over the last decodes. */
  readonly rtf: number;
  readonly detectors: SpeechDetectorFactory;
  readonly onDidWarn: Event<{ code: 'engine.restarted' | 'vad.fallback' | 'engine.unavailable'; message: string }>;
}

/** A running recorder. */
export interface Recording {
  readonly source: Source;
  readonly device: string;
  readonly recorder: string;
  stop(): Promise<void>;
}

export interface RecordingHandlers {
  /** Raw samples as they come, any length; the session cuts frames. */
  onData(pcm: Int16Array): void;
  /** The recorder ended by itself; it was not asked to. */
  onEnd(error: Error): void;
}

export interface Capture {
  /** @throws EarmarkError audio.noRecorder, audio.deviceNotFound, audio.recorderFailed */
  start(source: 'mic' | 'system', device: string | undefined, handlers: RecordingHandlers): Promise<Recording>;
}
