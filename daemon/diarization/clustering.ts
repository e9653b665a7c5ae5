/**
 * How many voices there are and which window is whose: Ward's method on cosine distances (Ward
 * 1963, updates after Lance and Williams 1967), refined by spherical k-means, for every count; then
 * as many as the data speaks for. In the first seconds voices must be apart by a fixed similarity
 * too, by average linkage.
 */
import type { Embedding, VoiceWindow } from './contract';
import { dot, dots, meanDirection } from './vectors';

/** Shorter windows say too little to found a cluster. */
const FOUNDING_MS = 800;
/**
 * Neighbours in time and alike in voice count with a window: this evens out what is said and keeps
 * who says it.
 */
const NEIGHBOUR_MS = 400;
const SIMILARITY_POWER = 4;
const REFINEMENTS = 3;
/**
 * Other beginnings beside Ward's: of his alone a last digit of the embeddings decided in one AMI
 * clip whether a second voice was found.
 */
const STARTS = 8;
const MOST_SPEAKERS = 10;
/** So much windowed speech a speaker at least: fewer seconds carry no further voice. */
const SPEECH_EACH_MS = 3_000;
/** More windows make no smaller difference a voice: a speaker drifts over an hour. */
const GAIN_WINDOWS = 250;
/**
 * Two centres more alike are one voice: halves of one voice lie at 0.90–0.97, two voices at
 * 0.73–0.91.
 */
const SAME_VOICE = 0.92;
/**
 * A further voice of the first seconds has spoken this long: one window
 * (docs/decisions/0063-voices-of-the-first-seconds.md).
 */
const EARLY_SPEECH_MS = 1_200;
/**
 * A voice that spoke less is less likely to go on. In the first seconds this weight, times the
 * logarithm of its share to the greatest, is added to its similarity
 * (docs/decisions/0063-voices-of-the-first-seconds.md).
 */
const RARE_VOICE = 0.03;

/** What was chosen on recordings; the bench chooses it anew without each of them. */
export interface VoiceSettings {
  /**
   * A further voice must lower the mean distance to the centres by this over the square root of the
   * count of windows (log ratio). Splitting one voice gives up to 1.0, dividing two at least 1.5
   * (docs/decisions/0028-speaker-count.md).
   */
  readonly leastGain: number;
  /**
   * The first seconds: groups of windows less alike on average are two voices, as many at most as
   * the method by count finds. On the AMI clips with 1 s of latency 0.74 to 0.76 tell voices apart
   * about equally well, 0.77 splits one into two.
   */
  readonly earlyCorrelation: number;
}

export const VOICE_SETTINGS: VoiceSettings = { leastGain: 1.2, earlyCorrelation: 0.75 };

export interface Clusters {
  /** Centre of each voice. */
  readonly centres: readonly Embedding[];
  /** Mean distance (1 − cosine) of the founding windows to their centres. */
  readonly spread: number;
}

/**
 * @param windows in order of time; at most some hundreds, for the time grows with their square. At
 * least one centre, unless there is no window.
 * @param known what earlier calls found out about windows that are still the same
 */
export function clusterVoices(
  windows: readonly VoiceWindow[],
  settings = VOICE_SETTINGS,
  known = new SimilarityMatrix(),
): Clusters {
  const founding = windows.filter(isFounding);
  if (founding.length < 2)
    return {
      centres: windows.length > 0 ? [meanDirection(windows.map(({ embedding }) => embedding))] : [],
      spread: 0,
    };
  const { voices, cosines } = known.of(founding);
  const merges = mergesOf(cosines, ward);
  const speechMs = coveredMs(founding);
  const most = Math.max(
    1,
    Math.min(MOST_SPEAKERS, founding.length, Math.floor(speechMs / SPEECH_EACH_MS)),
  );
  let chosen = refined(cosines, cut(merges, voices.length, 1));
  for (let count = 2; count <= most; count++) {
    const next = closest(
      [cut(merges, voices.length, count), ...divided(cosines, chosen)].map((first) =>
        refined(cosines, first),
      ),
    );
    const gain =
      Math.sqrt(Math.min(GAIN_WINDOWS, voices.length)) *
      Math.log(chosen.spread / Math.max(1e-6, next.spread));
    if (gain < settings.leastGain || nearest(centresOf(voices, next.labels)) > SAME_VOICE) break;
    chosen = next;
  }
  return { centres: centresOf(voices, chosen.labels), spread: chosen.spread };
}

export interface EarlyVoices {
  readonly centres: readonly Embedding[];
  /** Added to the similarity of each voice: 0 for who spoke most, less for the others. */
  readonly biases: readonly number[];
}

/**
 * Voices in a first minute or so: a voice opens late rather than wrongly. At least one, unless
 * there is no window.
 * @param most voices that the method by count finds, or found before
 * @param known as of `clusterVoices`
 */
export function clusterEarly(
  windows: readonly VoiceWindow[],
  most: number,
  settings = VOICE_SETTINGS,
  known = new SimilarityMatrix(),
): EarlyVoices {
  const founding = windows.filter(isFounding);
  if (founding.length < 2)
    return windows.length > 0
      ? { centres: [meanDirection(windows.map(({ embedding }) => embedding))], biases: [0] }
      : { centres: [], biases: [] };
  const merges = mergesOf(known.of(founding).cosines, average);
  const labels = cut(
    merges,
    founding.length,
    founding.length -
      merges.filter(({ distance }) => distance < 1 - settings.earlyCorrelation).length,
  );
  const groups = Array.from({ length: Math.max(...labels) + 1 }, (_, k) =>
    founding.filter((_window, i) => labels[i] === k),
  ).sort((a, b) => b.length - a.length);
  const spoken = groups.filter(
    (group, k) => k === 0 || (k < most && coveredMs(group) >= EARLY_SPEECH_MS),
  );
  const greatest = groups[0]?.length ?? 1;
  return {
    centres: spoken.map((group) => meanDirection(group.map(({ embedding }) => embedding))),
    biases: spoken.map((group) => RARE_VOICE * Math.log(group.length / greatest)),
  };
}

/** Milliseconds of time that windows cover, overlap once. */
function coveredMs(windows: readonly VoiceWindow[]): number {
  let covered = 0;
  let end = -Infinity;
  for (const window of windows) {
    covered += Math.max(0, window.endMs - Math.max(end, window.startMs));
    end = Math.max(end, window.endMs);
  }
  return covered;
}

const isFounding = ({ startMs, endMs }: VoiceWindow): boolean => endMs - startMs >= FOUNDING_MS;

/** Cosines of all voices with each other, row by row. */
interface Cosines {
  readonly count: number;
  readonly values: Float64Array;
}

/**
 * Windows made even, and how like each other they are. Only what new windows change is worked out
 * anew: of 100 windows with 5 new ones a tenth. Half of the cosines are kept, 0.6 MB for 400
 * windows.
 */
export class SimilarityMatrix {
  private windows: readonly VoiceWindow[] = [];
  private voices: Embedding[] = [];
  /** Of each voice, to those before it and to itself. */
  private rows: Float64Array[] = [];

  /** @param windows in order of time @returns what holds until the next call of anybody */
  of(windows: readonly VoiceWindow[]): {
    readonly voices: readonly Embedding[];
    readonly cosines: Cosines;
  } {
    const kept = this.unchanged(windows);
    this.windows = windows;
    this.voices.length = this.rows.length = kept;
    for (let i = kept; i < windows.length; i++) {
      const voice = evened(windows, i);
      this.voices.push(voice);
      this.rows.push(dots(voice, this.voices));
    }
    return { voices: this.voices, cosines: this.whole() };
  }

  /** Windows from the first on that are as they were, with all that lies within reach of them. */
  private unchanged(windows: readonly VoiceWindow[]): number {
    let same = 0;
    while (same < windows.length && windows[same] === this.windows[same]) same++;
    if (same === this.windows.length && same === windows.length) return same;
    const last = windows[same - 1];
    let kept = same;
    while (
      last &&
      kept > 0 &&
      middleOf(last) - middleOf(windows[kept - 1] as VoiceWindow) <= REACH_MS
    )
      kept--;
    return kept;
  }

  private whole(): Cosines {
    const count = this.rows.length;
    const values = scratch('cosines', count * count);
    this.rows.forEach((row, i) => {
      values.set(row, i * count);
      for (let j = 0; j < i; j++) values[j * count + i] = row[j] as number;
    });
    return { count, values };
  }
}

/** Memory for the numbers of one call; nobody waits within one, so there is one of each for all. */
const memory = new Map<string, Float64Array>();
function scratch(name: string, length: number): Float64Array {
  let numbers = memory.get(name);
  if (!numbers || numbers.length < length) memory.set(name, (numbers = new Float64Array(length)));
  return numbers;
}

const REACH_MS = 4 * NEIGHBOUR_MS;
const middleOf = ({ startMs, endMs }: VoiceWindow): number => (startMs + endMs) / 2;

function evened(windows: readonly VoiceWindow[], i: number): Embedding {
  const window = windows[i] as VoiceWindow;
  const near: Embedding[] = [];
  const weights: number[] = [];
  const take = (other: VoiceWindow | undefined): boolean => {
    if (!other) return false;
    const apart = Math.abs(middleOf(other) - middleOf(window));
    if (apart > REACH_MS) return false;
    near.push(other.embedding);
    weights.push(
      (other.endMs - other.startMs) *
        Math.exp(-(apart ** 2) / (2 * NEIGHBOUR_MS ** 2)) *
        Math.max(0, dot(window.embedding, other.embedding)) ** SIMILARITY_POWER,
    );
    return true;
  };
  for (let j = i; take(windows[j]);) j--;
  for (let j = i + 1; take(windows[j]);) j++;
  return meanDirection(near, weights);
}

interface Merge {
  readonly kept: number;
  readonly gone: number;
  readonly distance: number;
}

/**
 * Distance of a group of o windows to one of k and g that join, from those to each (after Lance and
 * Williams).
 */
type Linkage = (
  k: number,
  g: number,
  o: number,
  toK: number,
  toG: number,
  between: number,
) => number;
const ward: Linkage = (k, g, o, toK, toG, between) =>
  Math.sqrt(
    Math.max(0, ((k + o) * toK ** 2 + (g + o) * toG ** 2 - o * between ** 2) / (k + g + o)),
  );
const average: Linkage = (k, g, _o, toK, toG) => (k * toK + g * toG) / (k + g);

/** All merges, the least distance first. */
function mergesOf({ count: n, values }: Cosines, linkage: Linkage): Merge[] {
  const distance = scratch('distances', n * n);
  for (let i = 0; i < n * n; i++) distance[i] = Math.max(0, 1 - (values[i] as number));
  const at = (i: number, j: number): number => distance[i * n + j] as number;
  const size = new Array<number>(n).fill(1);
  const alive = Array.from({ length: n }, (_, i) => i);
  const merges: Merge[] = [];
  const join = (kept: number, gone: number): void => {
    alive.splice(alive.indexOf(gone), 1);
    const [k, g] = [size[kept] as number, size[gone] as number];
    const between = at(kept, gone);
    for (const other of alive) {
      if (other === kept) continue;
      distance[kept * n + other] = distance[other * n + kept] = linkage(
        k,
        g,
        size[other] as number,
        at(kept, other),
        at(gone, other),
        between,
      );
    }
    size[kept] = k + g;
  };
  // Nearest-neighbour chain (Murtagh 1983): distances of both linkages never shrink, so merges
  // found out of order are in order once sorted.
  const chain: number[] = [];
  while (alive.length > 1) {
    if (chain.length === 0) chain.push(alive[0] as number);
    for (;;) {
      const tip = chain.at(-1) as number;
      const before = chain.at(-2);
      let best = before ?? -1;
      for (const other of alive)
        if (other !== tip && (best < 0 || at(tip, other) < at(tip, best))) best = other;
      if (best !== before) {
        chain.push(best);
        continue;
      }
      merges.push({ kept: tip, gone: best, distance: at(tip, best) });
      join(tip, best);
      chain.length -= 2;
      break;
    }
  }
  return merges.sort((a, b) => a.distance - b.distance);
}

/** Cluster of each voice when `count` are left. */
function cut(merges: readonly Merge[], n: number, count: number): number[] {
  const parent = Array.from({ length: n }, (_, i) => i);
  const root = (i: number): number => (parent[i] === i ? i : root(parent[i] as number));
  for (const { kept, gone } of merges.slice(0, Math.max(0, n - count)))
    parent[root(gone)] = root(kept);
  const roots = new Map<number, number>();
  return parent.map((_, i) => {
    const own = root(i);
    const label = roots.get(own) ?? roots.size;
    roots.set(own, label);
    return label;
  });
}

interface Division {
  /** Cluster of each voice. */
  readonly labels: readonly number[];
  /** Cosine of each voice to its centre. */
  readonly own: readonly number[];
  readonly spread: number;
}

/**
 * Ways to begin with one cluster more: what is more like one voice, of some spread over time, than
 * like its centre.
 */
function divided({ count: n, values }: Cosines, { labels, own }: Division): number[][] {
  const more = Math.max(...labels) + 1;
  const step = Math.ceil(n / STARTS);
  return Array.from({ length: Math.ceil(n / step) }, (_, s) =>
    labels.map((label, i) =>
      (values[s * step * n + i] as number) > (own[i] as number) ? more : label,
    ),
  );
}

function closest(found: readonly Division[]): Division {
  return found.reduce((best, one) => (one.spread < best.spread ? one : best));
}

/**
 * Spherical k-means from cosines alone: a voice is as like a centre as the sum of its cosines to
 * the members over the length of their sum.
 */
function refined({ count: n, values }: Cosines, first: readonly number[]): Division {
  let labels = first;
  const own = new Array<number>(n).fill(0);
  for (let round = 0; round <= REFINEMENTS; round++) {
    const before = labels;
    const count = Math.max(...before) + 1;
    const sums = sumsTo(values, Int32Array.from(before), count);
    const squares = new Array<number>(count).fill(0);
    before.forEach(
      (label, i) =>
        (squares[label] = (squares[label] as number) + (sums[i * count + label] as number)),
    );
    labels = before.map((_, i) => {
      let best = -1;
      for (let k = 0; k < count; k++) {
        const square = squares[k] as number;
        const cosine = square > 0 ? (sums[i * count + k] as number) / Math.sqrt(square) : -1;
        if (best >= 0 && cosine <= (own[i] as number)) continue;
        best = k;
        own[i] = cosine;
      }
      return best;
    });
    // Another round would find the same.
    if (labels.every((label, i) => label === before[i])) break;
  }
  return { labels, own, spread: own.reduce((sum, cosine) => sum + 1 - cosine, 0) / n };
}

/**
 * Of each voice the sums of its cosines to the members of each cluster, row by row; four rows at a
 * time, for a sum waits for the one before it.
 */
function sumsTo(values: Float64Array, labels: Int32Array, count: number): Float64Array {
  const n = labels.length;
  const sums = scratch('sums', (n + 3) * count).fill(0, 0, (n + 3) * count);
  for (let i = 0; i < n; i += 4) {
    const [a, b, c, d] = [i, i + 1, i + 2, i + 3].map((row) => Math.min(row, n - 1) * n) as [
      number,
      number,
      number,
      number,
    ];
    const to = i * count;
    for (let j = 0; j < n; j++) {
      const k = to + (labels[j] as number);
      sums[k] = (sums[k] as number) + (values[a + j] as number);
      sums[k + count] = (sums[k + count] as number) + (values[b + j] as number);
      sums[k + 2 * count] = (sums[k + 2 * count] as number) + (values[c + j] as number);
      sums[k + 3 * count] = (sums[k + 3 * count] as number) + (values[d + j] as number);
    }
  }
  return sums;
}

/** Of clusters that have members. */
function centresOf(voices: readonly Embedding[], labels: readonly number[]): Embedding[] {
  return [...new Set(labels)]
    .sort((a, b) => a - b)
    .map((k) => meanDirection(voices.filter((_voice, i) => labels[i] === k)));
}

/** The greatest cosine of two centres. */
function nearest(centres: readonly Embedding[]): number {
  let most = -1;
  centres.forEach((a, i) =>
    centres.slice(i + 1).forEach((b) => (most = Math.max(most, dot(a, b)))),
  );
  return most;
}
