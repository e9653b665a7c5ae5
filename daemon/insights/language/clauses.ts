/** Splits text into sentences and clauses, the units of the rules. */
import { FILLERS, NOT_NAMES, OPENERS, SUBJECTS } from '../rules/words';
import type { WordToken } from './nlp';

export interface Clause {
  /** Words without punctuation, fillers and names of address. */
  readonly words: readonly WordToken[];
  /** Index of the first word after openers like "okay, so". */
  readonly core: number;
  /** Conjunction that connects the clause to earlier text: `because`, `if`, `but`, … */
  readonly link: string;
  /** People called by name: "Ben, can you …", "… , Felix?". */
  readonly vocatives: readonly WordToken[];
  readonly question: boolean;
}

export interface Sentence {
  /** Offsets in the text, without spaces at the ends, so the range is a quote. */
  readonly start: number;
  readonly end: number;
  readonly tokens: readonly WordToken[];
  readonly mark: string;
  readonly clauses: readonly Clause[];
}

const ENDS = /^[.?!…]+$/;
const LINKS = new Set([
  'and',
  'but',
  'so',
  'because',
  'then',
  'or',
  'since',
  'if',
  'unless',
  'when',
  'while',
  'although',
  'until',
  'once',
  'otherwise',
  'that',
]);
const SPLITTING = new Set(['and', 'but', 'so', 'because', 'or', 'otherwise', 'then']);

/** True if a token is a known name. */
export type IsName = (token: WordToken) => boolean;

export function splitSentences(
  text: string,
  tokens: readonly WordToken[],
  isName: IsName,
): Sentence[] {
  const sentences: Sentence[] = [];
  let run: WordToken[] = [];
  const close = () => {
    if (run.some((token) => !isPunctuation(token))) sentences.push(toSentence(run.slice(), isName));
    run = [];
  };
  for (const [i, token] of tokens.entries()) {
    run.push(token);
    const after = text[token.end];
    if (
      ENDS.test(token.text) &&
      (after === undefined || /[\s"'”)]/.test(after)) &&
      !ENDS.test(tokens[i + 1]?.text ?? '')
    )
      close();
  }
  close();
  return sentences;
}

function toSentence(tokens: readonly WordToken[], isName: IsName): Sentence {
  const last = tokens[tokens.length - 1];
  const mark = last && ENDS.test(last.text) ? last.text.slice(-1) : '';
  const called = new Set(findVocatives(tokens, isName));
  const pieces = splitClauses(tokens, (token) => called.has(token) || isName(token), called);
  const clauses = pieces.map((piece) => toClause(piece, called, mark));
  // "I'll do it, okay?" only asks for a nod.
  const tag = clauses[clauses.length - 1];
  const isTag =
    clauses.length > 1 && tag !== undefined && tag.words.length <= 2 && tag.vocatives.length === 0;
  return {
    start: tokens[0]?.start ?? 0,
    end: last?.end ?? 0,
    tokens,
    mark: isTag ? '.' : mark,
    clauses: isTag ? clauses.map((clause) => ({ ...clause, question: false })) : clauses,
  };
}

function splitClauses(
  tokens: readonly WordToken[],
  isName: IsName,
  called: ReadonlySet<WordToken>,
): WordToken[][] {
  const pieces: WordToken[][] = [];
  let current: WordToken[] = [];
  tokens.forEach((token, i) => {
    // Openers alone are not a clause: "Sure, I'll do that" is one clause.
    const hasPoint = current.some(
      (word) =>
        !isPunctuation(word) &&
        !OPENERS.has(word.norm) &&
        !FILLERS.has(word.norm) &&
        !called.has(word),
    );
    if (
      hasPoint &&
      (beginsClause(tokens, i, isName) || (called.has(token) && asksYou(tokens, i)))
    ) {
      pieces.push(current);
      current = [];
    }
    current.push(token);
  });
  pieces.push(current);
  return pieces.filter((piece) => piece.some((token) => !isPunctuation(token)));
}

/** A clause begins at a conjunction or after a comma, if a subject and its verb follow. */
function beginsClause(tokens: readonly WordToken[], at: number, isName: IsName): boolean {
  const token = tokens[at];
  const before = tokens[at - 1];
  if (!token || !before) return false;
  const afterComma = /^[,;:–—]$/.test(before.text);
  if (!afterComma && !SPLITTING.has(token.norm)) return false;
  // "and" after a comma begins the clause itself.
  if (SPLITTING.has(before.norm) || (afterComma && SPLITTING.has(tokens[at - 2]?.norm ?? '')))
    return false;
  let subject = at;
  while (
    SPLITTING.has(tokens[subject]?.norm ?? '') ||
    /^[,]$/.test(tokens[subject]?.text ?? '') ||
    FILLERS.has(tokens[subject]?.norm ?? '')
  )
    subject++;
  const who = tokens[subject];
  const verb = tokens[subject + 1];
  if (!who || !verb) return false;
  if (who.norm === 'please' || (who.norm === 'let' && /^(us|me)$/.test(verb.norm))) return true;
  if (
    /^(can|could|would|will|should|shall)$/.test(who.norm) &&
    /^(you|i|we|somebody|someone)$/.test(verb.norm)
  )
    return true;
  if (!SUBJECTS.has(who.norm) && !isName(who)) return false;
  const second = tokens[subject + 2];
  return isVerb(verb) || (verb.pos === 'ADV' && second !== undefined && isVerb(second));
}

function isVerb(token: WordToken): boolean {
  return token.pos === 'VERB' || token.pos === 'AUX';
}

const NOBODY: readonly WordToken[] = [];

function toClause(
  tokens: readonly WordToken[],
  called: ReadonlySet<WordToken>,
  mark: string,
): Clause {
  const vocatives = called.size === 0 ? NOBODY : tokens.filter((token) => called.has(token));
  // A copy has no spare capacity.
  const words = tokens
    .filter((token) => !isPunctuation(token) && !FILLERS.has(token.norm) && !called.has(token))
    .slice();
  let core = 0;
  let link = '';
  while (
    core < words.length - 1 &&
    !isDeterminer(words, core) &&
    (OPENERS.has(words[core]!.norm) || isOpenerPair(words, core))
  )
    core += isOpenerPair(words, core) ? 2 : 1;
  for (const word of words.slice(0, core + 1)) if (LINKS.has(word.norm)) link = word.norm;
  return { words, core, link, vocatives, question: mark === '?' || asks(words, core, mark) };
}

/**
 * Recognisers omit question marks. The word order identifies a question, most reliably if there is
 * no punctuation.
 */
function asks(words: readonly WordToken[], core: number, mark: string): boolean {
  const [first, second] = [words[core]?.norm ?? '', words[core + 1]?.norm ?? ''];
  if (
    /^(?:can|could|should|shall|do|does|did|is|are|will|would)$/.test(first) &&
    /^(?:i|we|you|it|that|there|they|he|she|anyone|anybody|someone|somebody)$/.test(second)
  )
    return mark !== '!';
  if (first === 'who') return mark !== '!' && words.length - core >= 2 && isVerb(words[core + 1]!);
  return (
    mark === '' &&
    /^(?:what|why|how|when|where|which)$/.test(first) &&
    words.length - core >= 2 &&
    (isVerb(words[core + 1]!) || first === 'how')
  );
}

/** "No registry for now", "first draft": the word belongs to the noun after it. */
function isDeterminer(words: readonly WordToken[], at: number): boolean {
  const next = words[at + 1];
  if (next?.norm === 'of') return /^(first|second|third|last)$/.test(words[at]?.norm ?? '');
  const apart = next !== undefined && next.start - (words[at]?.end ?? 0) > 1;
  return (
    /^(no|first|second|third|next|last|right|good|great|nice|perfect|fine)$/.test(
      words[at]?.norm ?? '',
    ) &&
    !apart &&
    (next?.pos === 'NOUN' || next?.pos === 'ADJ') &&
    !OPENERS.has(next.norm) &&
    !/^(point|idea|call|catch|question|job|news)$/.test(next.norm)
  );
}

/**
 * Openers of two words: "all right", "of course", "thank you". OPENERS takes the last word of "by
 * the way".
 */
function isOpenerPair(words: readonly WordToken[], at: number): boolean {
  const pair = `${words[at]?.norm ?? ''} ${words[at + 1]?.norm ?? ''}`;
  return (
    at + 2 < words.length &&
    /^(all right|of course|thank you|no problem|good point|fair enough|by the|one more|you know|i mean|good idea|of all|in the|in that|got it|for now)$/.test(
      pair,
    ) &&
    !/^(in the|in that) (?!meantime|case)/.test(`${pair} ${words[at + 2]?.norm ?? ''}`)
  );
}

/** Names of address between commas or at an end of the sentence. */
function findVocatives(tokens: readonly WordToken[], isName: IsName): WordToken[] {
  const words = tokens.filter((token) => !FILLERS.has(token.norm));
  return words.filter((token, i) => {
    const previous = words[i - 1];
    const next = words[i + 1];
    const openBefore =
      previous === undefined || previous.text === ',' || OPENERS.has(previous.norm);
    const openAfter = next === undefined || next.text === ',' || ENDS.test(next.text);
    if (isName(token)) {
      const wide = previous !== undefined && /^(mr|mrs|ms)\.?$/.test(previous.norm);
      if (wide)
        return (
          (words[i - 2] === undefined ||
            words[i - 2]?.text === ',' ||
            OPENERS.has(words[i - 2]!.norm)) &&
          openAfter
        );
      if (openBefore && openAfter) return true;
      // Without commas: "Ben can you …", "thanks Chris".
      if (asksYou(words, i)) return true;
      return (
        openAfter &&
        previous !== undefined &&
        /^(thanks|you|hi|hey|hello|bye)$/.test(previous.norm) &&
        next?.text !== ','
      );
    }
    if (!couldBeName(token)) return false;
    if (i > 0 && token.pos === 'PROPN' && asksYou(words, i)) return true;
    // An unknown name in a position of address: "Ben, can you …", "can you …, Ben?", "thanks, Ben".
    if (
      openBefore &&
      next?.text === ',' &&
      /^(can|could|would|will|please)$/.test(words[i + 2]?.norm ?? '')
    )
      return true;
    const asked = `${words[i + 2]?.norm ?? ''} ${words[i + 3]?.norm ?? ''}`;
    if (
      openBefore &&
      next?.text === ',' &&
      token.pos === 'PROPN' &&
      /^(?:(?:what|how) about|(?:do|did|are|have|would|you) (?:you|want|take|do))$/.test(asked)
    )
      return true;
    const endsCall = previous?.text === ',' && (next === undefined || ENDS.test(next.text));
    return (
      endsCall &&
      (/^(thanks|you)$/.test(words[i - 2]?.norm ?? '') ||
        words.some(
          ({ norm }, at) => /^(can|could|would|will)$/.test(norm) && words[at + 1]?.norm === 'you',
        ))
    );
  });
}

function asksYou(words: readonly WordToken[], name: number): boolean {
  return (
    /^(can|could|would|will)$/.test(words[name + 1]?.norm ?? '') && words[name + 2]?.norm === 'you'
  );
}

/** A capitalised word that is not a greeting, a weekday or another word of the lists. */
export function couldBeName(token: WordToken): boolean {
  return (
    /^\p{Lu}\p{Ll}+$/u.test(token.text) &&
    !NOT_NAMES.has(token.norm) &&
    !OPENERS.has(token.norm) &&
    token.pos !== 'VERB' &&
    token.pos !== 'PRON' &&
    token.pos !== 'AUX' &&
    token.pos !== 'ADP'
  );
}

function isPunctuation(token: WordToken): boolean {
  return token.pos === 'PUNCT' || /^[^\p{L}\p{N}']+$/u.test(token.text);
}
