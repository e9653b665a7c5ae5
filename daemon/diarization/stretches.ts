/**
 * Speech of one source, cut into stretches between pauses and into windows for the encoder, while
 * it is spoken. The boundaries are those of turns, tighter than those of phrases: a recogniser
 * needs context, a turn ends with its last word.
 */
import { SAMPLE_RATE } from '../audio/frame';
import { VAD_WINDOW } from '../vad/contract';

/**
 * 1.2 s every 0.8 s, none across a pause. An embedding of 1.2 s takes some 18 ms of processor time,
 * so a shorter hop costs more than 30 ms a second of speech.
 */
const WINDOW = 1.2 * SAMPLE_RATE;
const HOP = 0.8 * SAMPLE_RATE;
const LEAST_WINDOW = 0.3 * SAMPLE_RATE;

const ONSET = 0.5;
const OFFSET = 0.35;
/** A shorter pause does not end a stretch. */
const LEAST_PAUSE = 0.1 * SAMPLE_RATE;
/** The detector is late at the start of a word, and a little early at its end. */
const BEFORE = 0.1 * SAMPLE_RATE;
const AFTER = 0.03 * SAMPLE_RATE;
/** Speech of less is a click. */
const LEAST_SPEECH = 0.06 * SAMPLE_RATE;

/** Samples from … to, counted from the first ever. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export type StretchEvent =
  /** To be encoded; belongs to the stretch that ends next. */
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

  /** First sample that a later window or stretch may begin with. */
  get neededFrom(): number {
    return this.state.kind === 'pause'
      ? Math.max(this.state.since, this.position - BEFORE)
      : Math.min(this.state.next, Math.max(this.state.from, this.position - WINDOW - HOP));
  }

  /** Samples since the last stretch; 0 while one is open. */
  get pause(): number {
    return this.state.kind === 'pause' ? this.position - this.state.since : 0;
  }

  /** The stretch that is open now, as far as it is sure. */
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

  /** Ends what is open; what comes next does not go on from it. */
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
    // What the windows left over gets one of its own, as long as the others where the stretch is.
    const covered = next === from ? from : next - HOP + WINDOW;
    const last = Math.max(from, to - WINDOW);
    if (to - covered > HOP / 2 && to - last >= LEAST_WINDOW)
      events.push({ kind: 'window', from: last, to });
    return [...events, { kind: 'stretch', from, to }];
  }
}
