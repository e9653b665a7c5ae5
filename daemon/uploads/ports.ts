/** Records of upload copies. Adapters implement the records; spools store the audio. */
import type { Source } from '../audio/frame';
import type { Received } from '../audio/frameChain';

export type RecordedSource = Exclude<Source, 'file'>;

/** Record of an upload copy; deleted once the upload is confirmed. */
export interface UploadRecord {
  readonly id: string;
  /** Name of the remote daemon, and its session. */
  readonly remote: string;
  readonly sessionId: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly sources: readonly { readonly source: RecordedSource; readonly device?: string }[];
  readonly state: 'uploading' | 'pending_verification';
  /** The recording has ended. */
  readonly ended: boolean;
  /** Reason why it is not confirmed, for a person. */
  readonly problem?: string;
}

export interface UploadRecords {
  /** Records, oldest first; unreadable records are left on disk and not listed. */
  list(): readonly UploadRecord[];
  /**
   * Writes a record; it is on disk when the call returns.
   * @throws EarmarkError store.unwritable
   */
  write(record: UploadRecord): void;
  remove(id: string): void;
  /** Bytes of its audio on disk. */
  bytes(id: string): number;
}

export interface SourceReceived extends Received {
  readonly source: RecordedSource;
}
