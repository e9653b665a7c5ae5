/**
 * Pronounces words that no dictionary has by the rules of English spelling. The result is good
 * enough to compare sounds, not to speak.
 */
import { type Phonemes, toPhonemes } from './phonemes';

/**
 * Longest spelling first where two begin alike. `$` in `after` is the end of the word, `^` in
 * `before` its start.
 */
interface Rule {
  readonly spelling: string;
  readonly phonemes: string;
  readonly before?: RegExp;
  readonly after?: RegExp;
}

const rule = (spelling: string, phonemes: string, after?: RegExp, before?: RegExp): Rule => ({
  spelling,
  phonemes,
  ...(after ? { after } : {}),
  ...(before ? { before } : {}),
});

const FRONT = /^[eiy]/;
const END = /^$/;
const START = /^$/;
/** One consonant and a silent e: the vowel before says its name. */
const MAGIC_E = /^[bcdfgklmnpstvz]e(?:[sd]?$)/;

const RULES: readonly Rule[] = [
  rule('tion', 'SH AH N'),
  rule('sion', 'ZH AH N'),
  rule('cious', 'SH AH S'),
  rule('tious', 'SH AH S'),
  rule('eigh', 'EY'),
  rule('ough', 'AO'),
  rule('augh', 'AO'),
  rule('igh', 'AY'),
  rule('tch', 'CH'),
  rule('dge', 'JH'),
  rule('sch', 'S K'),
  rule('que', 'K', END),
  rule('eau', 'OW'),
  rule('ture', 'CH AH R', END),
  rule('sure', 'ZH AH R', END),
  rule('ble', 'B AH L', END),
  rule('tle', 'T AH L', END),
  rule('ple', 'P AH L', END),
  rule('cle', 'K AH L', END),
  rule('gle', 'G AH L', END),
  rule('dle', 'D AH L', END),
  rule('ch', 'CH'),
  rule('sh', 'SH'),
  rule('th', 'TH'),
  rule('ph', 'F'),
  rule('wh', 'W'),
  rule('gh', 'G', undefined, START),
  rule('gh', ''),
  rule('kn', 'N', undefined, START),
  rule('wr', 'R', undefined, START),
  rule('ps', 'S', undefined, START),
  rule('qu', 'K W'),
  rule('ck', 'K'),
  rule('ng', 'NG', END),
  rule('nk', 'NG K'),
  rule('mb', 'M', END),
  rule('ss', 'S'),
  rule('ll', 'L'),
  rule('tt', 'T'),
  rule('pp', 'P'),
  rule('bb', 'B'),
  rule('dd', 'D'),
  rule('gg', 'G'),
  rule('ff', 'F'),
  rule('mm', 'M'),
  rule('nn', 'N'),
  rule('rr', 'R'),
  rule('zz', 'Z'),
  rule('cc', 'K S', FRONT),
  rule('cc', 'K'),
  rule('sc', 'S', FRONT),
  rule('ai', 'EY'),
  rule('ay', 'EY'),
  rule('au', 'AO'),
  rule('aw', 'AO'),
  rule('ee', 'IY'),
  rule('ea', 'IY'),
  rule('ei', 'EY'),
  rule('ey', 'IY'),
  rule('eu', 'UW'),
  rule('ew', 'UW'),
  rule('ie', 'IY'),
  rule('oa', 'OW'),
  rule('oi', 'OY'),
  rule('oy', 'OY'),
  rule('oo', 'UW'),
  rule('ou', 'AW'),
  rule('ow', 'OW', END),
  rule('ow', 'AW'),
  rule('ue', 'UW', END),
  rule('ui', 'UW'),
  rule('ia', 'IY AH'),
  rule('io', 'IY OW'),
  rule('ar', 'AA R'),
  rule('or', 'AO R'),
  rule('er', 'AH R'),
  rule('ir', 'AH R'),
  rule('ur', 'AH R'),
  rule('a', 'EY', MAGIC_E),
  rule('i', 'AY', MAGIC_E),
  rule('o', 'OW', MAGIC_E),
  rule('u', 'UW', MAGIC_E),
  rule('e', 'IY', MAGIC_E),
  rule('e', '', END, /[bcdfghklmnpqrstuvwxyz]$/),
  rule('y', 'Y', /^[aeiou]/),
  rule('y', 'AY', END, /^[^aeiou]*$/),
  rule('y', 'IY', END),
  rule('y', 'IH'),
  rule('o', 'OW', END),
  rule('i', 'IY', END),
  rule('a', 'AH', END),
  rule('u', 'UW', END),
  rule('e', 'IY', END),
  rule('c', 'S', FRONT),
  rule('g', 'JH', FRONT),
  rule('x', 'Z', undefined, START),
  rule('x', 'K S'),
  rule('s', 'Z', END, /[aeiouybdgvlmnr]$/),
  rule('a', 'AE'),
  rule('b', 'B'),
  rule('c', 'K'),
  rule('d', 'D'),
  rule('e', 'EH'),
  rule('f', 'F'),
  rule('g', 'G'),
  rule('h', 'HH'),
  rule('i', 'IH'),
  rule('j', 'JH'),
  rule('k', 'K'),
  rule('l', 'L'),
  rule('m', 'M'),
  rule('n', 'N'),
  rule('o', 'AA'),
  rule('p', 'P'),
  rule('q', 'K'),
  rule('r', 'R'),
  rule('s', 'S'),
  rule('t', 'T'),
  rule('u', 'AH'),
  rule('v', 'V'),
  rule('w', 'W'),
  rule('z', 'Z'),
];

const BY_LETTER = new Map<string, Rule[]>();
for (const one of RULES) {
  const letter = one.spelling[0] as string;
  BY_LETTER.set(letter, [...(BY_LETTER.get(letter) ?? []), one]);
}

/** @param word lower-case letters; other characters are skipped */
export function spellingToPhonemes(word: string): Phonemes {
  const phonemes: string[] = [];
  for (let at = 0; at < word.length;) {
    const matching = (BY_LETTER.get(word[at] as string) ?? []).find(
      ({ spelling, before, after }) =>
        word.startsWith(spelling, at) &&
        (before?.test(word.slice(0, at)) ?? true) &&
        (after?.test(word.slice(at + spelling.length)) ?? true),
    );
    if (matching) phonemes.push(matching.phonemes);
    at += matching?.spelling.length ?? 1;
  }
  return toPhonemes(phonemes.join(' '));
}
