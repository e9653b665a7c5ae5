/**
 * Speculation: decodes the open phrase in a pause. If the phrase ends with that pause, the text is
 * published. If speech continues, the decode is cancelled. Each source has at most one speculative
 * decode.
 */
import type { AsrResult } from '../asr/contract/provider';
import { trustOf } from '../asr/decoding/trust';
import { SAMPLE_RATE } from '../audio/frame';
import type { Pause, Phrase } from '../vad/contract';
import type { Drafts } from './drafts';
import type { PhraseEngine } from '../asr/contract/engine';

export interface SpeculationSetup {
  readonly engine: PhraseEngine;
  readonly sessionId: string;
  readonly language: string;
  readonly drafts: Drafts;
}

/** Initial estimate of decode time, in milliseconds for each second of audio … */
const FIRST_MS_PER_SECOND = 30;
/**
 * … updated with this weight when a decode takes longer than estimated. An underestimate costs more
 * than an overestimate, and drafts make some decodes fast.
 */
const SLOWER_SHARE = 0.5;
const QUICKER_SHARE = 0.05;
/** Weight of the newest text in the trusted share. */
const NEWEST_SHARE = 0.2;

/**
 * A source is recognised well if at least this share of its pause texts is trusted; the newest
 * counts as `NEWEST_SHARE`. Then undoubted texts are trusted as well. With other sources, few texts
 * would be trusted in time, and early decodes would be wasted
 * (docs/decisions/0005-decoding-in-the-pause.md).
 */
const WELL_RECOGNISED = 0.5;
/** Initial trusted share, before any speech. */
const FIRST_TRUSTED_SHARE = 0.4;

interface Guess {
  readonly id: string;
  readonly speechEndMs: number;
  readonly abortion: AbortController;
  trusted: boolean;
  /**
   * Undefined if the engine was busy, failed, or doubts a text of incomplete audio. The final is
   * then decoded again.
   */
  readonly result: Promise<AsrResult | undefined>;
}

export class Speculation {
  private guess: Guess | undefined;
  /** Number of decodes started, and number of their texts that became final. */
  readonly counts = { begun: 0, used: 0 };
  /** The text in the last pause of the open phrase was not trusted. */
  private doubtful = false;
  private trustedShare = FIRST_TRUSTED_SHARE;
  private msPerSecond = FIRST_MS_PER_SECOND;

  constructor(private readonly setup: SpeculationSetup) {}

  /** Estimated decode time of this much audio, from recent decodes; both in milliseconds. */
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

  /** True if the text of the pause is ready and later audio would not change it. */
  get trusted(): boolean {
    return this.guess?.trusted === true;
  }

  /**
   * True if the text of the pause will probably not be trusted: an earlier text of the open phrase
   * was not trusted, or the source is recognised poorly. After such an earlier text, more audio
   * made the text trusted in 17 of 94 pauses.
   */
  get doubted(): boolean {
    return this.doubtful || !this.wellRecognised;
  }

  /** Speech continues, or the phrase was dropped. */
  cancel(): void {
    this.guess?.abortion.abort();
    this.guess = undefined;
  }

  /**
   * The phrase ended.
   * @returns its speculative text, if the phrase ended with the expected pause
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
      if (result && !signal.aborted) this.observe(pause, result);
      if (!result) return undefined;
      return result.rejected === undefined && (pause.complete || trustOf(result) !== 'low')
        ? result
        : undefined;
    } catch {
      // A failure costs nothing: the phrase is decoded when it ends, and that decode reports engine
      // errors.
      return undefined;
    }
  }

  private get wellRecognised(): boolean {
    return this.trustedShare >= WELL_RECOGNISED;
  }

  private trusts(result: AsrResult): boolean {
    const trust = trustOf(result);
    return (
      result.rejected === undefined &&
      (trust === 'high' || (trust === 'fair' && this.wellRecognised))
    );
  }

  private observe({ id }: Pause, result: AsrResult): void {
    this.trustedShare += NEWEST_SHARE * ((trustOf(result) === 'high' ? 1 : 0) - this.trustedShare);
    if (this.guess?.id === id) this.doubtful = !this.trusts(result);
  }

  private measure(inferenceMs: number, audioMs: number): void {
    const more = (inferenceMs * 1000) / audioMs - this.msPerSecond;
    this.msPerSecond += (more > 0 ? SLOWER_SHARE : QUICKER_SHARE) * more;
  }
}
