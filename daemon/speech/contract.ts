/** What the speech path takes and gives: sources, options, progress and passing events. */
import type { Source } from '../audio/frame';
import type { Received } from '../audio/frameChain';

/** The text of a source is final up to and including this frame. */
export interface Progress {
  readonly source: Source;
  readonly finalThrough: number;
  /**
   * Proof of the received audio, up to `finalThrough` at most. Only for sources that are verified.
   */
  readonly received?: Received;
}

export interface SourceConfig {
  readonly source: Source;
  readonly origin:
    | { readonly type: 'capture'; readonly device?: string }
    | {
        readonly type: 'push';
        /** The client requests a receipt of the received audio. */ readonly verify?: boolean;
      };
}

/** Sent once and never stored: the text of an open phrase, and the level of a source. */
export type SpeechEvent =
  | {
      readonly kind: 'partial';
      readonly source: Source;
      readonly phraseId: string;
      readonly startMs: number;
      readonly stable: string;
      readonly unstable: string;
    }
  | {
      readonly kind: 'level';
      readonly source: Source;
      readonly rmsDb: number;
      readonly peakDb: number;
      readonly speech: boolean;
    };

/** What the speech path needs to know of the session whose audio it reads. */
export interface SpokenSession {
  readonly id: string;
  readonly kind: 'meeting' | 'dictation' | 'file';
  readonly sources: readonly SourceConfig[];
  readonly language: string;
  /** Audio arrives at the speed of speech. */
  readonly live: boolean;
  readonly partials: boolean;
  readonly diarize?: boolean;
  readonly ephemeral: boolean;
  readonly keepAudio: boolean;
  /** Network user that owns the session; absent for the local user. */
  readonly owner?: string;
}
