/** Speech of one source by the speech detector, and turns that are limited to it. */
import type { Frame, Source } from '../audio/frame';
import type { SpeechDetector } from '../vad/contract';
import type { Turn } from './contract';
import { EmbeddingStream } from './embeddingStream';

/** Times of a session in milliseconds. */
export interface TimeSpan {
  readonly startMs: number;
  readonly endMs: number;
}

/**
 * Speech probability (0…1) from which faint speech is possible, and the margin at both ends in
 * milliseconds (docs/decisions/0094-faint-speech-in-final-turns.md).
 */
const FAINT = 0.05;
const FAINT_MARGIN_MS = 60;

export class SpokenSpans {
  private readonly stream: EmbeddingStream;
  private readonly ended: TimeSpan[] = [];
  private readonly faint: TimeSpan[] = [];

  constructor(source: Source, detector: SpeechDetector) {
    this.stream = new EmbeddingStream({
      source,
      detector,
      embedder: { embed: () => Promise.resolve([]) },
      onWindow: () => undefined,
      onStretch: ({ startMs, endMs }) => this.ended.push({ startMs, endMs }),
      onProbability: (probability, startMs, endMs) => {
        if (probability >= FAINT)
          this.addFaint({ startMs: startMs - FAINT_MARGIN_MS, endMs: endMs + FAINT_MARGIN_MS });
      },
    });
  }

  /**
   * Spans that may contain faint speech, in order. They contain more than `since(0)`: the detector
   * is nearly sure that the rest is silence.
   */
  get possible(): readonly TimeSpan[] {
    return this.faint;
  }

  /**
   * Takes frames in order.
   * @throws errors of the detector; the next call continues after them
   */
  process(frames: readonly Frame[]): Promise<void> {
    return this.stream.process(frames);
  }

  /** Ends the open span. */
  flush(): Promise<void> {
    return this.stream.flush();
  }

  dispose(): void {
    this.stream.dispose();
  }

  private addFaint({ startMs, endMs }: TimeSpan): void {
    const last = this.faint.at(-1);
    if (last && startMs <= last.endMs) this.faint[this.faint.length - 1] = { ...last, endMs };
    else this.faint.push({ startMs, endMs });
  }

  /** True if a part of the time is speech. */
  isSpeech(startMs: number, endMs: number): boolean {
    return this.since(startMs).some((span) => span.startMs < endMs);
  }

  /** Spans that end after a time, in order; the open span is the last. */
  since(ms: number): readonly TimeSpan[] {
    const { open } = this.stream;
    const found: TimeSpan[] = open && open.endMs > ms ? [open] : [];
    for (let i = this.ended.length - 1; i >= 0; i--) {
      const span = this.ended[i] as TimeSpan;
      if (span.endMs <= ms) break;
      found.push(span);
    }
    return found.reverse();
  }
}

/** Parts of the turns within speech, sorted by start. */
export function withinSpeech<T extends TimeSpan>(
  turns: readonly T[],
  speech: readonly TimeSpan[],
): T[] {
  let first = 0;
  return [...turns]
    .sort((a, b) => a.startMs - b.startMs)
    .flatMap((turn) => {
      while (first < speech.length && (speech[first] as TimeSpan).endMs <= turn.startMs) first++;
      const parts: T[] = [];
      for (let i = first; i < speech.length; i++) {
        const span = speech[i] as TimeSpan;
        if (span.startMs >= turn.endMs) break;
        const startMs = Math.max(turn.startMs, span.startMs);
        const endMs = Math.min(turn.endMs, span.endMs);
        if (endMs > startMs) parts.push({ ...turn, startMs, endMs });
      }
      return parts;
    });
}

/**
 * Turns with the speech that no turn covers: it belongs to the turn before it in its span, else to
 * the next one.
 * @param turns in order of their starts
 */
export function withAllSpeech(turns: readonly Turn[], speech: readonly TimeSpan[]): Turn[] {
  const all = [...turns];
  let first = 0;
  let earlier: Turn | undefined;
  for (const span of speech) {
    let at = span.startMs;
    let last: Turn | undefined;
    while (first < turns.length && (turns[first] as Turn).endMs <= span.startMs)
      earlier = turns[first++];
    let i = first;
    for (; i < turns.length && (turns[i] as Turn).startMs < span.endMs; i++) {
      const turn = turns[i] as Turn;
      if (turn.startMs > at) all.push({ ...(last ?? turn), startMs: at, endMs: turn.startMs });
      if (turn.endMs > at) {
        at = turn.endMs;
        last = turn;
      }
    }
    const speaker = last ?? earlier ?? turns[i];
    if (speaker && at < span.endMs) all.push({ ...speaker, startMs: at, endMs: span.endMs });
  }
  return all.sort((a, b) => a.startMs - b.startMs);
}
