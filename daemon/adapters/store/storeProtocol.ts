/** What the daemon and the thread of its database say to each other. */
import type { EarmarkError, ErrorCode } from '../../../protocol/errors';
import type { MeaningStore, SessionStore, VoiceStore } from '../../session/ports';
import type { OpenedStore } from './openStore';

/** Given to the thread at its start. */
export interface ThreadSetup {
  readonly file: string;
  readonly key?: Uint8Array;
  readonly busySeconds?: number;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
}

export interface StoreCall {
  readonly name: keyof (SessionStore & VoiceStore & MeaningStore);
  readonly args: readonly unknown[];
}

/** Carried out in order; one is answered before the next is sent. The last one closes the store. */
export interface StoreCalls {
  readonly calls: readonly StoreCall[];
}

/** An error of the catalogue, without what cannot be sent. */
export interface SentError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryAfterMs?: number | undefined;
  readonly details?: EarmarkError['details'];
}

export type Answer = { readonly value: unknown } | { readonly error: SentError };

export type StoreOpening = Omit<OpenedStore, 'store'>;

export type FromThread =
  | { readonly opened: StoreOpening }
  | { readonly failed: SentError }
  | { readonly answers: readonly Answer[] };

export function sent({ code, message, retryAfterMs, details }: EarmarkError): SentError {
  return { code, message, retryAfterMs, details };
}
