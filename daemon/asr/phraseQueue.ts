/**
 * The queue between those who have phrases and those who decode them. In one process it is the
 * scheduler (decodeScheduler.ts); over many machines its two sides are in different processes
 * (adapters/nats).
 */
import type { DecodePriority } from '../session/ports';
import type { DecodeEffort } from './decodeEffort';
import type { DecodeRequest, AsrResult } from './provider';

/** Decodes one phrase at a time. */
export interface DecodeSlot {
  transcribe(pcm: Float32Array, options: DecodeRequest, signal: AbortSignal): Promise<AsrResult>;
}

export interface QueuedDecode {
  /** 16 kHz, at most 30 s. */
  readonly pcm: Float32Array;
  readonly options: DecodeRequest;
  readonly priority: DecodePriority;
  readonly sessionId: string;
  /** Owner of the session; absent for the user of this machine. */
  readonly owner?: string;
  /** Milliseconds from now until the text is wanted. */
  readonly deadlineMs?: number;
  /**
   * Spoken now: it may get less effort so that it is not late. What is pushed faster than it was
   * spoken waits by its nature, and gets all.
   */
  readonly live?: boolean;
}

/** For `daemon/health`. */
export interface QueueHealth {
  /** Finals that wait. */
  readonly waiting: number;
  /** Milliseconds from the end of a phrase to the begin of its decode, over the last phrases. */
  readonly waitP50Ms: number;
  readonly waitP95Ms: number;
  readonly waitMaxMs: number;
  /** Share of the decoders that finals and speculation keep busy, 0–1. */
  readonly load: number;
  /** Current effort for finals of live sessions. */
  readonly finals: DecodeEffort;
  /** Decodes that were refused or gave way since the start. */
  readonly droppedSpeculations: number;
  readonly droppedPartials: number;
}

/**
 * The side of those who have phrases. Finals go before speculative decodes, these before partials;
 * nobody who floods takes the decoders from others.
 */
export interface DecodeQueueProducer {
  /**
   * @returns undefined for a speculative decode or a partial that was refused or gave way
   * @throws EarmarkError rpc.tooMany when too much waits, rpc.cancelled, engine.crashed when the
   * phrase breaks whoever decodes it, and what the slot throws
   */
  run(request: QueuedDecode, signal?: AbortSignal): Promise<AsrResult | undefined>;
  /** True when a partial would be decoded at once. */
  readonly idle: boolean;
  /** Milliseconds of audio that waits. */
  readonly queuedMs: number;
  readonly health: QueueHealth;
  /** Ends everything that waits with an error. */
  rejectAll(error: unknown): void;
}

/** The side of those who decode. */
export interface DecodeQueueConsumer {
  addSlot(slot: DecodeSlot): void;
  /** A decode that runs on it goes on to its end. */
  removeSlot(slot: DecodeSlot): void;
}
