/**
 * Diarization of a whole recording. Pieces with one voice are clustered, and small clusters join
 * others. Every piece takes the nearest voice. In an overlap, both voices speak.
 */
import type { Embedding } from './contract';
import type { VoicePiece, VoiceRun } from './segmentationStream';
import { dot, greatest } from './vectors';
import { type VoiceSettings, VOICE_SETTINGS, voiceCentres } from './voiceCentres';

export interface FinalSettings extends VoiceSettings {
  /** Added to the similarity of the voice that the same track had in the previous piece. */
  readonly trackBonus: number;
  /** Longest pause of one voice that is filled, in milliseconds. */
  readonly pauseMs: number;
}

/**
 * Tuned on the tuning part of the simulated conversations
 * (docs/decisions/0067-speakers-by-segmentation.md).
 */
const FINAL_SETTINGS: FinalSettings = { ...VOICE_SETTINGS, trackBonus: 0.1, pauseMs: 100 };

export interface FinalVoice {
  readonly centre: Embedding;
}

/** Speech of one voice, given by its index. */
export interface FinalTurn {
  readonly voice: number;
  readonly startMs: number;
  readonly endMs: number;
}

export interface FinalSpeakers {
  readonly voices: readonly FinalVoice[];
  /** Sorted by start. Turns of different voices may overlap. */
  readonly turns: readonly FinalTurn[];
}

/**
 * If the track of an overlap names no second voice, a voice within this time is taken, in
 * milliseconds.
 */
const NEAR_MS = 5_000;

const middleOf = ({ startMs, endMs }: { startMs: number; endMs: number }): number =>
  (startMs + endMs) / 2;

/**
 * @param pieces in order
 * @param runs stretches with speech, in order
 */
export function finalSpeakers(
  pieces: readonly VoicePiece[],
  runs: readonly VoiceRun[],
  settings = FINAL_SETTINGS,
): FinalSpeakers {
  const centres = voiceCentres(
    pieces.flatMap(({ startMs, endMs, embedding }) =>
      embedding ? [{ startMs, endMs, embedding }] : [],
    ),
    settings,
  );
  return {
    voices: centres.map((centre) => ({ centre })),
    turns: voiceTurns(pieces, runs, centres, settings),
  };
}

/** Turns of the voices with the given centres. */
export function voiceTurns(
  pieces: readonly VoicePiece[],
  runs: readonly VoiceRun[],
  centres: readonly Embedding[],
  settings = FINAL_SETTINGS,
): FinalTurn[] {
  const labels = labelsOf(pieces, centres, settings);
  return filled(turnsOf(pieces, labels, runs, centres.length), settings.pauseMs);
}

/**
 * Voice of each piece. A piece without an embedding takes the voice of its track, or of its
 * neighbour.
 */
function labelsOf(
  pieces: readonly VoicePiece[],
  centres: readonly Embedding[],
  { trackBonus }: FinalSettings,
): number[] {
  const last = new Map<number, number>();
  const labels = pieces.map(({ embedding, track }) => {
    if (!embedding || centres.length === 0) return -1;
    const before = last.get(track);
    const label = greatest(
      centres.map((centre, k) => dot(embedding, centre) + (k === before ? trackBonus : 0)),
    );
    last.set(track, label);
    return label;
  });
  const known = pieces.flatMap((piece, i) =>
    (labels[i] as number) < 0 ? [] : [{ piece, label: labels[i] as number }],
  );
  const byTrack = grouped(known, ({ piece }) => piece.track);
  return labels.map((label, i) => {
    if (label >= 0) return label;
    const piece = pieces[i] as VoicePiece;
    const near = byTrack.get(piece.track) ?? known;
    return nearestIn(near, middleOf(piece))?.label ?? 0;
  });
}

interface Labelled {
  readonly piece: VoicePiece;
  readonly label: number;
}

function grouped<T, K>(all: readonly T[], by: (one: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const one of all) {
    const group = groups.get(by(one));
    if (group) group.push(one);
    else groups.set(by(one), [one]);
  }
  return groups;
}

function nearestIn(labelled: readonly Labelled[], ms: number): Labelled | undefined {
  let best: Labelled | undefined;
  let least = Infinity;
  for (const one of labelled) {
    const apart = Math.abs(middleOf(one.piece) - ms);
    if (apart < least) [best, least] = [one, apart];
  }
  return best;
}

function turnsOf(
  pieces: readonly VoicePiece[],
  labels: readonly number[],
  runs: readonly VoiceRun[],
  voices: number,
): FinalTurn[] {
  const labelled = pieces.map((piece, i) => ({ piece, label: labels[i] as number }));
  const byTrack = grouped(labelled, ({ piece }) => piece.track);
  const turns = labelled.map(({ piece, label }) => ({
    voice: label,
    startMs: piece.startMs,
    endMs: piece.endMs,
  }));
  for (const run of runs)
    if (run.tracks.length > 1)
      for (const voice of overlapVoices(run, labelled, byTrack, voices))
        turns.push({ voice, startMs: run.startMs, endMs: run.endMs });
  return turns.sort((a, b) => a.startMs - b.startMs);
}

/**
 * Voices of the nearby tracks. Two tracks in an overlap are two people, even if both name the same
 * voice.
 */
function overlapVoices(
  run: VoiceRun,
  labelled: readonly Labelled[],
  byTrack: ReadonlyMap<number, readonly Labelled[]>,
  voices: number,
): Set<number> {
  const middle = middleOf(run);
  const found = new Set<number>();
  for (const track of run.tracks) {
    const own = nearestIn(byTrack.get(track) ?? [], middle)?.label;
    if (own !== undefined) found.add(own);
  }
  if (found.size < Math.min(run.tracks.length, voices)) {
    const other = nearestIn(
      labelled.filter(
        ({ piece, label }) => !found.has(label) && Math.abs(middleOf(piece) - middle) < NEAR_MS,
      ),
      middle,
    );
    if (other) found.add(other.label);
  }
  if (found.size === 0) found.add(0);
  return found;
}

/** Turns of each voice, joined over its short pauses. */
function filled(turns: readonly FinalTurn[], pauseMs: number): FinalTurn[] {
  const open = new Map<number, FinalTurn>();
  const done: FinalTurn[] = [];
  for (const turn of turns) {
    const last = open.get(turn.voice);
    if (last && turn.startMs - last.endMs <= pauseMs)
      open.set(turn.voice, { ...last, endMs: Math.max(last.endMs, turn.endMs) });
    else {
      if (last) done.push(last);
      open.set(turn.voice, turn);
    }
  }
  return [...done, ...open.values()].sort((a, b) => a.startMs - b.startMs);
}
