/** Messages between the daemon and its database thread. */
import type { MeaningStore } from '../../session/contract/meanings';
import type { SessionStore } from '../../session/contract/store';
import type { VoiceStore } from '../../session/contract/voices';
import type { SentError } from '../sentError';
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
  /** `moveTo` writes the database to the path in `args`. */
  readonly name: keyof (SessionStore & VoiceStore & MeaningStore) | 'moveTo';
  readonly args: readonly unknown[];
}

/** Executed in order; the next is sent after the answer. The last call closes the store. */
export interface StoreCalls {
  readonly calls: readonly StoreCall[];
}

export type Answer = { readonly value: unknown } | { readonly error: SentError };

export type StoreOpening = Omit<OpenedStore, 'store'>;

export type FromThread =
  | { readonly opened: StoreOpening }
  | { readonly failed: SentError }
  | { readonly answers: readonly Answer[] };
