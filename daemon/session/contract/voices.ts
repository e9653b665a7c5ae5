/** Contract of the store of voices. */
import type { Embedding } from '../../diarization/contract';

/** The voice of a named person in a session, stored after consent. */
export interface StoredVoice {
  readonly owner?: string;
  readonly name: string;
  readonly sessionId: string;
  /** Milliseconds since the epoch. */
  readonly keptMs: number;
  /** Duration of its speech, milliseconds. */
  readonly speechMs: number;
  readonly centre: Embedding;
}

/**
 * Stored voices of the sessions on this machine. A purge of a session deletes the voices stored
 * from it.
 */
export interface VoiceStore {
  /** Voices of all owners, oldest first. */
  voices(): Promise<readonly StoredVoice[]>;
  /**
   * Stores a voice for each session and person. Each person keeps the voices of the newest sessions
   * only.
   */
  keepVoice(voice: StoredVoice): Promise<void>;
  /** Deletes the voices of a person without a trace; without `name`, all voices of that owner. */
  forgetVoices(owner: string | undefined, name?: string): Promise<void>;
}
