/**
 * Estimates the number of voices and their centres. Embeddings are clustered by average linkage,
 * small clusters join others, and the centres are refined as in k-means.
 */
import { averageLinkage, type Separation } from './agglomerative';
import type { Embedding, VoiceWindow } from './contract';
import { dot, greatest, meanDirection } from './vectors';

export interface VoiceSettings {
  /** Mean cosine distance from which two clusters are always two voices. */
  readonly threshold: number;
  readonly separation: Separation;
  /** Minimum length of a window that may found a cluster, in milliseconds. */
  readonly foundingMs: number;
  /** Minimum speech of a separate cluster: a share of all speech, with bounds in milliseconds. */
  readonly small: { readonly part: number; readonly leastMs: number; readonly mostMs: number };
}

/**
 * Tuned on the tuning part of the simulated conversations
 * (docs/decisions/0067-speakers-by-segmentation.md,
 * docs/decisions/0094-faint-speech-in-final-turns.md).
 */
export const VOICE_SETTINGS: VoiceSettings = {
  threshold: 0.7,
  separation: { close: 0.5, margin: 0.25 },
  foundingMs: 800,
  small: { part: 0.02, leastMs: 1_000, mostMs: 2_000 },
};

/**
 * Maximum number of clustered windows: an hour of speech in pieces. Further windows take their
 * voice from the others.
 */
const MOST_CLUSTERED = 2_500;
const ROUNDS = 3;

/**
 * @param windows in order of time; they may overlap
 * @returns a centre for each voice, the voice with most speech first; at least one, unless there
 * are no windows
 */
export function voiceCentres(
  windows: readonly VoiceWindow[],
  settings = VOICE_SETTINGS,
): Embedding[] {
  const founding = foundingOf(windows, settings);
  if (founding.length === 0) return [];
  const labels = averageLinkage(
    founding.map(({ embedding }) => embedding),
    settings.threshold,
    settings.separation,
  );
  const clusters = Array.from({ length: Math.max(...labels) + 1 }, (_, k) =>
    founding.filter((_window, i) => labels[i] === k),
  ).sort((a, b) => coveredMs(b) - coveredMs(a));
  const { part, leastMs, mostMs } = settings.small;
  const smallMs = Math.min(mostMs, Math.max(leastMs, part * coveredMs(founding)));
  const large = clusters.filter((own, k) => k === 0 || coveredMs(own) >= smallMs);
  let centres = large.map(centreOf);
  for (let round = 0; round < ROUNDS; round++) {
    const nearest = founding.map(({ embedding }) => nearestVoice(embedding, centres));
    centres = centres.map((centre, k) => {
      const own = founding.filter((_window, i) => nearest[i] === k);
      return own.length > 0 ? centreOf(own) : centre;
    });
  }
  return centres;
}

/** Index of the most similar centre; −1 if there is none. */
export function nearestVoice(embedding: Embedding, centres: readonly Embedding[]): number {
  return greatest(centres.map((centre) => dot(embedding, centre)));
}

/** Long windows, thinned out evenly if there are too many. */
function foundingOf(
  windows: readonly VoiceWindow[],
  { foundingMs }: VoiceSettings,
): readonly VoiceWindow[] {
  const long = windows.filter(({ startMs, endMs }) => endMs - startMs >= foundingMs);
  const all = long.length > 0 ? long : windows;
  const step = all.length / MOST_CLUSTERED;
  return step <= 1
    ? all
    : Array.from({ length: MOST_CLUSTERED }, (_, i) => all[Math.floor(i * step)] as VoiceWindow);
}

/** Total time of the windows in milliseconds. Overlaps count once. */
function coveredMs(windows: readonly VoiceWindow[]): number {
  let covered = 0;
  let end = -Infinity;
  for (const { startMs, endMs } of windows) {
    covered += Math.max(0, endMs - Math.max(end, startMs));
    end = Math.max(end, endMs);
  }
  return covered;
}

function centreOf(windows: readonly VoiceWindow[]): Embedding {
  return meanDirection(
    windows.map(({ embedding }) => embedding),
    windows.map(({ startMs, endMs }) => Math.sqrt(endMs - startMs)),
  );
}
