/**
 * How often written summaries of meetings have each closed-class word, as a share of their words. Made by
 * scripts/train/summaryStyle.ts from the summaries of 20 AMI meetings (CC BY 4.0); do not edit.
 */
export type SummaryStyle = Readonly<Record<string, number>>;

export const SUMMARY_STYLE: SummaryStyle = {
  a: 0.02281, about: 0.00429, actually: 0.00015, alright: 0, an: 0.00582, and: 0.02955, are: 0.00276, as: 0.00429, at: 0.00459, basically: 0,
  be: 0.01791, been: 0.00107, but: 0.0026, by: 0.00276, can: 0.0023, could: 0.00306, did: 0.00092, do: 0.00031, does: 0.00061, for: 0.01332,
  from: 0.00214, going: 0.00153, had: 0.00122, has: 0.00046, have: 0.00413, he: 0.00291, her: 0.00046, his: 0.00092, i: 0, if: 0.00168,
  in: 0.00781, is: 0.00505, it: 0.00903, its: 0.00077, just: 0.00031, kind: 0, know: 0.00015, like: 0.00168, maybe: 0, me: 0,
  mean: 0.00015, might: 0.00077, mm: 0, must: 0.00061, my: 0, need: 0.00138, not: 0.0075, of: 0.02389, oh: 0, ok: 0.00046,
  okay: 0, on: 0.01056, one: 0.00214, or: 0.00505, our: 0, right: 0, she: 0.00046, should: 0.00306, so: 0.00031, some: 0.0023,
  sort: 0.00015, than: 0.00107, that: 0.01041, the: 0.11897, their: 0.00475, them: 0.00138, then: 0.00153, there: 0.00322, they: 0.00934, this: 0.00107,
  to: 0.03414, uh: 0, um: 0, us: 0, very: 0.00107, was: 0.00919, we: 0, well: 0.00077, were: 0.00291, what: 0.00138,
  when: 0.00061, where: 0.00092, which: 0.0023, who: 0.00015, will: 0.01623, with: 0.00812, would: 0.00444, yeah: 0, you: 0.00031, your: 0,
};
