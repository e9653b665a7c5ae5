/**
 * The decode of a phrase that may be over: begun in the pause, published when the phrase ends with that pause, given up
 * when speech goes on. At most one a source.
 */
import type { AsrResult } from '../asr/provider';
import type { Pause, Phrase } from '../vad/contract';
import type { Drafts } from './drafts';
import type { Recogniser } from './redactedSpeech';

export interface SpeculationSetup {
  readonly engine: Recogniser;
  readonly sessionId: string;
  readonly language: string;
  readonly drafts: Drafts;
}

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

  constructor(private readonly setup: SpeculationSetup) {}

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

  /** Speech goes on, or the phrase is gone. */
  cancel(): void {
    this.guess?.abortion.abort();
    this.guess = undefined;
  }

  /** The phrase ended. @returns its text to come, where it ended with the pause that was guessed from */
  take(phrase: Phrase): Promise<AsrResult | undefined> | undefined {
    const guess = this.guess;
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
      return result?.rejected === undefined && result?.trust !== 'low' ? result : undefined;
    } catch {
      // Nothing is lost: the phrase is decoded when it ends, and that decode reports what is wrong with the engine.
      return undefined;
    }
  }
}
