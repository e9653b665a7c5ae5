/** Turns with their lines and segments, for the parts that look around an item. */
import type { SegmentText } from '../../transcript/types';
import type { Line } from '../conversation/line';
import type { Evidence } from '../types';
import type { ScoredTurn } from '../contract/turns';

export class Meeting {
  /** Names of the speakers, each once. */
  readonly speakers: readonly string[];
  private readonly byId: ReadonlyMap<string, number>;
  private readonly byTurn = new Map<number, Line[]>();

  constructor(
    readonly turns: readonly ScoredTurn[],
    lines: readonly Line[],
    private readonly segments: readonly SegmentText[],
  ) {
    this.speakers = [...new Set(turns.map(({ speaker }) => speaker))];
    this.byId = new Map(turns.map(({ segmentId }, i) => [segmentId, i]));
    for (const line of lines) {
      const turn = this.turnOf(line.segmentId);
      if (turn !== undefined) this.byTurn.set(turn, [...(this.byTurn.get(turn) ?? []), line]);
    }
  }

  turnOf(segmentId: string): number | undefined {
    return this.byId.get(segmentId);
  }

  linesOf(turn: number): readonly Line[] {
    return this.byTurn.get(turn) ?? [];
  }

  /** The whole turn as a quote. */
  evidenceOf(turn: number): Evidence[] {
    const segment = this.segments[turn];
    if (!segment) return [];
    const { id, startMs, endMs, text } = segment;
    return [{ segmentId: id, startMs, endMs, quote: text }];
  }
}
