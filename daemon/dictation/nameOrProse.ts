/**
 * Decides whether a stretch of words names a symbol. "Add log level as a parameter" names one, "she
 * asked for a short break" does not. The score is a sum of weighted features of grammar and
 * vocabulary around the stretch: a name has no article and stands where a noun phrase stands.
 */
import { NUMBER_WORDS, numberToWords } from '../transcript/numberWords';
import type { SpokenSymbol } from './symbols';

export interface NameContext {
  /** Words of the phrase, lower case. */
  readonly words: readonly string[];
  readonly from: number;
  readonly to: number;
  /** True where a sentence begins before word i, or the recogniser wrote a pause there. */
  readonly breakBefore: (i: number) => boolean;
  readonly symbol: Pick<SpokenSymbol, 'words' | 'style' | 'technical' | 'rank'>;
  /** Similarity 0–1; 1 where the recogniser wrote the exact words. */
  readonly similarity: number;
  readonly exact: boolean;
  /** Words in the stretch that are not English words. */
  readonly unknownWords: number;
  /** Other symbols of the phrase that are certain. */
  readonly companions: number;
}

const set = (words: string): ReadonlySet<string> => new Set(words.split(' '));

const INDEFINITE = set('a an another some any every no');
const DEFINITE = set('the this that these those my your our his her its their each both');
/** A name may follow these without an article; an ordinary singular noun may not. */
const PREPOSITIONS = set(
  'in of from into with for before after inside under by via using on at between against within through like as than over per',
);
/** Verbs that take names of code as objects. */
const NAMING_VERBS = set(
  'rename call calls called calling import imports use uses using extend extends implement implements override move moves replace delete remove refactor add make mock test inject export exports wrap inline extract deprecate document set pass passes return returns throw throws await invoke construct instantiate change update fix cache log store handle read write fetch get print bump increase decrease run check see create',
);
/** A verb after one of these is a verb. */
const BEFORE_VERBS = set(
  'i we us you they he she it to and or will would can could should shall must might may please let lets not never always also just then do does did dont cant wont who',
);
/** "why does get token await …": two verbs follow one of these, so the first is a name. */
const AUXILIARIES = set('does do did can could should will would must');
/** Words after a name that is the subject. */
const FINITE = set(
  'is was returns return runs takes throws should must fails starts stops needs does has gets calls expects uses holds can cannot will would means matches equals contains lives belongs becomes breaks works doesnt isnt wont accepts extends implements depends handles logs writes reads sends defaults drops blocks leaks crashes loops hangs throws keeps loads parses renders produces triggers skips ignores',
);
/** Nouns after a name that state its kind. */
const KINDS = set(
  'function method class constant variable file field parameter argument test tests type interface component hook module object property enum struct trait service helper instance endpoint table column flag option package import imports callback',
);
const OPENERS = set('dot open paren parens equals plus minus arrow colon');
/** Vocabulary of code. Words with an everyday meaning are left out. */
const DEVELOPER = set(
  'function method class constant variable parameter argument bug test tests string integer boolean null undefined array list comprehension loop field interface module import export rename refactor commit branch merge deploy server client api endpoint query database worker thread cache timeout retry retries exception stack trace unit mock config repository callback async await promise returns return throw throws private public static abstract override login lint build compile scheme url json port regex token flag hook component props prop',
);
/** First words of function names; in a sentence they are verbs. */
const VERBS = set(
  'get set run parse fetch update load save send open close check read write create delete remove add find list make build render format sort filter map reduce use is has can should handle start stop reset clear init validate verify compute calculate convert to from on do apply call connect disconnect enable disable show hide toggle select insert append push pop merge split join copy move rename import export print log test try retry wait sleep notify publish subscribe register plan ship ask explain fix play sign sync set up look clean shut turn back check roll log',
);
/** Words that a name must not swallow: "close the door" is not closeDoor. */
export const FUNCTION_WORDS = set(
  'a an the this that my your our you me him her it them us to of in on at and or not for with is are was be all some any',
);
const PARTICLES = set('up down in out on off over away back');

/**
 * Names up to this rank are near. Each doubling of the rank makes a match by chance more likely.
 */
const NEAR = 40;

/**
 * Weights of the features, in the order of their evaluation below. They were chosen on the items of
 * test/fixtures/dictation; the first five also with 1,250 to 2,000 other names after those of the
 * items (`npm run bench -- dictation`).
 */
const W = {
  farUnlike: 2,
  farTechnical: 0.15,
  farEveryday: 0.15,
  number: 2,
  words: { 1: -1.5, 2: 0.9, 3: 1.6, more: 2 },
  notExact: 4,
  technical: 0.9,
  unknown: 0.5,
  indefinite: -2.2,
  indefinitePascal: 0,
  indefiniteBefore: -1.6,
  definite: -0.3,
  preposition: 0.6,
  prepositionVerb: 1,
  namingVerb: 0.5,
  verbAfterSubject: -1.6,
  verbAtStart: -0.9,
  particle: -1.2,
  finite: 0.3,
  finiteVerb: 1.4,
  kind: 1.2,
  opener: 1,
  developer: 0.4,
  companion: 0.4,
  renamedTo: 2.2,
  questioned: 2.6,
} as const;

/** A stretch is a name from this sum on. */
export const NAME_THRESHOLD = 0.75;

export function nameScore(context: NameContext): number {
  const { words, from, to, symbol } = context;
  const before = context.breakBefore(from) ? '' : (words[from - 1] ?? '');
  const after = to >= words.length || context.breakBefore(to) ? '' : (words[to] ?? '');
  const spoken = symbol.words.filter((word) => word !== 'dot');
  // "parse URL" is not a sentence: people spell names.
  const verb = VERBS.has(spoken[0] ?? '') && spoken.length > 1 && !symbol.technical;
  const pascal =
    symbol.style === 'pascal' || symbol.style === 'constant' || symbol.style === 'file';
  let score =
    spoken.length === 1
      ? W.words[1]
      : spoken.length === 2
        ? W.words[2]
        : spoken.length === 3
          ? W.words[3]
          : W.words.more;
  score -= chance(context, spoken);
  if (!context.exact) score -= W.notExact * (1 - context.similarity);
  if (symbol.technical) score += W.technical;
  score += W.unknown * Math.min(2, context.unknownWords);
  const kind = KINDS.has(after);
  if (kind) score += W.kind;
  // "a short time limit": the article is one word further away.
  if (
    !pascal &&
    !kind &&
    INDEFINITE.has(words[from - 2] ?? '') &&
    before !== '' &&
    !PREPOSITIONS.has(before) &&
    !NAMING_VERBS.has(before)
  )
    score += W.indefiniteBefore;
  if (INDEFINITE.has(before) && !kind) score += pascal ? W.indefinitePascal : W.indefinite;
  if (DEFINITE.has(before) && !kind && !pascal) score += W.definite;
  if (PREPOSITIONS.has(before)) score += verb ? W.prepositionVerb : W.preposition;
  if (NAMING_VERBS.has(before)) score += W.namingVerb;
  if (verb && BEFORE_VERBS.has(before))
    score += renamed(words, from) ? W.renamedTo + W.verbAfterSubject : W.verbAfterSubject;
  if (verb && before === '' && (from === 0 || context.breakBefore(from))) score += W.verbAtStart;
  if (
    spoken.length === 2 &&
    PARTICLES.has(spoken[1] ?? '') &&
    (after === '' || PREPOSITIONS.has(after) || DEFINITE.has(after) || INDEFINITE.has(after))
  )
    score += W.particle;
  if (FINITE.has(after)) score += verb ? W.finiteVerb : W.finite;
  if (verb && AUXILIARIES.has(before) && (VERBS.has(after) || NAMING_VERBS.has(after)))
    score += W.questioned;
  if (OPENERS.has(after)) score += W.opener;
  if (words.some((word, i) => (i < from || i >= to) && DEVELOPER.has(word))) score += W.developer;
  return score + W.companion * Math.min(2, context.companions);
}

/** Scores the probability of a match by chance, which grows with the rank of the name. */
function chance(
  { words, from, to, symbol, exact, similarity, unknownWords }: NameContext,
  spoken: readonly string[],
): number {
  const far = Math.log2(1 + symbol.rank / NEAR);
  if (exact)
    return spoken.length === 1 || spoken.some((word) => FUNCTION_WORDS.has(word))
      ? W.farEveryday * far
      : 0;
  const numbers = new Set(
    spoken.flatMap((word) => (/^\d+$/.test(word) ? numberToWords(word) : [word])),
  );
  const swallowed = words
    .slice(from, to)
    .some((word) => NUMBER_WORDS.has(word) && !numbers.has(word));
  return (
    far *
      (W.farUnlike * (1 - similarity) +
        (symbol.technical && unknownWords === 0 ? W.farTechnical : 0)) +
    (swallowed ? W.number : 0)
  );
}

/** "rename parse config to load settings": the words after `to` are a name. */
function renamed(words: readonly string[], at: number): boolean {
  return (
    words[at - 1] === 'to' &&
    words
      .slice(0, at - 1)
      .some((word) =>
        /^(?:rename[ds]?|change[ds]?|renaming|changing|convert(?:s|ed)?|move[ds]?|switch(?:es|ed)?|from)$/.test(
          word,
        ),
      )
  );
}
