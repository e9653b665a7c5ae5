/**
 * Spoken commands. Finds the longest command at a word; `commandSense.ts` decides whether it is
 * one, and the writer carries it out.
 */
import {
  DICTATION_COMMANDS,
  type NameStyle,
  type SpokenCommand as Command,
} from '../../protocol/dictationCommands';
import type { SpokenContext } from './commandPlace';
import { senseOf } from './commandSense';

export type { Command, NameStyle };

interface Spoken {
  readonly words: readonly string[];
  readonly command: Command;
}

/** The most frequent commands in spoken form, for the recogniser's phrase boosting. */
export const COMMAND_PHRASES: readonly string[] = [
  'comma',
  'full stop',
  'question mark',
  'exclamation mark',
  'colon',
  'semicolon',
  'open paren',
  'close paren',
  'open brace',
  'close brace',
  'open bracket',
  'close bracket',
  'open quote',
  'close quote',
  'underscore',
  'new line',
  'new paragraph',
  'camel case',
  'pascal case',
  'snake case',
  'constant case',
  'all caps',
  'no caps',
  'scratch that',
  'dot',
];

const BY_FIRST = new Map<string, Spoken[]>();
for (const { say, command } of DICTATION_COMMANDS) {
  for (const phrase of say) {
    const words = phrase.split(' ');
    const first = words[0] as string;
    // "open square bracket" before "open square".
    BY_FIRST.set(
      first,
      [...(BY_FIRST.get(first) ?? []), { words, command }].sort(
        (a, b) => b.words.length - a.words.length,
      ),
    );
  }
}

export interface CommandMatch {
  /**
   * Undefined where the words are not a command; they are then one expression: "a forward slash".
   */
  readonly command?: Command;
  readonly count: number;
}

/** The command at word `at`, or the words of one that are meant literally. */
export function matchCommand(at: number, context: SpokenContext): CommandMatch | undefined {
  for (const { words, command } of spokenAt(at, context.words)) {
    const to = at + words.length;
    // "literal" is a command only in front of one.
    if (command.kind === 'literal' && matchAfterLiteral(to, context) === undefined) continue;
    if (senseOf(command, at, to, context).command) return { command, count: words.length };
    if (words.length > 1) return { count: words.length };
  }
  return undefined;
}

/** In a longer run "literal" is a word: each one would look at all after it. */
const LITERALS_MAX = 8;

/** Number of words that "literal" protects: the command words after it, in any sentence. */
export function matchAfterLiteral(at: number, context: SpokenContext): number | undefined {
  const found = spokenAt(at, context.words).find(({ command }) => command.kind !== 'literal');
  if (found) return found.words.length;
  const run = context.words.slice(at, at + LITERALS_MAX);
  if (run.length === LITERALS_MAX && run.every((word) => word === 'literal')) return undefined;
  return context.words[at] === 'literal' && matchCommand(at + 1, context)?.command ? 1 : undefined;
}

function spokenAt(at: number, words: readonly string[]): readonly Spoken[] {
  return (BY_FIRST.get(words[at] ?? '') ?? []).filter(({ words: said }) =>
    said.every((word, i) => words[at + i] === word),
  );
}

/** `camel case retry count` → retryCount. */
export function styled(words: readonly string[], style: NameStyle): string {
  const lower = words.map((word) => word.toLowerCase().replace(/['’]/g, ''));
  const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
  switch (style) {
    case 'camel':
      return lower.map((word, i) => (i === 0 ? word : capital(word))).join('');
    case 'pascal':
      return lower.map(capital).join('');
    case 'snake':
      return lower.join('_');
    case 'kebab':
      return lower.join('-');
    case 'constant':
      return lower.join('_').toUpperCase();
  }
}
