/** Reports once that the speech of a source is very quiet. */
import type { Source } from '../audio/frame';

/** Speech that is raised by this much is very quiet: below -46 dBFS. */
const VERY_QUIET_DB = 20;
/** Consecutive quiet phrases before the report, so that one whisper causes none. */
const QUIET_PHRASES = 3;

export class QuietWatch {
  private count = 0;

  /**
   * @param decibels gain at the end of a recognised phrase
   * @returns true once
   */
  phrase(decibels: number): boolean {
    if (this.count >= QUIET_PHRASES) return false;
    this.count = decibels >= VERY_QUIET_DB ? this.count + 1 : 0;
    return this.count === QUIET_PHRASES;
  }
}

export const quietSentence = (source: Source): string =>
  source === 'system'
    ? 'The system audio is very quiet and is raised; turn up its volume.'
    : 'The microphone is very quiet and is raised; turn up its input level or move closer.';
