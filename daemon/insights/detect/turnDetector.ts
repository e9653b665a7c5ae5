/**
 * Scores the turns of a session with the turn encoder and unites its items with the findings of the
 * rules. Scores stay with their turn until the turn or a close neighbour changes.
 */
import type { SegmentText } from '../../transcript/types';
import type { ScoredTurn, SpokenTurn, TurnScorer } from '../contract/turns';
import type { Line } from '../conversation/line';
import type { Finding } from '../discourse/discuss';
import { uniteFindings } from './unite';

/** Turns before the first new one, so that a window has context: about 150 tokens. */
const BEFORE = 10;
/** Earlier turns whose following context changed; the model was trained with both sides. */
const AGAIN = 3;
/** Turns of one call, so that an abort takes effect and a call stays within its time limit. */
const CALL = 120;
/** Maximum number of scored turns. A session of eight hours has about 8,000. */
const MAX_TURNS = 20_000;

export class TurnDetector {
  private scored: readonly ScoredTurn[] = [];

  constructor(private readonly scorer: TurnScorer) {}

  hasNew(segments: readonly SegmentText[]): boolean {
    return firstChange(this.scored, segments) < Math.min(segments.length, MAX_TURNS);
  }

  /**
   * @param segments visible segments in order of time
   * @param final scores every turn again, each with both neighbours
   * @throws EarmarkError model.*, engine.*
   */
  async read(segments: readonly SegmentText[], final: boolean, signal: AbortSignal): Promise<void> {
    const turns = segments.slice(0, MAX_TURNS).map(turnOf);
    const changed = final ? 0 : firstChange(this.scored, segments);
    const from = Math.max(0, changed - AGAIN);
    const scored: ScoredTurn[] = this.scored.slice(0, from);
    for (let at = from; at < turns.length; at += CALL) {
      if (signal.aborted) return;
      const start = Math.max(0, at - BEFORE);
      // A further call follows with more context on the right.
      const end = Math.min(turns.length, at + CALL + BEFORE);
      const rows = await this.scorer.score(turns.slice(start, end));
      turns.slice(at, at + CALL).forEach((turn, i) => {
        const scores = rows[at - start + i];
        if (scores) scored.push({ ...turn, scores });
      });
    }
    if (!signal.aborted) this.scored = scored;
  }

  /** @returns findings of both; the rules' findings alone cover turns without scores */
  unite(
    rules: readonly Finding[],
    lines: readonly Line[],
    segments: readonly SegmentText[],
  ): readonly Finding[] {
    const scored = this.current(segments);
    return scored.length === 0 ? rules : uniteFindings(rules, lines, scored, segments);
  }

  /** ScoredTurn turns whose text still stands. */
  private current(segments: readonly SegmentText[]): readonly ScoredTurn[] {
    return this.scored.slice(0, firstChange(this.scored, segments));
  }
}

function turnOf({ id, speaker, text }: SegmentText): SpokenTurn {
  return { segmentId: id, speaker, text };
}

/** Index of the first segment that differs from the scored turn at its place. */
function firstChange(scored: readonly ScoredTurn[], segments: readonly SegmentText[]): number {
  const at = scored.findIndex((turn, i) => {
    const segment = segments[i];
    return (
      segment?.id !== turn.segmentId ||
      segment.text !== turn.text ||
      segment.speaker !== turn.speaker
    );
  });
  return at === -1 ? scored.length : at;
}
