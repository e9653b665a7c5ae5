/**
 * Ownership of a team's sessions: a single server runs each session. A server that lost a session
 * can no longer write to it.
 */
import type { Source } from '../audio/frame';
import type { SessionStore } from '../session/contract/store';

/**
 * Stores audio that is not final while the audio stream is unavailable. Each piece contains frames
 * of a source in the format of the stream.
 */
export interface AudioFallbackStore {
  /**
   * Stores a piece.
   * @param lastSeq its last frame
   * @throws EarmarkError store.unwritable; with `overtaken` in its details if another server owns
   * the session or it is finished
   */
  putAudio(sessionId: string, source: Source, lastSeq: number, frames: Uint8Array): Promise<void>;
  /** Pieces, oldest first. */
  audio(sessionId: string, source: Source): Promise<readonly Uint8Array[]>;
  /** Deletes pieces up to and including this frame. */
  releaseAudio(sessionId: string, source: Source, throughSeq: number): Promise<void>;
}

/** A store shared by several servers. */
export interface FencedStore extends SessionStore, AudioFallbackStore {
  /**
   * Makes this server the writer; writes of the previous server are refused.
   * @throws EarmarkError store.unwritable
   */
  takeOver(sessionId: string): Promise<void>;
  /** Later writes of this server to the session are not fenced. */
  leave(sessionId: string): void;
}
