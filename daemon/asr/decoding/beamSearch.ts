/**
 * Beam search for recognisers that decode token by token. The beam is wide only while the
 * recogniser is uncertain. A rival is dropped if it is much less likely than the best, or if both
 * continue with the same tokens. After Graves 2012, "Sequence Transduction with Recurrent Neural
 * Networks". The margin is the beam threshold of older decoders (Ney et al. 1992).
 */
import type { Lean, PhraseBias } from './phraseBias';
import type { ScoredToken } from './tokenWords';
import { decodeCancelled } from '../contract/errors';

/** State of a recogniser within a text: probabilities of the next token, and a way to continue. */
export interface NextToken<Step> {
  /** Logits, one for each token of the vocabulary, normalised to log probabilities. */
  readonly logits: Float32Array;
  readonly step: Step;
}

export interface TokenModel<Step> {
  readonly endToken: number;
  first(): Promise<NextToken<Step>>;
  /**
   * Returns the next states after each continued text. All texts have the same length and are
   * decoded in one batch.
   */
  next(texts: readonly Continued<Step>[]): Promise<readonly NextToken<Step>[]>;
}

export interface Continued<Step> {
  readonly step: Step;
  readonly token: number;
}

export interface SearchOptions {
  /** Number of beams; 1 is greedy decoding. */
  readonly width: number;
  readonly maxTokens: number;
  readonly signal: AbortSignal | undefined;
  /** Phrase boosting. */
  readonly bias?: PhraseBias | undefined;
}

/**
 * A rival stays while its log probability is at most this much lower
 * (docs/decisions/0006-beam-of-two.md).
 */
const MARGIN = 1;
/** Two texts with this many equal last tokens will continue equally: only the likelier is kept. */
const SAME_END = 3;

interface Text<Step> {
  readonly tokens: readonly ScoredToken[];
  /** Sum of the log probabilities of the tokens and of the boosting bonus. */
  readonly score: number;
  /** State to continue from, with the last token; undefined if there is none. */
  readonly before: Step | undefined;
  readonly lean: Lean | undefined;
}

/** @throws EarmarkError rpc.cancelled between two steps */
export async function beamSearch<Step>(
  model: TokenModel<Step>,
  { width, maxTokens, signal, bias }: SearchOptions,
): Promise<readonly ScoredToken[]> {
  const ended: Text<Step>[] = [];
  let open: readonly Text<Step>[] = [
    { tokens: [], score: 0, before: undefined, lean: bias?.start },
  ];
  for (let length = 0; length < maxTokens && open.length > 0; length++) {
    if (signal?.aborted) throw decodeCancelled();
    const candidates: Text<Step>[] = [];
    const nexts = length === 0 ? [await model.first()] : await model.next(open.map(continued));
    for (const [i, text] of open.entries()) {
      const { logits, step } = nexts[i] as NextToken<Step>;
      const { lean } = text;
      for (const token of likeliest(logits, width, lean && bias?.wanted(lean), bias?.reach)) {
        const leant = lean && bias?.after(lean, token.id, token.id === model.endToken);
        const gained = (leant?.bonus ?? 0) - (lean?.bonus ?? 0);
        candidates.push({
          tokens: [...text.tokens, token],
          score: text.score + Math.log(token.probability) + gained,
          before: step,
          lean: leant,
        });
      }
    }
    const kept = best(candidates, width, Math.max(...ended.map(({ score }) => score)));
    ended.push(...kept.filter((text) => text.tokens.at(-1)?.id === model.endToken));
    open = kept.filter((text) => text.tokens.at(-1)?.id !== model.endToken);
  }
  const texts = [...ended, ...open].sort((a, b) => mean(b) - mean(a));
  return (texts[0]?.tokens ?? []).filter(({ id }) => id !== model.endToken);
}

function continued<Step>({ before, tokens }: Text<Step>): Continued<Step> {
  return { step: before as Step, token: (tokens.at(-1) as ScoredToken).id };
}

function best<Step>(candidates: Text<Step>[], width: number, endedScore: number): Text<Step>[] {
  candidates.sort((a, b) => b.score - a.score);
  const least = Math.max(candidates[0]?.score ?? 0, endedScore) - MARGIN;
  const kept: Text<Step>[] = [];
  for (const text of candidates) {
    if (kept.length === width || text.score < least) break;
    if (!kept.some((other) => meets(text.tokens, other.tokens))) kept.push(text);
  }
  return kept;
}

/** Returns true if both texts end with the same tokens, possibly shifted by one. */
function meets(a: readonly ScoredToken[], b: readonly ScoredToken[]): boolean {
  return sameEnd(a, b, 0, 0) || sameEnd(a, b, 1, 0) || sameEnd(a, b, 0, 1);
}

function sameEnd(
  a: readonly ScoredToken[],
  b: readonly ScoredToken[],
  skipA: number,
  skipB: number,
): boolean {
  if (a.length <= SAME_END || b.length <= SAME_END) return false;
  for (let i = 1; i <= SAME_END; i++)
    if (a.at(-skipA - i)?.id !== b.at(-skipB - i)?.id) return false;
  return true;
}

/** Mean score per token, to compare texts of different lengths. */
function mean({ score, tokens }: Text<unknown>): number {
  return score / Math.max(1, tokens.length);
}

/**
 * Returns the likeliest tokens, likeliest first, then tokens of `wanted` that are at most `reach`
 * less likely.
 */
function likeliest(
  logits: Float32Array,
  count: number,
  wanted: Iterable<number> = [],
  reach = 0,
): ScoredToken[] {
  const top: number[] = [];
  for (let id = 0; id < logits.length; id++) {
    const value = logits[id] as number;
    if (top.length === count && value <= (logits[top[count - 1] as number] as number)) continue;
    let place = top.length;
    while (place > 0 && (logits[top[place - 1] as number] as number) < value) place--;
    top.splice(place, 0, id);
    if (top.length > count) top.pop();
  }
  const least = (logits[top[0] ?? 0] ?? 0) - reach;
  const chosen = new Set(top);
  for (const id of wanted) if ((logits[id] ?? -Infinity) >= least) chosen.add(id);
  return Array.from(chosen, (id) => ({ id, probability: Math.exp(logits[id] as number) }));
}
