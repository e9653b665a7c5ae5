/**
 * The decode of a phrase that may be over: begun in the pause, published when the phrase ends with that pause, given up
 * when speech goes on. At most one a source.
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

/** A decode takes so long for each second of sound where none was measured yet … */
const FIRST_MS_PER_SECOND = 30;
/** … and each that is counts for so much of what the next is taken to need: texts differ in words a second. */
const NEWEST_SHARE = 0.2;

interface Guess {
  readonly id: string;
  readonly speechEndMs: number;
  readonly abortion: AbortController;
  trusted: boolean;
  /** Undefined where the engine had no room, failed, or did not trust the text: the final is then decoded anew. */
  readonly result: Promise<AsrResult | undefined>;
}

export class Speculation {
  private guess: Guess | undefined;
  /** Decodes that were begun, and texts that became final. */
  readonly counts = { begun: 0, used: 0 };
  /** The text of the open phrase in its last pause was not trusted. */
  private doubtful = false;
  private msPerSecond = FIRST_MS_PER_SECOND;

  constructor(private readonly setup: SpeculationSetup) {}

  /** How long the decode of so much sound will take, by the last ones; both in milliseconds. */
  decodeMs(soundMs: number): number {
    return (soundMs * this.msPerSecond) / 1000;
  }

  pause(pause: Pause): void {
    this.cancel();
    const abortion = new AbortController();
    this.counts.begun++;
    const result = this.decode(pause, abortion.signal);
    const guess: Guess = { id: pause.id, speechEndMs: pause.speechEndMs, abortion, trusted: false, result };
    this.guess = guess;
    void result.then((text) => (guess.trusted = text?.trust === 'high'));
  }

  /** The text of the pause is there, and nothing that follows would change it. */
  get trusted(): boolean {
    return this.guess?.trusted === true;
  }

  /** Speech went on behind a text that was not trusted: more of the same sound seldom makes it so (in 17 of 94 pauses). */
  get doubted(): boolean {
    return this.doubtful;
  }

  /** Speech goes on, or the phrase is gone. */
  cancel(): void {
    this.guess?.abortion.abort();
    this.guess = undefined;
  }

  /** The phrase ended. @returns its text to come, where it ended with the pause that was guessed from */
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
      const result = await engine.decode(pause.pcm, { language, priority: 'speculative', sessionId, ...drafts.of(pause) }, signal);
      drafts.keep(pause.id, result?.tokens);
      if (result) this.measure(result.inferenceMs, ((pause.pcm.length + (pause.lead?.pcm.length ?? 0)) * 1000) / SAMPLE_RATE);
      if (result && !signal.aborted) this.doubtful = result.trust !== 'high';
      return result?.rejected === undefined && result?.trust !== 'low' ? result : undefined;
    } catch {
      // Nothing is lost: the phrase is decoded when it ends, and that decode reports what is wrong with the engine.
      return undefined;
    }
  }

  private measure(inferenceMs: number, soundMs: number): void {
    this.msPerSecond += NEWEST_SHARE * ((inferenceMs * 1000) / soundMs - this.msPerSecond);
  }
}
