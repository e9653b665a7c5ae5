/** Exit of a command: code 0, 1 for a failure, 2 for wrong usage; one sentence on stderr. */
import { CommanderError } from 'commander';
import { isEarmarkError } from '../../../protocol/errors';

/** Wrong usage of the command line: exit code 2. */
export class UsageError extends Error {}

/** The error is already printed, or needs no message: exit code 1 without a sentence. */
export class SilentFailure extends Error {}

export interface Ending {
  readonly code: 0 | 1 | 2;
  readonly sentence?: string;
}

export function endingOf(error: unknown): Ending {
  if (error instanceof UsageError) return { code: 2, sentence: error.message };
  if (error instanceof SilentFailure) return { code: 1 };
  // commander has printed its own sentence.
  if (error instanceof CommanderError) return { code: error.exitCode === 0 ? 0 : 2 };
  if (isEarmarkError(error)) return { code: 1, sentence: error.message };
  return {
    code: 1,
    sentence:
      `An unexpected error occurred (${error instanceof Error ? error.message : String(error)}); ` +
      'please report it.',
  };
}

/** Turns commander's `error: unknown option '--x'\n(Did you mean --y?)` into one sentence. */
export function usageSentence(text: string): string {
  const plain = text
    .replace(/^error:\s*/i, '')
    .split('\n')
    .map((line) => line.trim().replace(/\.$/, ''))
    .filter((line) => line !== '')
    .join(' ');
  return `${plain.charAt(0).toUpperCase()}${plain.slice(1)}; see "earmark --help".`;
}
