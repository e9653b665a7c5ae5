/**
 * The decode of a phrase that may be over: begun in the pause, published when the phrase ends with
 * that pause, given up when speech goes on. At most one a source.
 */
import type { AsrResult } from '../asr/provider';
import { SAMPLE_RATE } from '../audio/frame';
import type { Pause, Phrase } from '../vad/contract';
import type { Drafts } from './drafts';
import type { Recogniser } from './redactedSpeech';

export interface SpeculationSetup {
  readonly engine: Recogniser;
  readonly sessionId: string;
  readonly language: string;
  readonly drafts: Drafts;
}

/** A decode takes so long for each second of audio where none was measured yet … */
const FIRST_MS_PER_SECOND = 30;
/**
 * … and each that is counts for so much of what the next is taken to need: one that is late costs
 * more than one that is early, and with a draft some are quick.
 */
const SLOWER_SHARE = 0.5;
const QUICKER_SHARE = 0.05;
/** The newest text's share of what the source is trusted. */
const NEWEST_SHARE = 0.2;

/**
 * A source is well recognised while at least this share of the texts of its pauses is trusted; the
 * newest counts as `NEWEST_SHARE`. There a text that is not doubted is trusted as well. Elsewhere
 * few texts would be trusted in time, and early decodes would be wasted
 * (docs/decisions/0005-decoding-in-the-pause.md).
 */
const WELL_RECOGNISED = 0.5;
/** Initial value, before any speech; also for engines without a confidence. */
const FIRST_TRUSTED_SHARE = 0.4;

interface Guess {
  readonly id: string;
  readonly speechEndMs: number;
  readonly abortion: AbortController;
  trusted: boolean;
  /**
   * Undefined where the engine had no room, failed, or doubts a text of which some audio was still
   * to come: the final is then decoded anew.
   */
  readonly result: Promise<AsrResult | undefined>;
}

export class Speculation {
  private guess: Guess | undefined;
  /** Decodes that were begun, and texts that became final. */
  readonly counts = { begun: 0, used: 0 };
  /** The text of the open phrase in its last pause was not trusted. */
  private doubtful = false;
  private trustedShare = FIRST_TRUSTED_SHARE;
  private msPerSecond = FIRST_MS_PER_SECOND;

  constructor(private readonly setup: SpeculationSetup) {}

  /** How long the decode of so much audio will take, by the last ones; both in milliseconds. */
  decodeMs(audioMs: number): number {
    return (audioMs * this.msPerSecond) / 1000;
  }

  pause(pause: Pause): void {
    this.cancel();
    const abortion = new AbortController();
    this.counts.begun++;
    const result = this.decode(pause, abortion.signal);
    const guess: Guess = {
      id: pause.id,
      speechEndMs: pause.speechEndMs,
      abortion,
      trusted: false,
      result,
    };
    this.guess = guess;
    void result.then((text) => (guess.trusted = text !== undefined && this.trusts(text)));
  }

  /** The text of the pause is there, and nothing that follows would change it. */
  get trusted(): boolean {
    return this.guess?.trusted === true;
  }

  /**
   * The text of a pause will hardly be trusted: one of the open phrase was not (more of the same
   * audio seldom makes it so, in 17 of 94 pauses), or the source is not well heard.
   */
  get doubted(): boolean {
    return this.doubtful || !this.wellRecognised;
  }

  /** Speech goes on, or the phrase is gone. */
  cancel(): void {
    this.guess?.abortion.abort();
    this.guess = undefined;
  }

  /**
   * The phrase ended.
   * @returns its text to come, where it ended with the pause that was guessed from
   */
  take(phrase: Phrase): Promise<AsrResult | undefined> | undefined {
    const guess = this.guess;
    this.doubtful = false;
    if (guess?.id !== phrase.id || guess.speechEndMs !== phrase.speechEndMs) {
      this.cancel();
      return undefined;
    }
    this.guess = undefined;
    return guess.result.then((result) => {
      if (result) this.counts.used++;
      return result;
    });
  }

  private async decode(pause: Pause, signal: AbortSignal): Promise<AsrResult | undefined> {
    const { engine, language, sessionId, drafts } = this.setup;
    try {
      const result = await engine.decode(
        pause.pcm,
        { language, priority: 'speculative', sessionId, ...drafts.of(pause) },
        signal,
      );
      drafts.keep(pause.id, result?.tokens);
      if (result)
        this.measure(
          result.inferenceMs,
          ((pause.pcm.length + (pause.left?.pcm.length ?? 0)) * 1000) / SAMPLE_RATE,
        );
      if (result && !signal.aborted) this.recognise(pause, result);
      return result?.rejected === undefined && (result?.trust !== 'low' || pause.complete)
        ? result
        : undefined;
    } catch {
      // Nothing is lost: the phrase is decoded when it ends, and that decode reports what is wrong
      // with the engine.
      return undefined;
    }
  }

  private get wellRecognised(): boolean {
    return this.trustedShare >= WELL_RECOGNISED;
  }

  private trusts({ trust, rejected }: AsrResult): boolean {
    return rejected === undefined && (trust === 'high' || (trust !== 'low' && this.wellRecognised));
  }

  private recognise({ id }: Pause, result: AsrResult): void {
    this.trustedShare += NEWEST_SHARE * ((result.trust === 'high' ? 1 : 0) - this.trustedShare);
    if (this.guess?.id === id) this.doubtful = !this.trusts(result);
  }

  private measure(inferenceMs: number, audioMs: number): void {
    const more = (inferenceMs * 1000) / audioMs - this.msPerSecond;
    this.msPerSecond += (more > 0 ? SLOWER_SHARE : QUICKER_SHARE) * more;
  }
}
