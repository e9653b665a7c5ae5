// What a search leans to: whole phrases gain, begun ones give back, and nothing else changes.
import { deepEqual, equal } from 'node:assert/strict';
import {
  type NextToken,
  type TokenModel,
  beamSearch,
} from '../../../../daemon/asr/decoding/beamSearch';
import { PhraseBias, TokenizedWords } from '../../../../daemon/asr/decoding/phraseBias';

/** A vocabulary of whole words and one piece that goes on with a word; token 0 ends a text. */
const PIECES = ['</s>', '▁pars', 'e', '▁past', '▁config', '▁the', 'uration', '.', '▁Pars'];
const words = new TokenizedWords({
  vocabById: PIECES,
  encode: (text) => {
    const tokens: number[] = [];
    for (let rest = `▁${text}`; rest !== '';) {
      const id = PIECES.findIndex((piece, i) => i > 0 && rest.startsWith(piece));
      if (id < 0) return tokens;
      tokens.push(id);
      rest = rest.slice(PIECES[id]?.length ?? 1);
    }
    return tokens;
  },
});
const ids = (text: string): number[] => text.split('|').map((piece) => PIECES.indexOf(piece));

/** The bonus of a text, ended or not. */
function check(phrases: readonly string[], text: string, end: boolean, expected: number): void {
  const bias = new PhraseBias(phrases, words);
  let lean = bias.start;
  for (const id of ids(text)) lean = bias.after(lean, id, false);
  equal(end ? bias.after(lean, 0, true).bonus : lean.bonus, expected);
}

/** `▁past` is a little likelier than `▁pars|e`; then `▁config`. */
const misheard: TokenModel<readonly number[]> = {
  endToken: 0,
  first: () => answer([]),
  next: (texts) => Promise.all(texts.map(({ step, token }) => answer([...step, token]))),
};
function answer(text: readonly number[]): Promise<NextToken<readonly number[]>> {
  const likely: Readonly<Record<string, readonly (readonly [string, number])[]>> = {
    '': [
      ['▁past', 0.5],
      ['▁pars', 0.25],
      ['▁the', 0.2],
    ],
    '▁pars': [['e', 0.95]],
    '▁past': [['▁config', 0.6]],
    '▁pars|e': [['▁config', 0.6]],
  };
  const logits = new Float32Array(PIECES.length).fill(Math.log(0.001));
  for (const [piece, p] of likely[text.map((id) => PIECES[id]).join('|')] ?? [['</s>', 0.99]])
    logits[PIECES.indexOf(piece)] = Math.log(p);
  return Promise.resolve({ logits, step: text });
}
const found = async (phrases: readonly string[]): Promise<string> => {
  const bias = phrases.length === 0 ? undefined : new PhraseBias(phrases, words);
  return (await beamSearch(misheard, { width: 2, maxTokens: 9, signal: undefined, bias }))
    .map(({ id }) => PIECES[id])
    .join('|');
};

describe('leaning to phrases', () => {
  it('gives a bonus for each token of a phrase', () => {
    check(['parse config'], '▁pars', false, 0.5);
    check(['parse config'], '▁pars|e|▁config', false, 3.5);
    check(['parse config'], '▁Pars|e|▁config', true, 3.5);
  });
  it('takes it back where the phrase is left', () => {
    check(['parse config'], '▁pars|e|▁the', false, 0);
    check(['parse config'], '▁pars|e', true, 0);
    check(['parse config'], '▁pars|e|▁pars', false, 0.5);
  });
  it('keeps it where the phrase was ended, unless the word went on', () => {
    check(['parse config'], '▁pars|e|▁config|▁the', false, 3.5);
    check(['parse config'], '▁pars|e|▁config|.', true, 3.5);
    check(['parse config'], '▁pars|e|▁config|uration', false, 0);
  });
  it('hears the phrase where it is nearly as likely, and what was said where nothing is leant to', async () => {
    deepEqual(
      [await found([]), await found(['the config']), await found(['parse config'])],
      ['▁past|▁config', '▁past|▁config', '▁pars|e|▁config'],
    );
  });
  it('is bounded', () => {
    const bias = new PhraseBias(
      [...Array.from({ length: 350 }, () => 'the config'), 'parse config'],
      words,
    );
    equal(bias.after(bias.start, PIECES.indexOf('▁pars'), false).bonus, 0);
  });
});
