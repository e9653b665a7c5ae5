/** Contract of the spool: audio on disk until its text is final. */
import type { Frame, Source } from './frame';
import type { Disposable } from '../base/disposable';
import type { Event } from '../base/emitter';

/** Frames that were on disk but are no longer readable. */
export interface LostAudio {
  readonly source: Source;
  readonly firstSeq: number;
  readonly lastSeq: number;
}

/** Stores audio on disk until its text is final. Each session has its own spool. */
export interface Spool extends Disposable {
  /** Damage found while the spool was opened. */
  readonly lost: readonly LostAudio[];
  /** True while some frames are only in memory because the disk refuses them. */
  readonly behind: boolean;
  /**
   * Takes frames of one source; they are on disk within 200 ms.
   * @throws EarmarkError store.unwritable; `range` then shows which frames were taken
   */
  append(...frames: readonly Frame[]): void;
  /** Last frame of a source that is on disk; −1 if there is none. */
  durableSeq(source: Source): number;
  readonly onDidSync: Event<{ readonly source: Source; readonly seq: number }>;
  /** Writes all appended frames to disk now. */
  sync(): void;
  /** Frames of a source from `fromSeq` on, in order. */
  read(source: Source, fromSeq: number, limit: number): readonly Frame[];
  /** Frames before `seq` are final; the spool may delete them. */
  release(source: Source, seq: number): void;
  /** First and last unreleased frame of a source. */
  range(source: Source): { readonly firstSeq: number; readonly lastSeq: number } | undefined;
  /** Deletes the spool. */
  remove(): void;
}

export interface SpoolFactory {
  open(sessionId: string): Spool;
  /** Sessions with a spool on disk. */
  list(): readonly string[];
  /**
   * Deletes the spool of a session that no longer exists.
   * @returns number of deleted files
   */
  remove(sessionId: string): number;
}
