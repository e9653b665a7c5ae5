/**
 * Local voices of overlapping windows as tracks: a window numbers its voices anew, so they are
 * matched to those of the window before by the frames in which both talk.
 */
import { SEGMENTATION } from './contract';

/** A window from a frame on, and the tracks of its local voices. */
export interface LinkedWindow {
  readonly from: number;
  /** For each frame the local voices that talk, a bit each. */
  readonly masks: Uint8Array;
  readonly tracks: readonly number[];
}

/** All ways to match three voices with three. */
const ORDERS = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
] as const;
const VOICES = Array.from({ length: SEGMENTATION.speakers }, (_, voice) => voice);

export class TrackLinker {
  private nextTrack = 0;
  private last: LinkedWindow | undefined;

  /** What comes next does not go on from the window before. */
  reset(): void {
    this.last = undefined;
  }

  /** @param masks of a window from the frame `from` on, after all windows before */
  link(from: number, masks: Uint8Array): LinkedWindow {
    const { last } = this;
    const shared = last ? sharedFrames(last, from, masks) : undefined;
    const order = shared && best(shared);
    const tracks = VOICES.map((voice) => {
      const before = order?.indexOf(voice) ?? -1;
      const known = shared?.[before]?.[voice] ? last?.tracks[before] : undefined;
      return known ?? this.nextTrack++;
    });
    return (this.last = { from, masks, tracks });
  }

  /**
   * Tracks that talk in a frame: as many as the windows around it count on average, and those that
   * most of them name; windows whose middle is nearer count more.
   */
  tracksAt(windows: readonly LinkedWindow[], frame: number): number[] {
    let total = 0;
    let count = 0;
    const votes = new Map<number, number>();
    for (const { from, masks, tracks } of windows) {
      const mask = masks[frame - from];
      if (mask === undefined) continue;
      const weight = 1 - (0.9 * Math.abs(frame - from - masks.length / 2)) / (masks.length / 2);
      total += weight;
      for (const voice of VOICES)
        if (mask & (1 << voice)) {
          count += weight;
          const track = tracks[voice] as number;
          votes.set(track, (votes.get(track) ?? 0) + weight);
        }
    }
    if (total === 0) return [];
    return [...votes]
      .sort((a, b) => b[1] - a[1])
      .slice(0, Math.floor(count / total + 0.5))
      .map(([track]) => track)
      .sort((a, b) => a - b);
  }
}

/** Frames in which a voice of the window before and one of this talk, both counted from `from`. */
function sharedFrames(last: LinkedWindow, from: number, masks: Uint8Array): number[][] {
  const shared = VOICES.map(() => VOICES.map(() => 0));
  const length = Math.min(masks.length, last.from + last.masks.length - from);
  for (let frame = 0; frame < length; frame++) {
    const before = last.masks[frame + from - last.from] as number;
    const now = masks[frame] as number;
    for (const a of VOICES)
      for (const b of VOICES)
        if (before & (1 << a) && now & (1 << b)) (shared[a] as number[])[b]!++;
  }
  return shared;
}

function best(shared: readonly (readonly number[])[]): readonly number[] {
  const sum = (order: readonly number[]): number =>
    order.reduce((total, voice, before) => total + (shared[before]?.[voice] ?? 0), 0);
  return ORDERS.reduce<readonly number[]>(
    (most, order) => (sum(order) > sum(most) ? order : most),
    ORDERS[0],
  );
}
