/**
 * Recordings of the word-error bench with their words and their entities: LibriSpeech, spoken
 * meetings (each source apart) and dictation items beside the repository.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DictationItem } from '../testing/scoring/dictationScore';
import { SHARED, libriUtterances, readAudio } from '../testing/harness/speechPath';
import { alignWords } from '../testing/scoring/wordAlignment';
import { normaliseWords } from '../testing/scoring/wordErrors';

/** Things whose words must all be right to be of use. */
export const ENTITY_KINDS = ['symbols', 'names', 'numbers'] as const;
export type EntityKind = (typeof ENTITY_KINDS)[number];
type Phrases = Readonly<Partial<Record<EntityKind, readonly string[]>>>;

export interface Clip {
  readonly set: string;
  readonly id: string;
  readonly reference: string;
  /** Entities as they are spoken, numbers left out. */
  readonly entities: Phrases;
  read(): Int16Array;
  /** Dictation only. */
  readonly item?: DictationItem;
}

const MEETINGS = ['auth-standup', 'sync-engine-design-review'];
const SOURCES = ['mic', 'system'] as const;
/** "One" is left out: most often it is not a number. */
const NUMBERS: ReadonlySet<string> = new Set(
  (
    'zero two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen ' +
    'sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety ' +
    'hundred thousand million percent'
  ).split(' '),
);

/** @param limit LibriSpeech utterances of each set, meetings and items, at most */
export function readClips(limit = Infinity): Clip[] {
  const libri = libriUtterances();
  return [
    ...[...new Set(libri.map(({ set }) => set))].flatMap((set) =>
      libri
        .filter((one) => one.set === set)
        .slice(0, limit)
        .map(({ id, reference, path }): Clip => ({
          set: `LibriSpeech ${set}`,
          id,
          reference,
          entities: {},
          read: () => readAudio(path),
        })),
    ),
    ...meetingClips().slice(0, limit),
    ...dictationClips().slice(0, limit),
  ];
}

interface Meeting {
  readonly turns: readonly { readonly source: string; readonly text: string }[];
  readonly participants: readonly string[];
  readonly identifiers: readonly { readonly symbol: string }[];
}

function meetingClips(): Clip[] {
  const folder = join(SHARED, 'data', 'meetings');
  return MEETINGS.filter((name) => existsSync(join(folder, `${name}.json`))).flatMap((name) => {
    const meeting = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as Meeting;
    return SOURCES.map((source, channel): Clip => ({
      set: 'meetings',
      id: `${name}-${source}`,
      reference: meeting.turns
        .filter((turn) => turn.source === source)
        .map(({ text }) => text)
        .join(' '),
      entities: {
        symbols: meeting.identifiers.map(({ symbol }) => spoken(symbol)),
        names: meeting.participants,
      },
      read: () => readAudio(join(folder, `${name}.flac`), channel),
    }));
  });
}

function dictationClips(): Clip[] {
  const folder = join(SHARED, 'data', 'dictation');
  if (!existsSync(join(folder, 'items.json'))) return [];
  const { items } = JSON.parse(readFileSync(join(folder, 'items.json'), 'utf8')) as {
    items: DictationItem[];
  };
  return items.map((item) => ({
    set: 'dictation',
    id: item.id,
    reference: item.say,
    entities: { symbols: item.used.map(spoken) },
    read: () => readAudio(join(folder, 'audio', `${item.id}.flac`)),
    item,
  }));
}

/** `retry_with_backoff` → `retry with backoff`, `TokenTTL` → `token ttl`. */
export function spoken(symbol: string): string {
  return symbol
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .replace(/[^A-Za-z\d]+/g, ' ')
    .toLowerCase()
    .trim();
}

export interface EntityCount {
  readonly all: number;
  readonly wrong: number;
}

/** An entity is wrong if one of its words is, or if a word is put into it. */
export function entityErrors(
  reference: string,
  hypothesis: string,
  entities: Phrases,
): Record<EntityKind, EntityCount> {
  const [words, recognised] = [normaliseWords(reference), normaliseWords(hypothesis)];
  const places = new Map<number, number>();
  for (const { reference: at, recognised: other } of alignWords(words, recognised))
    if (at !== undefined && other !== undefined && words[at] === recognised[other])
      places.set(at, other);
  const isRight = ([from, to]: Span): boolean =>
    Array.from({ length: to - from }, (_, i) => places.get(from + i)).every(
      (place, i) => place !== undefined && place === (places.get(from) ?? -1) + i,
    );
  const count = (spans: readonly Span[]): EntityCount => ({
    all: spans.length,
    wrong: spans.filter((span) => !isRight(span)).length,
  });
  const listed = (kind: EntityKind): readonly Span[] =>
    (entities[kind] ?? []).flatMap((phrase) => occurrences(words, normaliseWords(phrase)));
  return {
    symbols: count(listed('symbols')),
    names: count(listed('names')),
    numbers: count(numbersOf(words)),
  };
}

/** Index of the first word, and of the word after the last. */
type Span = readonly [from: number, to: number];

function occurrences(words: readonly string[], phrase: readonly string[]): Span[] {
  if (phrase.length === 0) return [];
  return words.flatMap((_, i): Span[] =>
    phrase.every((word, k) => words[i + k] === word) ? [[i, i + phrase.length]] : [],
  );
}

/** Number words in a row are one number. */
function numbersOf(words: readonly string[]): Span[] {
  const spans: Span[] = [];
  words.forEach((word, i) => {
    if (!NUMBERS.has(word)) return;
    const last = spans.at(-1);
    if (last?.[1] === i) spans[spans.length - 1] = [last[0], i + 1];
    else spans.push([i, i + 1]);
  });
  return spans;
}
