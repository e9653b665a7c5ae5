/**
 * How many voices there are and which window is whose: Ward's method on cosine distances (Ward 1963, updates after Lance
 * and Williams 1967), refined by spherical k-means, for every count; then as many as the data speaks for. While little
 * is heard, voices must be apart by a fixed likeness too, by average linkage.
 */
import type { Embedding, VoiceWindow } from './contract';
import { dot, greatest, meanDirection } from './vectors';

/** Shorter windows say too little to found a cluster. */
const FOUNDING_MS = 800;
/** Neighbours in time and alike in voice count with a window: this evens out what is said and keeps who says it. */
const NEIGHBOUR_MS = 400;
const LIKENESS_POWER = 4;
const REFINEMENTS = 3;
/** Other beginnings beside Ward's: of his alone a last digit of the embeddings decided in one AMI clip whether a second voice was found. */
const STARTS = 8;
const MOST_SPEAKERS = 10;
/** So much windowed speech a speaker at least: fewer seconds carry no further voice. */
const SPEECH_EACH_MS = 3_000;
/** More windows make no smaller difference a voice: a speaker drifts over an hour. */
const GAIN_WINDOWS = 250;
/** Two centres more alike are one voice: halves of one voice lie at 0.90–0.97, two voices at 0.73–0.91. */
const SAME_VOICE = 0.92;
/** A further voice of the first seconds has spoken so long: one window. With 2 s the AMI clips have 33.0 % error online instead of 31.4, a telephone call 20.8 instead of 23.1. */
const EARLY_SPEECH_MS = 1_200;
/**
 * Who spoke less is less likely to go on: added to the likeness of a voice in the first seconds, times the logarithm of
 * its share to the greatest. On the AMI clips online: none and 0.015 32.1 % error, 0.03 and 0.045 31.4 %.
 */
const RARE_VOICE = 0.03;

/** What was chosen on recordings; the bench chooses it anew without each of them. */
export interface VoiceSettings {
  /**
   * A further voice must lower the mean distance to the centres by this over the square root of the count of windows (log
   * ratio). Splitting one voice gives 0.5–1.0 on the AMI clips, a telephone call and two spoken meetings, dividing two
   * 1.5–5.0. From 1.2 to 1.3 the same voices are found there; pieces of 30 s of the meetings' calls have 5.2 % error at 1.2
   * after the last pass, 6.5 % at 1.3.
   */
  readonly leastGain: number;
  /**
   * The first seconds: groups of windows less alike on average are two voices, as many at most as the method by count finds.
   * On the AMI clips with 1 s of latency 0.74 to 0.76 tell voices apart about equally well, 0.77 splits one into two.
   */
  readonly earlyLikeness: number;
}

export const VOICE_SETTINGS: VoiceSettings = { leastGain: 1.2, earlyLikeness: 0.75 };

export interface Clusters {
  /** Centre of each voice. */
  readonly centres: readonly Embedding[];
  /** Mean distance (1 − cosine) of the founding windows to their centres. */
  readonly spread: number;
}

/** @param windows in order of time; at most some hundreds, for the time grows with their square. At least one centre, unless there is no window. */
export function clusterVoices(windows: readonly VoiceWindow[], settings = VOICE_SETTINGS): Clusters {
  const founding = windows.filter(({ startMs, endMs }) => endMs - startMs >= FOUNDING_MS);
  if (founding.length < 2) return { centres: windows.length > 0 ? [meanDirection(windows.map(({ embedding }) => embedding))] : [], spread: 0 };
  const voices = evened(founding);
  const likeness = voices.map((a) => Float64Array.from(voices, (b) => dot(a, b)));
  const merges = mergesOf(likeness, ward);
  const speechMs = coveredMs(founding);
  const most = Math.max(1, Math.min(MOST_SPEAKERS, founding.length, Math.floor(speechMs / SPEECH_EACH_MS)));
  let chosen = refined(likeness, cut(merges, voices.length, 1));
  for (let count = 2; count <= most; count++) {
    const next = closest([cut(merges, voices.length, count), ...divided(likeness, chosen)].map((first) => refined(likeness, first)));
    const gain = Math.sqrt(Math.min(GAIN_WINDOWS, voices.length)) * Math.log(chosen.spread / Math.max(1e-6, next.spread));
    if (gain < settings.leastGain || nearest(centresOf(voices, next.labels)) > SAME_VOICE) break;
    chosen = next;
  }
  return { centres: centresOf(voices, chosen.labels), spread: chosen.spread };
}

export interface EarlyVoices {
  readonly centres: readonly Embedding[];
  /** Added to the likeness of each voice: 0 for who spoke most, less for the others. */
  readonly biases: readonly number[];
}

/**
 * Voices in a first minute or so: a voice opens late rather than wrongly. At least one, unless there is no window.
 * @param most voices that the method by count finds, or found before
 */
export function clusterEarly(windows: readonly VoiceWindow[], most: number, settings = VOICE_SETTINGS): EarlyVoices {
  const founding = windows.filter(({ startMs, endMs }) => endMs - startMs >= FOUNDING_MS);
  if (founding.length < 2) return windows.length > 0 ? { centres: [meanDirection(windows.map(({ embedding }) => embedding))], biases: [0] } : { centres: [], biases: [] };
  const voices = evened(founding);
  const merges = mergesOf(voices.map((a) => Float64Array.from(voices, (b) => dot(a, b))), average);
  const labels = cut(merges, founding.length, founding.length - merges.filter(({ distance }) => distance < 1 - settings.earlyLikeness).length);
  const groups = Array.from({ length: Math.max(...labels) + 1 }, (_, k) => founding.filter((_window, i) => labels[i] === k)).sort((a, b) => b.length - a.length);
  const spoken = groups.filter((group, k) => k === 0 || (k < most && coveredMs(group) >= EARLY_SPEECH_MS));
  const greatest = groups[0]?.length ?? 1;
  return { centres: spoken.map((group) => meanDirection(group.map(({ embedding }) => embedding))), biases: spoken.map((group) => RARE_VOICE * Math.log(group.length / greatest)) };
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

function evened(windows: readonly VoiceWindow[]): Embedding[] {
  const reach = 4 * NEIGHBOUR_MS;
  const middle = windows.map(({ startMs, endMs }) => (startMs + endMs) / 2);
  return windows.map((window, i) => {
    const near: Embedding[] = [];
    const weights: number[] = [];
    const take = (j: number): boolean => {
      const other = windows[j];
      const apart = Math.abs((middle[j] ?? Infinity) - (middle[i] as number));
      if (!other || apart > reach) return false;
      near.push(other.embedding);
      weights.push((other.endMs - other.startMs) * Math.exp(-(apart ** 2) / (2 * NEIGHBOUR_MS ** 2)) * Math.max(0, dot(window.embedding, other.embedding)) ** LIKENESS_POWER);
      return true;
    };
    for (let j = i; take(j); ) j--;
    for (let j = i + 1; take(j); ) j++;
    return meanDirection(near, weights);
  });
}

interface Merge {
  readonly kept: number;
  readonly gone: number;
  readonly distance: number;
}

/** Distance of a group of o windows to one of k and g that join, from those to each (after Lance and Williams). */
type Linkage = (k: number, g: number, o: number, toK: number, toG: number, between: number) => number;
const ward: Linkage = (k, g, o, toK, toG, between) => Math.sqrt(Math.max(0, ((k + o) * toK ** 2 + (g + o) * toG ** 2 - o * between ** 2) / (k + g + o)));
const average: Linkage = (k, g, _o, toK, toG) => (k * toK + g * toG) / (k + g);

/** All merges, the least distance first. */
function mergesOf(likeness: readonly Float64Array[], linkage: Linkage): Merge[] {
  const n = likeness.length;
  const distance = likeness.map((row) => row.map((cosine) => Math.max(0, 1 - cosine)));
  const size = new Array<number>(n).fill(1);
  const alive = new Set(likeness.keys());
  const merges: Merge[] = [];
  // Nearest-neighbour chain (Murtagh 1983): distances of both linkages never shrink, so merges found out of order are in order once sorted.
  let chain: number[] = [];
  while (alive.size > 1) {
    if (chain.length === 0) chain = [alive.values().next().value as number];
    for (;;) {
      const tip = chain.at(-1) as number;
      const before = chain.at(-2);
      let best = before ?? -1;
      for (const other of alive) if (other !== tip && (best < 0 || at(distance, tip, other) < at(distance, tip, best))) best = other;
      if (best !== before) {
        chain.push(best);
        continue;
      }
      merges.push({ kept: tip, gone: best, distance: at(distance, tip, best) });
      join(distance, size, alive, tip, best, linkage);
      chain.length -= 2;
      break;
    }
  }
  return merges.sort((a, b) => a.distance - b.distance);
}

function join(distance: readonly Float64Array[], size: number[], alive: Set<number>, kept: number, gone: number, linkage: Linkage): void {
  alive.delete(gone);
  const [k, g] = [size[kept] as number, size[gone] as number];
  const between = at(distance, kept, gone);
  for (const other of alive) {
    if (other === kept) continue;
    const joined = linkage(k, g, size[other] as number, at(distance, kept, other), at(distance, gone, other), between);
    (distance[kept] as Float64Array)[other] = joined;
    (distance[other] as Float64Array)[kept] = joined;
  }
  size[kept] = k + g;
}

/** Cluster of each voice when `count` are left. */
function cut(merges: readonly Merge[], n: number, count: number): number[] {
  const parent = Array.from({ length: n }, (_, i) => i);
  const root = (i: number): number => (parent[i] === i ? i : root(parent[i] as number));
  for (const { kept, gone } of merges.slice(0, Math.max(0, n - count))) parent[root(gone)] = root(kept);
  const roots = [...new Set(parent.map((_, i) => root(i)))];
  return parent.map((_, i) => roots.indexOf(root(i)));
}

interface Division {
  /** Cluster of each voice. */
  readonly labels: readonly number[];
  /** Cosine of each voice to its centre. */
  readonly own: readonly number[];
  readonly spread: number;
}

/** Ways to begin with one cluster more: what is more like one voice, of some spread over time, than like its centre. */
function divided(likeness: readonly Float64Array[], { labels, own }: Division): number[][] {
  const more = Math.max(...labels) + 1;
  const step = Math.ceil(likeness.length / STARTS);
  return likeness.filter((_row, i) => i % step === 0).map((seed) => labels.map((label, i) => ((seed[i] as number) > (own[i] as number) ? more : label)));
}

function closest(found: readonly Division[]): Division {
  return found.reduce((best, one) => (one.spread < best.spread ? one : best));
}

/** Spherical k-means from cosines alone: a voice is as like a centre as the sum of its cosines to the members over the length of their sum. */
function refined(likeness: readonly Float64Array[], first: readonly number[]): Division {
  let labels = first;
  let own: number[] = [];
  for (let round = 0; round <= REFINEMENTS; round++) {
    const count = Math.max(...labels) + 1;
    const squares = new Array<number>(count).fill(0);
    const sums = likeness.map((row, i) => {
      const to = new Float64Array(count);
      for (let j = 0; j < row.length; j++) to[labels[j] as number]! += row[j] as number;
      squares[labels[i] as number]! += to[labels[i] as number] as number;
      return to;
    });
    const near = sums.map((to) => to.map((sum, k) => ((squares[k] as number) > 0 ? sum / Math.sqrt(squares[k] as number) : -1)));
    labels = near.map(greatest);
    own = near.map((to, i) => to[labels[i] as number] as number);
  }
  return { labels, own, spread: own.reduce((sum, cosine) => sum + 1 - cosine, 0) / own.length };
}

/** Of clusters that have members. */
function centresOf(voices: readonly Embedding[], labels: readonly number[]): Embedding[] {
  return [...new Set(labels)].sort((a, b) => a - b).map((k) => meanDirection(voices.filter((_voice, i) => labels[i] === k)));
}

/** The greatest cosine of two centres. */
function nearest(centres: readonly Embedding[]): number {
  let most = -1;
  centres.forEach((a, i) => centres.slice(i + 1).forEach((b) => (most = Math.max(most, dot(a, b)))));
  return most;
}

function at(distance: readonly Float64Array[], i: number, j: number): number {
  return (distance[i] as Float64Array)[j] as number;
}
