/**
 * What recordings for a daemon elsewhere are kept as. Adapters implement the records; their audio
 * lies in spools.
 */
import type { Source } from '../audio/frame';
import type { Received } from '../audio/frameChain';

export type RecordedSource = Exclude<Source, 'file'>;

/** A confirmed upload has no record any more. */
export interface UploadRecord {
  readonly id: string;
  /** Name of the daemon elsewhere, and the session there. */
  readonly remote: string;
  readonly sessionId: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly sources: readonly { readonly source: RecordedSource; readonly device?: string }[];
  readonly state: 'uploading' | 'pending_verification';
  /** No more is recorded for it. */
  readonly ended: boolean;
  /** Why it is not confirmed, for a person. */
  readonly problem?: string;
}

export interface UploadRecords {
  /** Oldest first; what cannot be read is left where it is and not listed. */
  list(): readonly UploadRecord[];
  /** On disk when it returns. @throws EarmarkError store.unwritable */
  write(record: UploadRecord): void;
  remove(id: string): void;
  /** Bytes of its audio on disk. */
  bytes(id: string): number;
}

export interface SourceReceived extends Received {
  readonly source: RecordedSource;
}
