/**
 * An extractive summary: the sentences whose words together come nearest to those of a written
 * summary.
 *
 * Each word has an expected frequency in a summary of that length. Closed-class words have the
 * frequency of written summaries (`summaryStyle.ts`). Content words have the logarithm of their
 * count (Luhn 1958). Sentences are chosen greedily by their gain toward the expectation. A word
 * counts only up to its expected frequency, so the sum is submodular and greedy choice is near the
 * best (Lin and Bilmes 2011). Sentences in a written style win over fragments, and no content
 * repeats.
 *
 * During a meeting, each stretch has its own summary, and the summary of a completed stretch never
 * changes. At the end, sentences are chosen anew from the whole meeting.
 */
import type { Line } from './conversation';
import { PerLine } from './perLine';
import { readableSentence } from './readableSentence';
import type { Finding } from './discourse/discuss';
import { SUMMARY_STYLE, type SummaryStyle } from './summaryStyle';

/** Readable sentences in a stretch: about five minutes of speech. */
const STRETCH = 40;
const SETTLED = 4;
const MIN_WORDS = 6;
const MAX_WORDS = 45;
/**
 * Length of the summary: this share of the spoken words, plus a base for short meetings. Written
 * summaries of the AMI meetings have 8 to 10 %.
 */
const SHARE = 0.1;
const BASE_WORDS = 30;
/** Upper limit for long days, so the summary stays readable. */
const MAX_SUMMARY_WORDS = 900;
/** Expected count of a content word, times the logarithm of its count plus 1. */
const CONTENT = 0.3;
const SAID_ONCE = 0.08;
/**
 * Gains are divided by this power of the sentence's length, with a slight preference for longer
 * sentences.
 */
const LENGTH_POWER = 0.8;
const IMPORTANT = 1.15;
const QUESTION = 0.85;
/** "That would …", "It is …" refer to a sentence that is missing. */
const LEANING = 0.95;

/** A line that may enter the summary. */
interface Candidate {
  readonly line: Line;
  /** Its text in the summary. */
  readonly sentence: string;
  readonly leaning: boolean;
}

/** Distinct counted words of a sentence, and the number of occurrences of each. */
interface Counted {
  readonly length: number;
  readonly words: readonly string[];
  readonly times: readonly number[];
}

interface Choice extends Counted {
  readonly candidate: Candidate;
}

export class Summariser {
  private readonly candidates = new PerLine(candidateOf);
  /** Chosen sentences of each completed stretch. */
  private readonly closed: {
    readonly lines: readonly Line[];
    readonly findings: readonly Finding[];
  }[] = [];

  constructor(private readonly style: SummaryStyle = SUMMARY_STYLE) {}

  /**
   * The summary so far.
   * @param marked keys (`segmentId`, quote) of sentences with an action or decision
   */
  rolling(lines: readonly Line[], marked: ReadonlySet<string>): Finding[] {
    const candidates = this.candidates.of(lines).filter((candidate) => candidate !== undefined);
    const findings: Finding[] = [];
    for (let at = 0; at * STRETCH < candidates.length; at++) {
      const stretch = candidates.slice(at * STRETCH, (at + 1) * STRETCH);
      const known = this.closed[at];
      if (
        known &&
        known.lines.length === stretch.length &&
        known.lines.every((line, i) => line === stretch[i]?.line)
      ) {
        findings.push(...known.findings);
        continue;
      }
      const choices = stretch.map((candidate): Choice => ({
        candidate,
        ...countWords(candidate.sentence),
      }));
      const chosen = this.choose(choices, choices, marked);
      // The last sentences may still be joined to later ones.
      if ((at + 1) * STRETCH + SETTLED <= candidates.length)
        this.closed[at] = { lines: stretch.map(({ line }) => line), findings: chosen };
      findings.push(...chosen);
    }
    return findings;
  }

  /** The summary of the whole meeting, after its end. */
  final(lines: readonly Line[], marked: ReadonlySet<string>): Finding[] {
    const candidates = this.candidates.of(lines);
    const all = lines.map((line, at) =>
      countWords(candidates[at]?.sentence ?? readableSentence(line) ?? saidIn(line)),
    );
    const choices = candidates.flatMap((candidate, at): Choice[] =>
      candidate ? [{ candidate, ...all[at]! }] : [],
    );
    return this.choose(choices, all, marked);
  }

  /** @param all all sentences of the stretch, readable or not; they define its content */
  private choose(
    choices: readonly Choice[],
    all: readonly Counted[],
    marked: ReadonlySet<string>,
  ): Finding[] {
    const said = new Map<string, number>();
    for (const { words, times } of all)
      for (const [i, word] of words.entries()) said.set(word, (said.get(word) ?? 0) + times[i]!);
    const total = all.reduce((sum, { length }) => sum + length, 0);
    const budget = Math.min(MAX_SUMMARY_WORDS, SHARE * total + BASE_WORDS);
    const expected = new Map<string, number>();
    for (const [word, count] of said) {
      const share = this.style[word];
      expected.set(
        word,
        share === undefined
          ? count > 1
            ? CONTENT * Math.log(1 + count)
            : SAID_ONCE
          : budget * share,
      );
    }
    const chosen = greedily(choices, expected, budget, marked);
    const best = Math.max(...chosen.map(({ gain }) => gain));
    return chosen
      .sort((a, b) => a.candidate.line.index - b.candidate.line.index)
      .map(({ candidate: { line, sentence }, gain }) => ({
        kind: 'summary',
        text: `${sentence}${line.mark === '?' ? '?' : '.'}`,
        confidence: Math.max(0.5, gain / best),
        evidence: line.evidence,
      }));
  }
}

/**
 * @returns undefined for a joke, for a remark about the meeting itself, for a sentence that is too
 * short or too long, and for a fragment
 */
function candidateOf(line: Line): Candidate | undefined {
  const { clauses } = line;
  if (clauses.some(({ modes }) => modes.has('joke') || modes.has('housekeeping'))) return undefined;
  const sentence = readableSentence(line);
  if (sentence === undefined) return undefined;
  const { length } = summaryWords(sentence);
  const first = clauses[0];
  return length >= MIN_WORDS && length <= MAX_WORDS
    ? {
        line,
        sentence,
        leaning: /^(?:it|that|this|they|he|she)$/.test(first?.words[first.core]?.norm ?? ''),
      }
    : undefined;
}

function countWords(text: string): Counted {
  const words = summaryWords(text);
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return { length: words.length, words: [...counts.keys()], times: [...counts.values()] };
}

function saidIn({ text, start, end }: Line): string {
  return text.slice(start, end);
}

/** Key of a sentence for `marked`. */
export function sentenceKey(evidence: {
  readonly segmentId: string;
  readonly quote: string;
}): string {
  return `${evidence.segmentId}\n${evidence.quote}`;
}

/** Words for counting: lower case, without punctuation. */
export function summaryWords(text: string): string[] {
  return text.toLowerCase().match(/[a-z0-9]+(?:['’-][a-z0-9]+)*/g) ?? [];
}

interface Chosen {
  readonly candidate: Candidate;
  readonly gain: number;
}

/**
 * The gain of a sentence never grows while others are chosen, so its earlier gain is an upper
 * bound. Only the sentence at the head needs a new evaluation (lazy greedy, Minoux 1978).
 */
function greedily(
  choices: readonly Choice[],
  expected: ReadonlyMap<string, number>,
  budget: number,
  marked: ReadonlySet<string>,
): Chosen[] {
  const have = new Map<string, number>();
  const weigh = ({ candidate, length, words, times }: Choice): number => {
    let gain = 0;
    for (const [i, word] of words.entries()) {
      const limit = expected.get(word) ?? 0;
      const before = have.get(word) ?? 0;
      gain += Math.min(before + times[i]!, limit) - Math.min(before, limit);
    }
    return (gain * weightOf(candidate, marked)) / length ** LENGTH_POWER;
  };
  const waiting = choices
    .map((choice) => ({ choice, gain: weigh(choice) }))
    .sort(
      (a, b) => b.gain - a.gain || a.choice.candidate.line.index - b.choice.candidate.line.index,
    );
  const chosen: Chosen[] = [];
  for (let said = 0; said < budget && waiting.length > 0;) {
    const { choice } = waiting.shift()!;
    const gain = weigh(choice);
    if (gain <= 0) break;
    if (gain < (waiting[0]?.gain ?? 0)) {
      insert(waiting, { choice, gain });
      continue;
    }
    const { candidate, length, words, times } = choice;
    chosen.push({ candidate, gain });
    said += length;
    for (const [i, word] of words.entries()) have.set(word, (have.get(word) ?? 0) + times[i]!);
  }
  return chosen;
}

function insert<T extends { readonly gain: number }>(sorted: T[], one: T): void {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]!.gain >= one.gain) low = middle + 1;
    else high = middle;
  }
  sorted.splice(low, 0, one);
}

function weightOf({ line, leaning }: Candidate, marked: ReadonlySet<string>): number {
  return (
    (line.evidence.some((evidence) => marked.has(sentenceKey(evidence))) ? IMPORTANT : 1) *
    (line.mark === '?' ? QUESTION : 1) *
    (leaning ? LEANING : 1)
  );
}
