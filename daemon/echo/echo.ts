/**
 * Echo removal in one session. It compares the loudness of the microphone with that of the system's
 * audio, and the finals of both, and hides the microphone's segments that repeat the loudspeakers.
 * Hidden segments keep their words. Times are those of the capture clock, so a file that is read
 * fast is judged like a live recording.
 */
import { FRAME_MS, type Frame } from '../audio/frame';
import type { Revision } from '../transcript/revision';
import { type Decision, type EchoRun, decide, resemblesEcho } from './echoDecision';
import { EnvelopeTrack } from './echoEnvelope';
import { AFTER, BEFORE, type EchoPath } from './echoCorrelation';
import type { Segment } from '../transcript/types';

/** Finals remembered per source. The sources of a file may be minutes apart. */
const REMEMBERED = 128;
/**
 * Words of the system this long before and after the microphone's can be the same speech,
 * milliseconds.
 */
const NEAR_MS = 1_500;
/** Weight of a new echo in the running estimate of the room. */
const LEARN = 0.3;

export interface EchoVerdict {
  /** Result for a final: whole, hidden, or its parts in order. */
  readonly segments: readonly Segment[];
  /**
   * The audio of the segment, or of a part, is an echo, but the system's words have not arrived
   * yet.
   */
  readonly suspect: boolean;
}

export class EchoRemover {
  private readonly mic = new EnvelopeTrack();
  private readonly system = new EnvelopeTrack();
  private readonly said: Segment[] = [];
  /** Finals of the microphone that may still turn out to be an echo. */
  private readonly open: Segment[] = [];
  private path: EchoPath | undefined;
  /** Finals of the system since the last `takeFresh`. */
  private fresh: Segment[] = [];
  private taught = false;

  receive(frame: Frame): void {
    if (frame.source === 'mic') this.mic.push(frame);
    if (frame.source === 'system') this.system.push(frame);
  }

  /** Judges a final of the microphone by the present knowledge. It may be called again. */
  judge(segment: Segment): EchoVerdict {
    const decision = this.decide(segment);
    return {
      segments: partsOf(segment, decision),
      suspect: decision.kind !== 'hide' && decision.suspect,
    };
  }

  /**
   * Notes that a final of the microphone was published, whole or in parts. Later words of the
   * system may hide visible parts of it.
   */
  published(segments: readonly Segment[]): void {
    for (const segment of segments) if (!segment.hidden) remember(this.open, segment);
  }

  /** Notes a final of the system. */
  add(segment: Segment): void {
    remember(this.said, segment);
    remember(this.fresh, segment);
  }

  /** @returns the system's finals since the last call */
  takeFresh(): readonly Segment[] {
    const { fresh } = this;
    this.fresh = [];
    return fresh;
  }

  /** True when the estimate of the room changed, so that earlier finals must be judged again. */
  get learnt(): boolean {
    return this.taught;
  }

  /**
   * @returns published finals that turn out to be echoes now
   * @param fresh finals of the system since the last call
   * @param current returns the present segment; a segment that a person revised stays, and an
   * unpublished one waits
   */
  late(fresh: readonly Segment[], current: (id: string) => Segment | undefined): Revision[] {
    const revisions = this.lateOf(fresh, current);
    // A long echo teaches the room, so that earlier short ones can be recognised.
    return this.taught ? [...revisions, ...this.lateOf([], current)] : revisions;
  }

  private lateOf(
    fresh: readonly Segment[],
    current: (id: string) => Segment | undefined,
  ): Revision[] {
    const revisions: Revision[] = [];
    const { taught } = this;
    this.taught = false;
    for (const segment of [...this.open]) {
      if (!taught && !fresh.some((other) => nearby(other, segment))) continue;
      const now = current(segment.id);
      if (now === undefined) continue;
      const close = (): void => void this.open.splice(this.open.indexOf(segment), 1);
      if (now.revision > 0) {
        close();
        continue;
      }
      const parts = partsOf(now, this.decide(now));
      const revision = revisionOf(now, parts);
      if (!revision) continue;
      close();
      revisions.push(revision);
      // The first part is published as a revision, the others as new segments.
      this.published(parts.slice(1));
    }
    return revisions;
  }

  /** True while the microphone has captured only the loudspeakers since `fromMs`. */
  echoing(fromMs: number): boolean {
    const frames = Math.round((this.mic.endMs - fromMs) / FRAME_MS);
    return (
      frames > 0 &&
      resemblesEcho(
        this.mic.slice(fromMs, frames),
        this.systemAround(fromMs, frames),
        this.mic.noiseDb(this.mic.endMs),
      )
    );
  }

  private decide(segment: Segment): Decision {
    const words = timedWords(segment);
    const others = this.said
      .filter((other) => nearby(other, segment))
      .sort((a, b) => a.startMs - b.startMs);
    const frames = Math.round((segment.endMs - segment.startMs) / FRAME_MS);
    const decision = decide({
      startMs: segment.startMs,
      words,
      others: others.flatMap(timedWords),
      mic: this.mic.slice(segment.startMs, frames),
      system: this.systemAround(segment.startMs, frames),
      noiseDb: this.mic.noiseDb(segment.endMs),
      path: this.path,
    });
    if (decision.kind !== 'keep' && decision.path) this.learn(decision.path);
    return decision;
  }

  private systemAround(fromMs: number, frames: number): Float32Array {
    return this.system.slice(
      (Math.round(fromMs / FRAME_MS) - BEFORE) * FRAME_MS,
      frames + BEFORE + AFTER,
    );
  }

  private learn(path: EchoPath): void {
    const old = this.path;
    if (!old) this.taught = true;
    // Another device or another volume makes the estimate of the room invalid.
    if (!old || Math.abs(path.lagMs - old.lagMs) > 60 || Math.abs(path.gainDb - old.gainDb) > 6)
      this.path = path;
    else
      this.path = {
        lagMs: old.lagMs + LEARN * (path.lagMs - old.lagMs),
        gainDb: old.gainDb + LEARN * (path.gainDb - old.gainDb),
      };
  }
}

function nearby(a: Segment, b: Segment): boolean {
  return a.startMs < b.endMs + NEAR_MS && a.endMs > b.startMs - NEAR_MS;
}

function remember(list: Segment[], segment: Segment): void {
  list.push(segment);
  if (list.length > REMEMBERED) list.shift();
}

function timedWords({
  words,
  text,
  startMs,
  endMs,
}: Segment): readonly { text: string; startMs: number; endMs: number }[] {
  if (words && words.length > 0) return words;
  const tokens = text.split(/\s+/).filter(Boolean);
  const step = (endMs - startMs) / Math.max(1, tokens.length);
  return tokens.map((token, i) => ({
    text: token,
    startMs: startMs + i * step,
    endMs: startMs + (i + 1) * step,
  }));
}

/**
 * @returns whether the machine hides or splits the segment; undefined where it stays whole and
 * visible
 */
function revisionOf(before: Segment, parts: readonly Segment[]): Revision | undefined {
  const [first, ...added] = parts;
  if (!first || (added.length === 0 && !first.hidden)) return undefined;
  const revision = before.revision + 1;
  const segment = { ...first, revision };
  return {
    segmentId: before.id,
    revision,
    by: 'machine',
    segment,
    ...(added.length > 0 ? { op: 'split', added } : { op: 'hide' }),
  };
}

function partsOf(segment: Segment, decision: Decision): readonly Segment[] {
  if (decision.kind === 'hide') return [{ ...segment, hidden: true }];
  const tokens = segment.text.split(/\s+/).filter(Boolean);
  // A segment can be split only where its word list matches its text.
  if (decision.kind === 'keep' || tokens.length !== timedWords(segment).length) return [segment];
  return pieces(segment, decision.runs, tokens.length).map(
    ({ from, to, startMs, endMs, hidden }, i) => ({
      ...segment,
      id: i === 0 ? segment.id : `${segment.id}.${i + 1}`,
      text: tokens.slice(from, to).join(' '),
      startMs,
      endMs,
      ...(segment.words
        ? {
            words: segment.words.slice(from, to).map((word) => ({
              ...word,
              startMs: between(word.startMs, startMs, endMs),
              endMs: between(word.endMs, startMs, endMs),
            })),
          }
        : {}),
      ...(hidden ? { hidden } : {}),
    }),
  );
}

interface Piece extends EchoRun {
  readonly hidden: boolean;
}

/** The runs and the stretches between them, with ascending times. */
function pieces(segment: Segment, runs: readonly EchoRun[], count: number): Piece[] {
  const found: Piece[] = [];
  let at = 0;
  let time = segment.startMs;
  const add = (to: number, endMs: number, hidden: boolean): void => {
    if (to <= at) return;
    const end = Math.max(time + 1, endMs);
    found.push({ from: at, to, startMs: time, endMs: end, hidden });
    [at, time] = [to, end];
  };
  for (const run of runs) {
    add(run.from, run.startMs, false);
    add(run.to, run.to === count ? segment.endMs : run.endMs, true);
  }
  add(count, segment.endMs, false);
  return found;
}

function between(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
