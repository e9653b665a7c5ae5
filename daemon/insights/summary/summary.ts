/**
 * The summary without a language model: a few quotes with their speakers. Decisions, actions and
 * open questions stand beside it, so a sentence with one of them is no quote.
 *
 * A quote is a sentence that can be read alone and that has many of the words its part of the
 * meeting repeats (Luhn 1958): the sum of the logarithms of the counts of its nouns, divided by a
 * power of the sentence's length.
 *
 * During a meeting, each stretch has one quote, and the quote of a completed stretch never changes.
 * At the end, quotes are chosen anew from the whole meeting: the best of each topic, and at least
 * three.
 */
import { intern } from '../../base/intern';
import type { Line } from '../conversation/line';
import type { Finding } from '../discourse/discuss';
import { orNone } from '../cues';
import { singular } from '../language/singular';
import { PerLine } from '../conversation/perLine';
import { quoteOf } from '../text/quotedLine';
import { FILLERS, STOP_WORDS } from '../rules/words';

/** Quotes of a summary, unless the meeting has more topics. */
const QUOTES = 3;
/** Quotable sentences in a stretch: about ten minutes of speech. */
const STRETCH = 40;
const SETTLED = 4;
const MIN_WORDS = 8;
const MAX_WORDS = 35;
/** Longer sentences have more words that count; this power of the length makes up for most of it. */
const LENGTH_POWER = 0.35;
/** Share of fillers and broken-off words from which a sentence is hard to read. */
const MOST_BROKEN = 0.15;
/** The sentence refers to another one that is missing. */
const LEANS =
  /^(?:(?:and|but|so|or|because|well|okay|yeah|yes|no|oh|then|um|uh)\b[\s,]*)*(?:it|that|this|these|those|they|them|he|she|him|her|there|which|where|when|if|same|one)\b/i;
/** Words that end no sentence. */
const BREAKS_OFF =
  /(?:[–—…-]|\b(?:and|but|so|because|the|an?|to|of|for|with|my|your|our|their|if|which|or|is|are|was|were|like|as|than|very|i|we|it's|um|uh|you know|i mean|i think|i guess))[\s.,!]*$/i;

/** A line that may be quoted. */
interface Candidate {
  readonly line: Line;
  /** Number of words. */
  readonly length: number;
}

interface Scored {
  readonly line: Line;
  readonly score: number;
}

/** What quotes are chosen by, a value for each line. */
interface Ranked {
  readonly nouns: readonly (readonly string[])[];
  readonly candidates: readonly (Candidate | undefined)[];
  readonly marked: ReadonlySet<string>;
}

/** Lines of the meeting from `from` up to, without, `to`. */
export interface LineRange {
  readonly from: number;
  readonly to: number;
}

export class Summariser {
  private readonly nouns = new PerLine(nounsOf);
  private readonly candidates = new PerLine(candidateOf);
  /** Quotes of completed stretches. */
  private readonly closed: {
    readonly lines: readonly Line[];
    readonly findings: readonly Finding[];
  }[] = [];

  /**
   * The summary so far.
   * @param marked keys (`segmentId`, quote) of sentences with an action or decision
   */
  rolling(lines: readonly Line[], marked: ReadonlySet<string>): Finding[] {
    const ranked = this.ranked(lines, marked);
    const quotable = ranked.candidates.filter((candidate) => candidate !== undefined);
    const findings: Finding[] = [];
    for (let at = 0; at * STRETCH < quotable.length; at++) {
      const stretch = quotable.slice(at * STRETCH, (at + 1) * STRETCH);
      const own = stretch.map(({ line }) => line);
      const known = this.closed[at];
      if (known?.lines.length === own.length && known.lines.every((line, i) => line === own[i])) {
        findings.push(...known.findings);
        continue;
      }
      const range = { from: own[0]!.index, to: own.at(-1)!.index + 1 };
      const quoted = quotes(best(ranked, range).slice(0, 1));
      // The last sentences may still be joined to later ones.
      if ((at + 1) * STRETCH + SETTLED <= quotable.length)
        this.closed[at] = { lines: own, findings: quoted };
      findings.push(...quoted);
    }
    return findings;
  }

  /**
   * The summary of the whole meeting, after its end.
   * @param topics the best quote of each is in the summary
   */
  final(
    lines: readonly Line[],
    marked: ReadonlySet<string>,
    topics: readonly LineRange[],
  ): Finding[] {
    const ranked = this.ranked(lines, marked);
    const ofTopics = topics.flatMap((range) => best(ranked, range).slice(0, 1));
    const quoted = new Set(ofTopics.map(({ line }) => line));
    const more = best(ranked, { from: 0, to: lines.length })
      .filter(({ line }) => !quoted.has(line))
      .slice(0, Math.max(0, QUOTES - ofTopics.length));
    return quotes([...ofTopics, ...more]);
  }

  private ranked(lines: readonly Line[], marked: ReadonlySet<string>): Ranked {
    return { nouns: this.nouns.of(lines), candidates: this.candidates.of(lines), marked };
  }
}

/** Quotable sentences of a range, the best first. */
function best({ nouns, candidates, marked }: Ranked, { from, to }: LineRange): Scored[] {
  const counts = new Map<string, number>();
  for (const own of nouns.slice(from, to))
    for (const noun of own) counts.set(noun, (counts.get(noun) ?? 0) + 1);
  return candidates
    .slice(from, to)
    .flatMap((candidate): Scored[] => {
      if (!candidate || isMarked(candidate.line, marked)) return [];
      const { line, length } = candidate;
      const sum = [...new Set(nouns[line.index])].reduce(
        (all, noun) => all + Math.log1p(counts.get(noun) ?? 0),
        0,
      );
      return [{ line, score: sum / length ** LENGTH_POWER }];
    })
    .sort((a, b) => b.score - a.score || a.line.index - b.line.index);
}

/** The sentences in the order of the conversation, as quotes with their speakers. */
function quotes(chosen: readonly Scored[]): Finding[] {
  const most = Math.max(...chosen.map(({ score }) => score));
  return [...chosen]
    .sort((a, b) => a.line.index - b.line.index)
    .map(({ line, score }) => ({
      kind: 'summary',
      text: quoteOf(line),
      confidence: Math.max(0.5, score / most),
      evidence: line.evidence,
    }));
}

/**
 * @returns undefined for a question, a joke, a remark about the meeting itself, and for a sentence
 * that is too short or too long or cannot be read alone
 */
function candidateOf(line: Line): Candidate | undefined {
  const { clauses, tokens } = line;
  if (line.mark === '?') return undefined;
  if (clauses.some(({ modes }) => modes.has('joke') || modes.has('housekeeping'))) return undefined;
  const text = line.text.slice(line.start, line.end);
  if (LEANS.test(text) || BREAKS_OFF.test(text)) return undefined;
  const spoken = tokens.filter(({ norm }) => /[\p{L}\p{N}]/u.test(norm));
  const broken = spoken.filter(
    ({ norm }, i) => FILLERS.has(norm) || norm === spoken[i + 1]?.norm,
  ).length;
  const { length } = spoken;
  if (length < MIN_WORDS || length > MAX_WORDS || broken > MOST_BROKEN * length) return undefined;
  const has = (pos: string): boolean => tokens.some((token) => token.pos === pos);
  if (!(has('NOUN') || has('PROPN')) || !(has('VERB') || has('AUX'))) return undefined;
  return { line, length };
}

/** Nouns name what a meeting is about; its verbs are the same in every meeting. */
function nounsOf({ tokens }: Line): readonly string[] {
  const nouns = tokens.flatMap(({ norm, lemma, pos }) =>
    (pos === 'NOUN' || pos === 'PROPN') && norm.length > 2 && !STOP_WORDS.has(norm)
      ? [intern(singular(lemma))]
      : [],
  );
  return orNone(nouns.slice());
}

function isMarked(line: Line, marked: ReadonlySet<string>): boolean {
  return line.evidence.some((evidence) => marked.has(sentenceKey(evidence)));
}

/** Key of a sentence for `marked`. */
export function sentenceKey(evidence: {
  readonly segmentId: string;
  readonly quote: string;
}): string {
  return `${evidence.segmentId}\n${evidence.quote}`;
}
