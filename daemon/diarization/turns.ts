/**
 * Converts the voices of windows to turns. Finds the speaker of each moment of a stretch, and the
 * pauses that belong to a turn.
 */
import type { Source } from '../audio/frame';
import type { Embedding, Stretch, Turn } from './contract';
import { dot, greatest } from './vectors';

const STEP_MS = 20;
/** Weight of the ends of a window. Its middle has more weight. */
const LEAST_WEIGHT = 0.05;
/**
 * Longest pause of one speaker that belongs to the turn, in milliseconds, if nobody else speaks in
 * it (docs/decisions/0062-pauses-inside-turns.md).
 */
const LONGEST_PAUSE_MS = 1_300;

export interface VoiceCentre {
  readonly centre: Embedding;
}

/** A part of a stretch with one voice, given by its index. */
export interface VoicePart {
  readonly voice: number;
  readonly startMs: number;
  readonly endMs: number;
}

/**
 * Adds up the similarities of the windows around each step to each voice, weighted by nearness. The
 * best voice of each step wins.
 */
export function voicesOf(stretch: Stretch, voices: readonly VoiceCentre[]): VoicePart[] {
  if (voices.length === 0) return [];
  const similarity = stretch.windows.map(({ embedding }) =>
    voices.map(({ centre }) => dot(embedding, centre)),
  );
  const parts: VoicePart[] = [];
  for (let from = stretch.startMs; from < stretch.endMs; from += STEP_MS) {
    const to = Math.min(stretch.endMs, from + STEP_MS);
    const voice = voiceAt(stretch, similarity, (from + to) / 2, voices.length);
    if (voice === undefined) continue;
    const last = parts.at(-1);
    if (last?.voice === voice && last.endMs === from)
      parts[parts.length - 1] = { ...last, endMs: to };
    else parts.push({ voice, startMs: from, endMs: to });
  }
  return parts;
}

function voiceAt(
  { windows }: Stretch,
  similarity: readonly (readonly number[])[],
  ms: number,
  count: number,
): number | undefined {
  const sums = new Array<number>(count).fill(0);
  let nearest = -1;
  let apart = Infinity;
  let inside = false;
  windows.forEach(({ startMs, endMs }, w) => {
    const middle = (startMs + endMs) / 2;
    const away = Math.abs(ms - middle);
    if (away < apart) [apart, nearest] = [away, w];
    if (ms < startMs || ms >= endMs) return;
    inside = true;
    const weight = 1 + LEAST_WEIGHT - away / ((endMs - startMs) / 2);
    for (let k = 0; k < count; k++)
      sums[k] = (sums[k] as number) + weight * (similarity[w]?.[k] ?? 0);
  });
  if (inside) return greatest(sums);
  return nearest < 0 ? undefined : greatest(similarity[nearest] ?? []);
}

/**
 * Turns of one source in order. A speaker's pauses are filled if nobody else speaks in them. Turns
 * of two speakers may overlap.
 */
export function joinTurns(turns: readonly Turn[], longestPauseMs = LONGEST_PAUSE_MS): Turn[] {
  const joined: Turn[] = [];
  const lastOf = new Map<string, number>();
  let latest = -Infinity;
  for (const turn of [...turns].sort((a, b) => a.startMs - b.startMs)) {
    const at = lastOf.get(turn.speaker);
    const last = at === undefined ? undefined : joined[at];
    // Nobody else has spoken since, or the speaker did not stop.
    const goesOn =
      last &&
      (turn.startMs <= last.endMs ||
        (turn.startMs - last.endMs < longestPauseMs && latest <= last.endMs));
    if (last && at !== undefined && goesOn)
      joined[at] = { ...last, endMs: Math.max(last.endMs, turn.endMs) };
    else {
      lastOf.set(turn.speaker, joined.length);
      joined.push(turn);
    }
    latest = Math.max(latest, turn.endMs);
  }
  return joined;
}

/** Milliseconds of each speaker in a span, weighted by overlap. */
export function speakersIn(
  turns: readonly Turn[],
  source: Source,
  startMs: number,
  endMs: number,
): Map<string, number> {
  const found = new Map<string, number>();
  for (const turn of turns) {
    const shared =
      turn.source === source ? Math.min(endMs, turn.endMs) - Math.max(startMs, turn.startMs) : 0;
    if (shared > 0) found.set(turn.speaker, (found.get(turn.speaker) ?? 0) + shared);
  }
  return found;
}

interface TimeSpan {
  readonly startMs: number;
  readonly endMs: number;
}

/** Common time of the spans of two lists, in milliseconds. Each list is in order. */
export function overlapMs(a: readonly TimeSpan[], b: readonly TimeSpan[]): number {
  let shared = 0;
  let first = 0;
  for (const span of a) {
    while (first < b.length && (b[first] as TimeSpan).endMs <= span.startMs) first++;
    for (let i = first; i < b.length && (b[i] as TimeSpan).startMs < span.endMs; i++)
      shared += Math.max(
        0,
        Math.min(span.endMs, (b[i] as TimeSpan).endMs) -
          Math.max(span.startMs, (b[i] as TimeSpan).startMs),
      );
  }
  return shared;
}
