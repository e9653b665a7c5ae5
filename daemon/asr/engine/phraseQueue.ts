/**
 * The queue between producers of phrases and decoders. In a single process it is the scheduler
 * (decodeScheduler.ts). On a team, its two sides run in different processes (adapters/nats).
 */
import type { DecodePriority } from '../contract/engine';
import type { DecodeEffort } from './decodeEffort';
import type { DecodeRequest, AsrResult } from '../contract/provider';

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
  /** Owner of the session; absent for the local user. */
  readonly owner?: string;
  /** Time until the text is needed, in milliseconds from now. */
  readonly deadlineMs?: number;
  /**
   * True for live speech: it may get less effort so that its text is in time. Audio pushed faster
   * than speech can wait, so it gets full effort.
   */
  readonly live?: boolean;
}

/** State of the queue for `daemon/health`. */
export interface QueueHealth {
  /** Number of waiting finals. */
  readonly waiting: number;
  /** Median time from the end of a phrase to the start of its decode, in milliseconds. */
  readonly waitP50Ms: number;
  readonly waitP95Ms: number;
  readonly waitMaxMs: number;
  /** Share of decoders that are busy with finals and speculation, 0–1. */
  readonly load: number;
  /** Current effort for finals of live sessions. */
  readonly finals: DecodeEffort;
  /** Number of decodes that were refused or yielded since the start. */
  readonly droppedSpeculations: number;
  readonly droppedPartials: number;
}

/**
 * Producer side of the queue. Finals run before speculative decodes, speculative decodes before
 * partials. A session that floods the queue does not block others.
 */
export interface DecodeQueueProducer {
  /**
   * @returns undefined for a speculative decode or partial that was refused or yielded
   * @throws EarmarkError rpc.tooMany if too much audio waits, rpc.cancelled, engine.crashed if the
   * phrase crashes its decoder, and errors of the slot
   */
  run(request: QueuedDecode, signal?: AbortSignal): Promise<AsrResult | undefined>;
  /** True if a partial would be decoded at once. */
  readonly idle: boolean;
  /** Milliseconds of waiting audio. */
  readonly queuedMs: number;
  readonly health: QueueHealth;
  /** Rejects all waiting decodes. */
  rejectAll(error: unknown): void;
}

/** Decoder side of the queue. */
export interface DecodeQueueConsumer {
  addSlot(slot: DecodeSlot): void;
  /** Removes a slot; its running decode continues to the end. */
  removeSlot(slot: DecodeSlot): void;
}
