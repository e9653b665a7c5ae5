/**
 * Decides whether a segment of the microphone is an echo. Audio and text must both agree. Own
 * speech in the audio keeps a segment, whatever its words are; where own speech and echo follow
 * each other, the segment is split. The thresholds come from meetings mixed into the microphone at
 * −3 to −25 dB (`bench/echo.ts`): segments of echo alone correlate at 0.93 to 1, voices that talk
 * at once at most at 0.84.
 */
import { FRAME_MS } from '../audio/frame';
import {
  AFTER,
  BEFORE,
  type EchoCorrelation,
  type EchoPath,
  isOwn,
  correlateSpeech,
} from './echoCorrelation';
import { type Match, type TimedWord, matchWords } from './echoText';

/** Envelopes that correlate from here on are one audio signal. */
const SAME_AUDIO = 0.85;
/**
 * Envelopes from here on may be one signal in a ringing room, when nearly all words agree too. Only
 * part of the words must agree from the second value on.
 */
const MAYBE_SAME_AUDIO = 0.78;
const SURELY_SAME_AUDIO = 0.92;
/** Own audio that misjudged frames may add up to. */
const OWN_MS = 80;
const OWN_SHARE = 0.02;
/**
 * The audio of a stretch between own speech is certainly an echo: its quiet frames are judged by
 * its own loudness, so the decay of a voice before it counts.
 */
const STRETCH_OWN_SHARE = 0.05;
/**
 * Share of the words that must occur in the system's text. A soft echo is often misrecognised, so
 * audio that is certainly an echo needs fewer.
 */
const COVERED = 0.5;
const NEARLY_ALL = 0.85;
/**
 * Shorter segments may correlate by chance, or because two people say the same word. They must also
 * match the room that longer segments have shown. Nobody says more than this together with another
 * person.
 */
const LONG_WORDS = 8;
const LONG_MS = 2_200;
/** This many words in a row that the system did not say are own speech. */
const OWN_WORDS = 5;
/** The same between two stretches of own speech, where a short answer is rarely misrecognised. */
const ANSWER_WORDS = 2;
/**
 * Below this the level of the echo comes from the room's estimate: a voice over the echo makes it
 * seem louder.
 */
const CLEAN = 0.95;
const SAME_LAG_MS = 40;
const SAME_GAIN_DB = 4;
/**
 * In a segment of both, a stretch of echo is removed when it has at least this much audio and this
 * many words.
 */
const STRETCH_MS = 600;
const STRETCH_WORDS = 3;
/** This much audio is enough to hold back partial words. */
const GLIMPSE_MS = 200;
/** Own speech over the echo for this long is double-talk; nothing of it is removed. */
const BOTH_MS = 160;
/** Misrecognised words at the edge of a stretch that belong to it. */
const EDGE_WORDS = 3;
/** Stretches of own speech with shorter pauses are joined. */
const PAUSE_FRAMES = 15;
/** Error of a word time, milliseconds. */
const WORD_TIME_MS = 1_500;

export interface EchoCase {
  readonly startMs: number;
  readonly words: readonly TimedWord[];
  /** Words of the system at about that time, in order. */
  readonly others: readonly TimedWord[];
  /** In the form that `similarity` takes. */
  readonly mic: Float32Array;
  readonly system: Float32Array;
  readonly noiseDb: number;
  readonly path: EchoPath | undefined;
}

/** Words from … to (exclusive) that are an echo, and their time. */
export interface EchoRun {
  readonly from: number;
  readonly to: number;
  readonly startMs: number;
  readonly endMs: number;
}

export type Decision =
  /** `suspect`: the audio of a visible part is an echo, and the system's words may still arrive. */
  | { readonly kind: 'keep'; readonly suspect: boolean }
  | { readonly kind: 'hide'; readonly path?: EchoPath }
  /** In order; at least one word stays visible. */
  | {
      readonly kind: 'part';
      readonly runs: readonly EchoRun[];
      readonly suspect: boolean;
      readonly path?: EchoPath;
    };

export function decide(given: EchoCase): Decision {
  const { words, mic, system, noiseDb, path } = given;
  const alone = correlateSpeech(mic, system, noiseDb);
  const receive =
    alone && path && alone.correlation < CLEAN && sameWay(alone, path)
      ? correlateSpeech(mic, system, noiseDb, path)
      : alone;
  if (!receive || words.length === 0) return { kind: 'keep', suspect: false };
  const matches = matchWords(words, given.others);
  if (correlates(receive, MAYBE_SAME_AUDIO)) {
    const covered = coverage(matches);
    const sure = receive.correlation >= SAME_AUDIO;
    const long = words.length >= LONG_WORDS && receive.audioMs >= LONG_MS;
    const fits = long || sameWay(receive, path);
    if (
      fits &&
      longestMiss(matches) < OWN_WORDS &&
      covered >= (receive.correlation >= SURELY_SAME_AUDIO ? COVERED : NEARLY_ALL)
    )
      return {
        kind: 'hide',
        ...(sure && long ? { path: { lagMs: receive.lagMs, gainDb: receive.gainDb } } : {}),
      };
    return { kind: 'keep', suspect: sure && fits };
  }
  return partly(
    given,
    path ? (correlateSpeech(mic, system, noiseDb, path) ?? receive) : receive,
    matches,
  );
}

/** True where the audio so far is only the loudspeakers'. Used for partials. */
export function resemblesEcho(mic: Float32Array, system: Float32Array, noiseDb: number): boolean {
  const receive = correlateSpeech(mic, system, noiseDb);
  return receive !== undefined && receive.audioMs >= GLIMPSE_MS && correlates(receive, SAME_AUDIO);
}

function correlates(
  { correlation, ownMs, audioMs }: EchoCorrelation,
  least: number,
  ownShare = OWN_SHARE,
): boolean {
  return correlation >= least && ownMs <= Math.max(OWN_MS, ownShare * audioMs);
}

function sameWay(receive: EchoPath, path: EchoPath | undefined): boolean {
  return (
    path !== undefined &&
    Math.abs(receive.lagMs - path.lagMs) <= SAME_LAG_MS &&
    Math.abs(receive.gainDb - path.gainDb) <= SAME_GAIN_DB
  );
}

/** Share of the words that occur in the other text, 0–1. */
function coverage(matches: readonly Match[]): number {
  return matches.reduce((sum, match) => sum + (match?.alike ?? 0), 0) / Math.max(1, matches.length);
}

/** Longest run of words without a match. */
function longestMiss(matches: readonly Match[]): number {
  let most = 0;
  let run = 0;
  for (const match of matches) most = Math.max(most, (run = match ? 0 : run + 1));
  return most;
}

function partly(
  { startMs, words, mic, system, noiseDb, path }: EchoCase,
  receive: EchoCorrelation,
  matches: readonly Match[],
): Decision {
  if (receive.bothMs >= BOTH_MS) return { kind: 'keep', suspect: false };
  const runs: EchoRun[] = [];
  let suspect = false;
  let learnt: EchoPath | undefined;
  for (const { from, to } of stretches(receive)) {
    const alone = correlateSpeech(
      mic.subarray(from, to),
      system.subarray(from, to + BEFORE + AFTER),
      noiseDb,
    );
    if (
      !alone ||
      alone.audioMs < STRETCH_MS ||
      !correlates(alone, SAME_AUDIO, alone.correlation >= CLEAN ? STRETCH_OWN_SHARE : OWN_SHARE)
    )
      continue;
    const known = sameWay(alone, path ?? learnt);
    if (!known && alone.audioMs < LONG_MS) continue;
    const run = bestRun(
      words,
      matches,
      startMs + from * FRAME_MS,
      startMs + to * FRAME_MS,
      runs.at(-1)?.to ?? 0,
    );
    if (!run || (!known && run.to - run.from < LONG_WORDS)) {
      suspect = true;
      continue;
    }
    if (!known) learnt = { lagMs: alone.lagMs, gainDb: alone.gainDb };
    // Before the first own audio and after the last, only echo remains.
    const first = from === 0 && run.from <= EDGE_WORDS ? 0 : run.from;
    const last =
      to === receive.frames.length && words.length - run.to <= EDGE_WORDS ? words.length : run.to;
    runs.push({
      from: first,
      to: last,
      startMs: startMs + from * FRAME_MS,
      endMs: startMs + to * FRAME_MS,
    });
  }
  if (runs.length === 0) return { kind: 'keep', suspect };
  if (runs.reduce((sum, run) => sum + run.to - run.from, 0) >= words.length)
    return { kind: 'keep', suspect: true };
  return { kind: 'part', runs, suspect, ...(learnt ? { path: learnt } : {}) };
}

/** Stretches without own speech before, between and after own speech. */
function stretches({ frames }: EchoCorrelation): { from: number; to: number }[] {
  const found: { from: number; to: number }[] = [];
  let from = 0;
  for (let i = 0; i <= frames.length; i++) {
    if (i < frames.length && !isOwn(frames[i])) continue;
    if (i - from > PAUSE_FRAMES) found.push({ from, to: i });
    from = i + 1;
  }
  return found;
}

/**
 * The words near that time whose matches mostly follow each other in the other text. A cut falls
 * between sentences where possible.
 */
function bestRun(
  words: readonly TimedWord[],
  matches: readonly Match[],
  startMs: number,
  endMs: number,
  after: number,
): { from: number; to: number } | undefined {
  let best: { from: number; to: number; score: number } | undefined;
  for (let from = after; from < words.length; from++) {
    const first = matches[from];
    if (!first || !near(words[from], startMs, endMs)) continue;
    let score = from === 0 || endsSentence(words[from - 1]) ? 1 : 0;
    let last = first.index - 1;
    let missed = 0;
    for (let to = from + 1; to <= words.length && near(words[to - 1], startMs, endMs); to++) {
      const match = matches[to - 1];
      if (match) {
        score += match.index - last > 3 ? match.alike - 2 : match.alike;
        last = match.index;
        missed = 0;
      } else {
        score -= 0.8;
        if (++missed >= ANSWER_WORDS) break;
      }
      // A misrecognised word may end a run only at the end of a sentence.
      if (!match && !endsSentence(words[to - 1])) continue;
      const total = score + (to === words.length || endsSentence(words[to - 1]) ? 1 : 0);
      if (
        to - from >= STRETCH_WORDS &&
        (!best || total > best.score) &&
        coverage(matches.slice(from, to)) >= 0.6
      )
        best = { from, to, score: total };
    }
  }
  return best && best.score >= STRETCH_WORDS ? { from: best.from, to: best.to } : undefined;
}

function near(word: TimedWord | undefined, startMs: number, endMs: number): boolean {
  return (
    word !== undefined &&
    word.endMs >= startMs - WORD_TIME_MS &&
    word.startMs <= endMs + WORD_TIME_MS
  );
}

function endsSentence(word: TimedWord | undefined): boolean {
  return word !== undefined && /[.?!]["')]?$/.test(word.text);
}
