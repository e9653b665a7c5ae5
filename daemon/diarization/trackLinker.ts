/**
 * Links local voices of overlapping windows to tracks. Each window numbers its voices anew. They
 * are matched to those of the previous window by the frames in which both speak.
 */
import { SEGMENTATION } from './contract';

/** A window that begins at a frame, with the tracks of its local voices. */
export interface LinkedWindow {
  readonly from: number;
  /** For each frame, the active local voices as bits. */
  readonly masks: Uint8Array;
  readonly tracks: readonly number[];
}

/** All ways to match three voices to three voices. */
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

  /** The next window does not continue the previous one. */
  reset(): void {
    this.last = undefined;
  }

  /** @param masks masks of a window that begins at frame `from`, after all earlier windows */
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
   * Active tracks in a frame. Their number is the mean count of the windows around it, and most of
   * these windows name them. Windows with a nearer middle have more weight.
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

/**
 * Number of frames in which a voice of the previous window and a voice of this window both speak,
 * counted from `from`.
 */
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
