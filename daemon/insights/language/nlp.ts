/**
 * Words of a text with part of speech and lemma, from wink-nlp. Its model is plain JavaScript and
 * loads at first use (about 120 ms). This file does no disk or network I/O itself.
 */
import type { ItemToken, WinkMethods } from 'wink-nlp';

/** Universal part-of-speech tags of wink-nlp. */
export interface WordToken {
  /** Original spelling. */
  readonly text: string;
  /** Lower case, contractions spelt out: `I'll` is `i`, `will`. */
  readonly norm: string;
  readonly lemma: string;
  readonly pos: string;
  /** Offsets in the text, UTF-16 units. */
  readonly start: number;
  readonly end: number;
}

export interface Nlp {
  tokens(text: string): readonly WordToken[];
}

const SHORT_FORMS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    "'ll": 'will',
    "n't": 'not',
    "'re": 'are',
    "'ve": 'have',
    "'m": 'am',
    "'d": 'would',
    "'s": 'is',
    ca: 'can',
    wo: 'will',
    sha: 'shall',
    ok: 'okay',
    yep: 'yes',
    yup: 'yes',
    yeah: 'yes',
    yea: 'yes',
    nope: 'no',
    nah: 'no',
  }),
);
/** Spoken forms that contract two words. */
const TWO_WORDS: ReadonlyMap<string, readonly [string, string]> = new Map(
  Object.entries<readonly [string, string]>({
    gonna: ['going', 'to'],
    wanna: ['want', 'to'],
    gotta: ['have', 'to'],
    alright: ['all', 'right'],
    lemme: ['let', 'me'],
    gimme: ['give', 'me'],
  }),
);
/**
 * wink-nlp does not split some contractions (`I'm`) and leaves a full stop on a few words (`in.`).
 */
const CONTRACTION = /^(\p{L}+)('(?:m|re|ve|ll|d|s))$/iu;
const GLUED_STOP = /^(\p{L}+)\.$/u;
const ABBREVIATIONS = new Set([
  'mr',
  'mrs',
  'ms',
  'dr',
  'prof',
  'st',
  'vs',
  'etc',
  'approx',
  'jan',
  'feb',
  'aug',
  'sept',
  'oct',
  'nov',
  'dec',
]);

/** wink-nlp changes its model with every load, and about twenty loads exceed a string's length. */
let loaded: WinkMethods | undefined;

/** The built-in model. All analyzers share one instance. */
export function winkNlp(): Nlp {
  return {
    tokens(text) {
      loaded ??= loadWink();
      return readTokens(loaded, text);
    },
  };
}

function loadWink(): WinkMethods {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded at first use: it costs every start 120 ms otherwise
  const wink = require('wink-nlp') as typeof import('wink-nlp').default;
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- as above
  const model = require('wink-eng-lite-web-model') as Parameters<typeof wink>[0];
  return wink(model, ['pos']);
}

function readTokens(nlp: WinkMethods, text: string): WordToken[] {
  const { its } = nlp;
  // The types do not show that wink-nlp passes the addons to its.lemma itself.
  const lemmaOf = its.lemma as unknown as typeof its.value;
  // wink-nlp recognises only the straight apostrophe.
  const plain = text.replace(/[’ʼ]/g, "'");
  const doc = nlp.readDoc(plain);
  const values: string[] = [];
  const lemmas: string[] = [];
  const tags: string[] = [];
  doc.tokens().each((token: ItemToken) => {
    values.push(token.out(its.value));
    lemmas.push(token.out(lemmaOf));
    tags.push(token.out(its.pos));
  });
  const tokens: WordToken[] = [];
  let at = 0;
  values.forEach((value, i) => {
    const start = plain.indexOf(value, at);
    if (start === -1) return;
    at = start + value.length;
    addToken(tokens, text, value, start, lemmas[i] ?? value.toLowerCase(), tags[i] ?? 'X');
  });
  return tokens;
}

const token = (
  text: string,
  norm: string,
  lemma: string,
  pos: string,
  start: number,
  end: number,
): WordToken => ({ text, norm, lemma, pos, start, end });

function addToken(
  tokens: WordToken[],
  text: string,
  value: string,
  start: number,
  lemma: string,
  pos: string,
): void {
  const push = (length: number, offset: number, as: { lemma: string; pos: string }) => {
    const from = start + offset;
    const surface = text.slice(from, from + length);
    const lower = value.slice(offset, offset + length).toLowerCase();
    const norm =
      lower === "'s" && tokens[tokens.length - 1]?.norm === 'let'
        ? 'us'
        : (SHORT_FORMS.get(lower) ?? lower);
    tokens.push(token(surface, norm, as.lemma, as.pos, from, from + length));
  };
  const two = TWO_WORDS.get(value.toLowerCase());
  const contraction = CONTRACTION.exec(value);
  const glued = GLUED_STOP.exec(value);
  if (two) {
    const half = Math.min(3, value.length - 1);
    tokens.push(
      token(
        text.slice(start, start + half),
        two[0],
        two[0] === 'going' ? 'go' : two[0],
        'VERB',
        start,
        start + half,
      ),
    );
    tokens.push(
      token(
        text.slice(start + half, start + value.length),
        two[1],
        two[1],
        'PART',
        start + half,
        start + value.length,
      ),
    );
  } else if (contraction) {
    const [, word = '', short = ''] = contraction;
    push(word.length, 0, {
      lemma: word.toLowerCase(),
      pos: /^(i|you|he|she|it|we|they|that|this|there|who|what)$/i.test(word) ? 'PRON' : pos,
    });
    push(short.length, word.length, {
      lemma: SHORT_FORMS.get(short.toLowerCase()) ?? short,
      pos: 'AUX',
    });
  } else if (glued && !ABBREVIATIONS.has((glued[1] ?? '').toLowerCase())) {
    const word = glued[1] ?? '';
    push(word.length, 0, { lemma: word.toLowerCase(), pos: word === 'I' ? 'PRON' : 'ADP' });
    push(1, word.length, { lemma: '.', pos: 'PUNCT' });
  } else push(value.length, 0, { lemma: lemma.toLowerCase(), pos });
}
