/**
 * A rolling extractive summary: of each stretch of talk the sentences that say most, word for word.
 *
 * A stretch that is over never changes again, so that the summary stays where nothing new was said. A sentence scores
 * by how often its words occur in its stretch (Luhn 1958), more where something was decided or undertaken in it, and
 * less for each word that a chosen sentence has already (maximal marginal relevance, Carbonell and Goldstein 1998).
 */
import type { Line } from './conversation';
import { contentOf, overlap, sentencePhrase } from './discourse/phrasing';
import type { Finding } from './discourse/discuss';

/** Sentences with content in a stretch: about five minutes of talk. */
const STRETCH = 40;
const SETTLED = 4;
const MIN_WORDS = 6;
const MAX_WORDS = 45;
/** One sentence of the summary for this many of the talk; three where there is little. */
const RATIO = 10;
const MIN_SENTENCES = 3;
const IMPORTANT = 1.6;
const QUESTION = 0.5;
/** "That would …", "It is …" lean on a sentence that is not there. */
const LEANING = 0.7;
const TOO_ALIKE = 0.6;

interface Candidate {
  readonly line: Line;
  readonly content: ReadonlySet<string>;
}

export class Summariser {
  private readonly candidates = new WeakMap<Line, Candidate>();
  /** What was chosen of each stretch that is over. */
  private readonly closed: { readonly lines: readonly Line[]; readonly findings: readonly Finding[] }[] = [];

  /** @param marked keys (`segmentId`, quote) of sentences in which an action or decision stands */
  summarise(lines: readonly Line[], marked: ReadonlySet<string>): Finding[] {
    const candidates = lines.map((line) => this.candidate(line)).filter(({ content }) => content.size >= 2);
    const findings: Finding[] = [];
    for (let at = 0; at * STRETCH < candidates.length; at++) {
      const stretch = candidates.slice(at * STRETCH, (at + 1) * STRETCH);
      const known = this.closed[at];
      if (known && known.lines.length === stretch.length && known.lines.every((line, i) => line === stretch[i]?.line)) {
        findings.push(...known.findings);
        continue;
      }
      const chosen = summariseStretch(stretch, marked);
      // The last sentences may still be joined to what comes.
      if ((at + 1) * STRETCH + SETTLED <= candidates.length) this.closed[at] = { lines: stretch.map(({ line }) => line), findings: chosen };
      findings.push(...chosen);
    }
    return findings;
  }

  private candidate(line: Line): Candidate {
    let candidate = this.candidates.get(line);
    if (!candidate) this.candidates.set(line, (candidate = { line, content: lineContent(line) }));
    return candidate;
  }
}

/** Key of a sentence for `marked`. */
export function sentenceKey(evidence: { readonly segmentId: string; readonly quote: string }): string {
  return `${evidence.segmentId}\n${evidence.quote}`;
}

function summariseStretch(candidates: readonly Candidate[], marked: ReadonlySet<string>): Finding[] {
  const frequency = new Map<string, number>();
  for (const { content } of candidates) for (const word of content) frequency.set(word, (frequency.get(word) ?? 0) + 1);
  const scored = candidates
    .filter(({ line }) => isReadable(line))
    .map((candidate) => ({ ...candidate, score: score(candidate, frequency, marked) }))
    .sort((a, b) => b.score - a.score || a.line.index - b.line.index);
  const wanted = Math.min(scored.length, Math.max(Math.min(MIN_SENTENCES, Math.ceil(candidates.length / 3)), Math.round(candidates.length / RATIO)));
  const chosen: typeof scored = [];
  for (const candidate of scored) {
    if (chosen.length >= wanted) break;
    if (chosen.every(({ content }) => overlap(content, candidate.content) < TOO_ALIKE)) chosen.push(candidate);
  }
  const best = chosen[0]?.score ?? 1;
  return chosen
    .sort((a, b) => a.line.index - b.line.index)
    .map(({ line, score: value }) => ({ kind: 'summary', text: `${sentencePhrase(line)}.`, confidence: Math.max(0.5, Math.min(1, value / best)), evidence: line.evidence }));
}

function score({ line, content }: Candidate, frequency: ReadonlyMap<string, number>, marked: ReadonlySet<string>): number {
  let sum = 0;
  for (const word of content) sum += Math.min(4, frequency.get(word) ?? 0);
  // Long sentences hold more words; the root keeps them from winning by length alone.
  let value = sum / Math.sqrt(content.size + 2);
  if (line.evidence.some((evidence) => marked.has(sentenceKey(evidence)))) value *= IMPORTANT;
  if (line.mark === '?') value *= QUESTION;
  const first = line.clauses[0];
  if (/^(?:it|that|this|they|he|she)$/.test(first?.words[first.core]?.norm ?? '')) value *= LEANING;
  return value;
}

function isReadable(line: Line): boolean {
  const words = line.clauses.reduce((sum, clause) => sum + clause.words.length, 0);
  return words >= MIN_WORDS && words <= MAX_WORDS && !line.clauses.some(({ modes }) => modes.has('joke') || modes.has('housekeeping'));
}

function lineContent(line: Line): ReadonlySet<string> {
  return new Set(line.clauses.flatMap((clause) => [...contentOf(clause, 0, clause.words.length)]));
}
