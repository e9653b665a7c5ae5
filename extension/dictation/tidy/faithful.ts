/**
 * Decides whether a tidied dictation says the same: only fillers and restarts may be missing, and
 * nothing may be new. Pure.
 */

/** Sounds of hesitation, anywhere. */
const HESITATIONS = new Set('um uh uhm erm er hmm hm mhm ah eh äh ähm euh'.split(' '));
/** Phrases that say nothing, except behind a word of `BINDING`: "what kind of", "do you know". */
const PHRASES = ['you know', 'i mean', 'sort of', 'kind of'].map((phrase) => phrase.split(' '));
const BINDING = new Set(
  (
    'a an and any as because did do does each every how if in no not of one or some than that the these this ' +
    'those to what when which would'
  ).split(' '),
);
/** A repeated number or letter may be meant: "port five five". */
const COUNTED =
  /^(?:\p{N}.*|(?![ai]$)\p{L}|(?:one|two|three|four|five|six|seven|eight|nine|ten|zero|oh|double|eleven|twelve|hundred|thousand)|\p{L}+(?:teen|ty))$/u;
/** Words that say nothing beside a comma, or where a sentence begins. */
const ASIDES = new Set(
  'so well okay ok right like yeah actually basically literally anyway'.split(' '),
);
/** Tokens of a restart: "we should, we should". */
const RESTART_MAX = 12;

/** Forms that say the same. */
const SAME: readonly (readonly [RegExp, string])[] = [
  [/[’‘]/g, "'"],
  [/\bcan'?not\b|\bcan't\b/gi, 'can not'],
  [/\bwon't\b/gi, 'will not'],
  [/\b(\p{L}+)n't\b/giu, '$1 not'],
  [/\blet's\b/gi, 'let us'],
  [/\b(it|that|there|here|what|who|where|he|she)'s\b/gi, '$1 is'],
  [/\b(\p{L}+)'re\b/giu, '$1 are'],
  [/\b(\p{L}+)'ve\b/giu, '$1 have'],
  [/\b(\p{L}+)'ll\b/giu, '$1 will'],
  [/\bi'm\b/gi, 'i am'],
  [/\bgonna\b/gi, 'going to'],
  [/\bwanna\b/gi, 'want to'],
  [/\bgotta\b/gi, 'got to'],
];
const WORD = /[\p{L}\p{N}\p{M}_$]+(?:['.:/\\@#+&*=<>~^|%-]+[\p{L}\p{N}\p{M}_$]+)*/gu;
/** An identifier or a number keeps its letters exactly. */
const EXACT = /\p{Ll}\p{Lu}|[_$./\\@#:=<>]|\p{N}/u;
/** Signs that are no punctuation of prose. */
const SIGNS = /[^\p{L}\p{N}\p{M}\s.,;:!?'"“”„«»…–—()-]/gu;

interface Token {
  /** As compared. */
  readonly word: string;
  /** A comma, a sentence or the text begins before it, or ends behind it. */
  readonly isAside: boolean;
}

/** @returns true if `after` is `before` without fillers and restarts */
export function isFaithful(before: string, after: string): boolean {
  if (signs(before) !== signs(after)) return false;
  const [said, kept] = [tokens(before), tokens(after)];
  if (kept.length === 0) return false;
  const removed: boolean[] = new Array<boolean>(said.length).fill(true);
  let next = kept.length - 1;
  // From the end, so that of a restart the last attempt stays.
  for (let i = said.length - 1; i >= 0 && next >= 0; i--) {
    if (said[i]!.word !== kept[next]!.word) continue;
    removed[i] = false;
    next--;
  }
  return next < 0 && runs(removed).every(([from, to]) => saysNothing(said, from, to));
}

const signs = (text: string): string => (text.match(SIGNS) ?? []).join('');

function tokens(text: string): Token[] {
  const plain = SAME.reduce((out, [from, to]) => out.replace(from, to), text);
  return [...plain.matchAll(WORD)].map((match) => {
    const [word] = match;
    const [left, right] = [plain.slice(0, match.index), plain.slice(match.index + word.length)];
    return {
      word: EXACT.test(word) ? word : word.toLowerCase(),
      isAside: /(?:^|[.,;:!?…–—-])\s*$/.test(left) || /^\s*[,…–—]/.test(right),
    };
  });
}

/** First and behind-last index of each stretch of removed tokens. */
function runs(removed: readonly boolean[]): (readonly [number, number])[] {
  const found: (readonly [number, number])[] = [];
  for (let from = 0; from < removed.length; from++) {
    if (removed[from] !== true) continue;
    let to = from;
    while (removed[to] === true) to++;
    found.push([from, to]);
    from = to;
  }
  return found;
}

function saysNothing(said: readonly Token[], from: number, to: number): boolean {
  const rest = withoutFillers(said.slice(from, to), said[from - 1]?.word);
  if (rest.some((word) => COUNTED.test(word))) return false;
  return rest.length === 0 || isRestart(rest, withoutFillers(said.slice(to, to + 2 * RESTART_MAX)));
}

function withoutFillers(some: readonly Token[], before?: string): string[] {
  const left: string[] = [];
  const isBound = (i: number): boolean => BINDING.has(some[i - 1]?.word ?? before ?? '');
  for (let i = 0; i < some.length; i++) {
    const { word, isAside } = some[i]!;
    const phrase = PHRASES.find((words) => words.every((one, k) => some[i + k]?.word === one));
    if (phrase && (!isBound(i) || some[i + phrase.length - 1]!.isAside)) i += phrase.length - 1;
    else if (!HESITATIONS.has(word) && !(isAside && ASIDES.has(word))) left.push(word);
  }
  return left;
}

/** True if the speaker said these words again, in attempts that each begin like the next. */
function isRestart(words: readonly string[], following: readonly string[]): boolean {
  if (words.length === 0) return true;
  if (words.length > RESTART_MAX) return false;
  for (let length = words.length; length > 0; length--) {
    const later = [...words.slice(length), ...following];
    if (words.slice(0, length).every((word, i) => later[i] === word))
      if (isRestart(words.slice(length), following)) return true;
  }
  return false;
}
