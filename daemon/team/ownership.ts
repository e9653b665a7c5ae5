/**
 * Which of a team's servers runs a session: one at a time, and whoever was overtaken writes nothing
 * more.
 */
import type { Event } from '../base/emitter';
import type { Source } from '../audio/frame';
import type { SessionStore } from '../session/ports';

export interface Ownership {
  /**
   * This server runs the session from now on; store and spool have what the team has of it.
   * Idempotent.
   * @throws EarmarkError rpc.timeout where a living server runs it, rpc.draining where this one is
   * about to end
   */
  take(sessionId: string): Promise<void>;
  /** Another server may go on with it at once, or does; nothing of it is open here any more. */
  giveUp(sessionId: string): Promise<void>;
  /** Nobody has to finish it any more. */
  over(sessionId: string): void;
  /** Nothing is taken from now on. */
  drain(): void;
  /** Another server goes on with it: `giveUp` follows. */
  readonly onDidLose: Event<string>;
}

/**
 * Where audio that is not final is kept while the stream of audio takes none. Each piece is frames
 * of one source as they go into that stream.
 */
export interface AudioFallbackStore {
  /**
   *
   * @param lastSeq of its last frame @throws EarmarkError store.unwritable, with `overtaken` in its
   * details where another server goes on with the session, or it is done
   */
  putAudio(sessionId: string, source: Source, lastSeq: number, frames: Uint8Array): Promise<void>;
  /** Oldest first. */
  audio(sessionId: string, source: Source): Promise<readonly Uint8Array[]>;
  /** Pieces up to and with this frame may go. */
  releaseAudio(sessionId: string, source: Source, throughSeq: number): Promise<void>;
}

/** A store that several servers write to. */
export interface FencedStore extends SessionStore, AudioFallbackStore {
  /**
   * This server writes from now on; who did so before is refused. @throws EarmarkError
   * store.unwritable
   */
  takeOver(sessionId: string): Promise<void>;
  /** What this server writes of it from now on stands behind nobody's. */
  leave(sessionId: string): void;
}
