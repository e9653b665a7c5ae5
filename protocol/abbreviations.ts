/** Abbreviations whose full stop ends no sentence, for every module that writes sentences. */

/** Lower case, without the last full stop. */
const ABBREVIATIONS: ReadonlySet<string> = new Set(
  'e.g i.e etc vs cf al approx ca dr mr mrs ms prof sr jr st mt ave rd blvd rte bros intl natl hrs mins yrs wks dept est fig figs eq eqs sec secs ch vol vols ed eds ref refs inc ltd co corp min max avg misc resp incl excl a.m p.m a.k.a u.s u.k u.n e.u ph.d b.sc m.sc n.b p.s w.r.t viz op jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat z.b d.h u.a bzw usw ggf vgl ca'.split(
    ' ',
  ),
);
/** Longer than an abbreviation with the blanks after it, so that a long text takes no longer. */
const ABBREVIATION_REACH = 64;
/** Also ordinary words, so they count only before a number: "no. 5", "p. 12". */
const BEFORE_NUMBERS: ReadonlySet<string> = new Set(['no', 'nos', 'p', 'pp', 'art', 'pos', 'nr']);

/**
 * True if the full stop at the end of `text` belongs to an abbreviation or an initial ("J.").
 * @param after following text; "no. 5" is an abbreviation, "no. We" is not
 */
export function endsWithAbbreviation(text: string, after = ''): boolean {
  const end = text.slice(-ABBREVIATION_REACH).trimEnd();
  const word = /(?:^|[\s("'“‘[])((?:\p{L}+\.)*\p{L}+)\.$/u.exec(end)?.[1];
  if (word === undefined) return false;
  const lower = word.toLowerCase();
  if (ABBREVIATIONS.has(lower)) return true;
  if (BEFORE_NUMBERS.has(lower)) return /^\s*\d/.test(after);
  // An initial, or letters with full stops between: "J. Doe", "U.S.A. policy".
  return /^(?:\p{Lu}|(?:\p{L}\.)+\p{L})$/u.test(word) && word !== 'I';
}
