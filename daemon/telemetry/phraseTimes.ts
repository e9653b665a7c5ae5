/**
 * Stage times of one source's audio: capture, queue and detector of each phrase. Reads the clock
 * once for each push and once for each batch.
 */
import type { Phrase } from '../vad/contract';
import type { MetricRecorder } from './metrics';

/**
 * Limit of remembered pushes. A source further behind is read from disk, and its wait is not
 * measured exactly.
 */
const REMEMBERED = 256;

export interface PhraseTimesSetup {
  readonly metrics: MetricRecorder;
  readonly sessionId: string;
  readonly now: () => number;
  /** The clock of frame times; absent for audio that is not live. */
  readonly sessionMs?: () => number;
}

interface Arrival {
  readonly lastSeq: number;
  readonly atMs: number;
  /** Capture clock at the end of its last frame. */
  readonly endMs: number;
  readonly captureMs: number;
}

interface PhraseTime {
  readonly spokenAtMs: number;
  /** End of its speech by the daemon's clock. */
  readonly speechEndedMs: number;
}

export class PhraseTimes {
  private readonly arrivals: Arrival[] = [];
  private batch: { readonly arrival: Arrival | undefined; readonly takenMs: number } | undefined;
  private readonly phrases = new Map<string, PhraseTime>();

  constructor(private readonly setup: PhraseTimesSetup) {}

  /** @param endMs capture clock at the end of the last frame */
  pushed(lastSeq: number, endMs: number): void {
    const { now, sessionMs } = this.setup;
    this.arrivals.push({
      lastSeq,
      atMs: now(),
      endMs,
      captureMs: sessionMs ? Math.max(0, sessionMs() - endMs) : 0,
    });
    if (this.arrivals.length > REMEMBERED) this.arrivals.shift();
  }

  /** Frames up to this number go to the detector. */
  taken(lastSeq: number): void {
    while (this.arrivals.length > 1 && (this.arrivals[0] as Arrival).lastSeq < lastSeq)
      this.arrivals.shift();
    this.batch = { arrival: this.arrivals[0], takenMs: this.setup.now() };
  }

  /** The last frames passed to the detector ended a phrase. */
  spoken(phrase: Phrase): void {
    const { metrics, sessionId, sessionMs, now } = this.setup;
    const spokenAtMs = now();
    const { arrival, takenMs } = this.batch ?? { arrival: undefined, takenMs: spokenAtMs };
    const name = { sessionId, phraseId: phrase.id };
    if (arrival && sessionMs) metrics.stage(name, 'capture', arrival.captureMs);
    metrics.stage(name, 'queue', arrival ? Math.max(0, takenMs - arrival.atMs) : 0);
    metrics.stage(name, 'vad', spokenAtMs - takenMs);
    this.phrases.set(phrase.id, {
      spokenAtMs,
      speechEndedMs: arrival
        ? arrival.atMs - Math.max(0, arrival.endMs - phrase.speechEndMs)
        : spokenAtMs,
    });
  }

  /** The phrase has its text. */
  decoded(phrase: Phrase): void {
    const { metrics, sessionId, now } = this.setup;
    const known = this.phrases.get(phrase.id);
    if (known)
      metrics.stage({ sessionId, phraseId: phrase.id }, 'decode', now() - known.spokenAtMs);
  }

  /**
   * The text is stored and sent, or dropped.
   * @param spoken true if a text was sent
   */
  reportFinal(phrase: Phrase, spoken: boolean): void {
    const { metrics, sessionMs, now } = this.setup;
    const known = this.phrases.get(phrase.id);
    this.phrases.delete(phrase.id);
    if (known && spoken && sessionMs)
      metrics.observe('final_latency', Math.max(0, now() - known.speechEndedMs));
  }
}
