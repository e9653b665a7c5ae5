/**
 * Divides the speech of one source into stretches between pauses, and into windows for the encoder,
 * during recording. Its boundaries are those of turns and are tighter than those of phrases: a
 * recogniser needs context, a turn ends with its last word.
 */
import { SAMPLE_RATE } from '../audio/frame';
import { VAD_WINDOW } from '../vad/contract';

/**
 * Windows of 1.2 s every 0.8 s; no window contains a pause. An embedding of 1.2 s takes some 18 ms
 * of processor time, so a shorter hop costs more than 30 ms for each second of speech.
 */
const WINDOW = 1.2 * SAMPLE_RATE;
const HOP = 0.8 * SAMPLE_RATE;
const LEAST_WINDOW = 0.3 * SAMPLE_RATE;

const ONSET = 0.5;
const OFFSET = 0.35;
/** A shorter pause does not end a stretch. */
const LEAST_PAUSE = 0.1 * SAMPLE_RATE;
/** The detector responds late at the start of a word, and a little early at its end. */
const BEFORE = 0.1 * SAMPLE_RATE;
const AFTER = 0.03 * SAMPLE_RATE;
/** Minimum speech. Less is a click. */
const LEAST_SPEECH = 0.06 * SAMPLE_RATE;

/** Range of samples, counted from the first sample of the stream. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export type StretchEvent =
  /** A window to encode. It belongs to the next stretch that ends. */
  ({ readonly kind: 'window' } & Span) | ({ readonly kind: 'stretch' } & Span);

type State =
  | { readonly kind: 'pause'; readonly since: number }
  | {
      readonly kind: 'speech';
      readonly from: number;
      readonly onset: number;
      readonly end: number;
      readonly speaking: boolean;
      readonly next: number;
    };

export class StretchCutter {
  private state: State = { kind: 'pause', since: 0 };
  private position = 0;

  /** First sample that a later window or stretch may contain. */
  get neededFrom(): number {
    return this.state.kind === 'pause'
      ? Math.max(this.state.since, this.position - BEFORE)
      : Math.min(this.state.next, Math.max(this.state.from, this.position - WINDOW - HOP));
  }

  /** Samples since the last stretch; 0 while a stretch is open. */
  get pause(): number {
    return this.state.kind === 'pause' ? this.position - this.state.since : 0;
  }

  /** The confirmed part of the open stretch. */
  get open(): Span | undefined {
    return this.state.kind === 'speech' && this.state.end - this.state.onset >= LEAST_SPEECH
      ? { from: this.state.from, to: this.state.end }
      : undefined;
  }

  /** Takes the speech probability of the next window of 512 samples. */
  push(probability: number): StretchEvent[] {
    const start = this.position;
    this.position += VAD_WINDOW;
    const { state } = this;
    if (state.kind === 'pause') {
      if (probability < ONSET) return [];
      const from = Math.max(state.since, start - BEFORE);
      this.state = {
        kind: 'speech',
        from,
        onset: start,
        end: this.position,
        speaking: true,
        next: from,
      };
      return [];
    }
    const speaking = probability >= (state.speaking ? OFFSET : ONSET);
    if (!speaking)
      return this.position - state.end >= LEAST_PAUSE + BEFORE + AFTER
        ? this.close(state)
        : this.silent(state);
    const events: StretchEvent[] = [];
    let { next } = state;
    for (; next + WINDOW <= this.position; next += HOP)
      events.push({ kind: 'window', from: next, to: next + WINDOW });
    this.state = { ...state, end: this.position, speaking, next };
    return events;
  }

  /** Ends the open stretch. Later speech starts a new one. */
  flush(): StretchEvent[] {
    const events = this.state.kind === 'speech' ? this.close(this.state) : [];
    this.state = { kind: 'pause', since: this.position };
    return events;
  }

  private silent(state: Extract<State, { kind: 'speech' }>): StretchEvent[] {
    this.state = { ...state, speaking: false };
    return [];
  }

  private close({ from, onset, end, next }: Extract<State, { kind: 'speech' }>): StretchEvent[] {
    const to = Math.min(this.position, end + AFTER);
    this.state = { kind: 'pause', since: to };
    if (end - onset < LEAST_SPEECH) return [];
    const events: StretchEvent[] = [];
    for (; next + WINDOW <= to; next += HOP)
      events.push({ kind: 'window', from: next, to: next + WINDOW });
    // The remainder after the last window gets its own window, of full length if the stretch is
    // long enough.
    const covered = next === from ? from : next - HOP + WINDOW;
    const last = Math.max(from, to - WINDOW);
    if (to - covered > HOP / 2 && to - last >= LEAST_WINDOW)
      events.push({ kind: 'window', from: last, to });
    return [...events, { kind: 'stretch', from, to }];
  }
}
