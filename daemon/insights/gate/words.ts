/**
 * Words of written texts and spoken lines in a comparable form: stems, numbers as digits, names.
 * "rounding" and "rounds" have one stem; "twenty-eight hundred" and "2,800" are one number.
 */
import { ORDINALS, SCALES, TENS, UNITS } from '../../transcript/numberWords';
import { STOP_WORDS } from '../rules/words';

const list = (text: string): readonly string[] => text.trim().split(/\s+/);

/** Irregular forms of verbs and nouns that a note uses. */
const IRREGULAR: ReadonlyMap<string, string> = new Map(
  list(`sent:send wrote:write written:write took:take taken:take ran:run built:build made:make found:find
    kept:keep held:hold gave:give given:give went:go gone:go got:get chose:choose chosen:choose bought:buy
    brought:bring told:tell said:say met:meet lost:lose left:leave began:begin broke:break broken:break
    drew:draw drawn:draw spoke:speak spoken:speak paid:pay sold:sell fell:fall done:do did:do had:have
    was:be were:be people:person children:child men:man women:woman mail:email mails:email emails:email
    came:come thought:think knew:know known:know shown:show grew:grow led:lead read:read rewrote:rewrite
    moved:move used:use using:use stuck:stick swapped:swap rose:rise`).map((pair) => {
    const [form, base] = pair.split(':');
    return [form ?? '', base ?? ''];
  }),
);
/** Endings without meaning for a comparison, longest first. */
const ENDINGS = list(
  `ations ation ments ment ingly ings ing edly ions ion ers ies ied er ed es ly s e y`,
);
const MIN_STEM = 3;

/** Words in lower case; contractions stay together, hyphens separate. */
export function wordsOf(text: string): string[] {
  return (
    text
      .toLowerCase()
      .replace(/[’ʼ]/g, "'")
      .match(/[\p{L}\p{N}]+(?:['.][\p{L}\p{N}]+)*/gu) ?? []
  );
}

/** Stem of a word in lower case. */
export function stemOf(word: string): string {
  const plain = word.replace(/'(?:s|ll|re|ve|d|m)$/, '');
  let base = IRREGULAR.get(plain) ?? plain;
  // "stays" and "stay", "parsers" and "parse": endings are removed one after the other.
  for (let shorter = withoutEnding(base); shorter !== base; shorter = withoutEnding(base))
    base = shorter;
  return base;
}

function withoutEnding(base: string): string {
  for (const ending of ENDINGS) {
    const length = base.length - ending.length;
    if (length >= MIN_STEM && base.endsWith(ending)) return undoubled(base.slice(0, length));
  }
  return base;
}

/** "stopp" from "stopping" is "stop". */
function undoubled(stem: string): string {
  return /([bdgklmnprt])\1$/.test(stem) && stem.length > MIN_STEM ? stem.slice(0, -1) : stem;
}

/** Values of number words; "oh" is an interjection here. */
const VALUES: ReadonlyMap<string, number> = new Map([
  ...UNITS.map((word, value) => [word, value] as const),
  ...TENS.map((word, i) => [word, 10 * i] as const).filter(([word]) => word !== ''),
  ...ORDINALS,
]);

/** All numbers in the text as plain digits; units and parts of a compound number count too. */
export function numbersOf(text: string): Set<string> {
  const found = new Set<string>();
  for (const digits of text.match(/\d+(?:[.,]\d+)*/g) ?? []) found.add(digits.replace(/,/g, ''));
  let total = 0;
  let open = false;
  const close = (): void => {
    if (open) found.add(String(total));
    [total, open] = [0, false];
  };
  for (const word of wordsOf(text)) {
    const unit = VALUES.get(word);
    const scale = SCALES.get(word);
    if (unit !== undefined) {
      found.add(String(unit));
      const joins =
        open && (total % 100 === 0 || (total % 10 === 0 && total % 100 >= 20 && unit < 10));
      if (open && !joins) close();
      total += unit;
      open = true;
    } else if (scale !== undefined) {
      total = Math.max(1, total) * scale;
      open = true;
    } else if (word !== 'and' && word !== 'a') close();
  }
  close();
  return found;
}

/** A number of a written text; "one" is mostly a pronoun, so it is left out. */
export function statedNumbers(text: string): string[] {
  return [...numbersOf(text.replace(/\b(?:one|first|second)\b/gi, ' '))].filter(
    (number, _, all) => !all.some((other) => other !== number && partOf(number, other)),
  );
}

/** 28 and 100 are parts of "twenty-eight hundred". */
function partOf(number: string, whole: string): boolean {
  return whole.length > number.length && /^\d+$/.test(number) && Number(whole) > Number(number);
}

/** Words of written style that state nothing by themselves. */
const NOTE_WORDS = new Set(
  list(`whether without except including giving add use using full available own result results set currently
    already because therefore instead still question open order during between per part whole place
    separate separately own roughly about less than document both later`),
);

/** Stems of the words that carry content; numbers and stop words are left out. */
export function contentStems(text: string): Set<string> {
  const stems = new Set<string>();
  for (const word of wordsOf(text)) {
    if (
      STOP_WORDS.has(word) ||
      NOTE_WORDS.has(word) ||
      VALUES.has(word) ||
      SCALES.has(word) ||
      /^\d/.test(word)
    )
      continue;
    if (/n't$|^(?:i|we|you|he|she|it|they|that|there|what|let)'/.test(word)) continue;
    stems.add(stemOf(word));
  }
  return stems;
}

/** Capitalised words inside a sentence, and words with digits or inner capitals: names and identifiers. */
export function namesOf(text: string): string[] {
  const names: string[] = [];
  const pattern = /[\p{L}][\p{L}\p{N}_]*(?:['’][\p{L}]+)?/gu;
  for (const { 0: word, index } of text.matchAll(pattern)) {
    const opens = index === 0 || /[.?!:;]["“ ]*$/.test(text.slice(0, index));
    const inner = /[\p{Ll}\p{N}_]\p{Lu}|\p{L}\d|_/u.test(word);
    if (inner || (!opens && /^\p{Lu}/u.test(word) && !/^(?:I|I['’].*)$/.test(word)))
      names.push(word.replace(/['’]s$/, ''));
  }
  return names;
}
