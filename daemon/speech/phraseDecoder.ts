/**
 * Decodes the phrases of a source in parallel and returns their results in order of speech. It
 * waits for an unavailable engine. A phrase that breaks the engine is given up after some tries.
 */
import { isEarmarkError } from '../../protocol/errors';
import type { AsrResult, DecodeRequest } from '../asr/contract/provider';
import { retryRule } from '../asr/engine/retries';
import { FRAME_MS } from '../audio/frame';
import type { Clock } from '../base/clock';
import type { Phrase } from '../vad/contract';
import type { Drafts } from './drafts';
import type { SpeechOptions } from './options';
import type { PhraseEngine } from '../asr/contract/engine';
import { Deferred, delay } from '../base/wait';

export interface PhraseDecoderSetup {
  readonly engine: PhraseEngine;
  readonly clock: Clock;
  readonly options: Pick<SpeechOptions, 'maxPendingPhrases' | 'decodeAttempts' | 'engineRetryMs'>;
  readonly sessionId: string;
  readonly language: string;
  readonly drafts: Drafts;
  /** Called in order of speech. Without `result`, the phrase was given up. */
  readonly onOutcome: (phrase: Phrase, result: AsrResult | undefined) => void;
  /** The engine is unavailable; the phrase waits. */
  readonly onUnavailable: (error: unknown) => void;
}

interface Pending {
  readonly phrase: Phrase;
  /** Resolves when the phrase is decoded. */
  done: Promise<void>;
  /** Undefined during the decode. */
  outcome?: { readonly result: AsrResult | undefined };
}

export class PhraseDecoder {
  private readonly pending: Pending[] = [];
  private readonly abortion = new AbortController();
  private room: Deferred | undefined;
  private empty: Deferred | undefined;

  constructor(private readonly setup: PhraseDecoderSetup) {}

  /** First frame of the oldest phrase without text. */
  get firstPendingSeq(): number | undefined {
    return this.pending[0]?.phrase.firstSeq;
  }

  get pendingMs(): number {
    return this.pending.reduce(
      (sum, { phrase }) => sum + (phrase.lastSeq - phrase.firstSeq + 1) * FRAME_MS,
      0,
    );
  }

  get pendingCount(): number {
    return this.pending.length;
  }

  /**
   * @param early text of a decode that began before the phrase ended
   * @returns a promise if the caller must wait before it adds more
   */
  add(phrase: Phrase, early?: Promise<AsrResult | undefined>): Promise<void> | undefined {
    if (this.abortion.signal.aborted) return undefined;
    const entry: Pending = { phrase, done: Promise.resolve() };
    this.pending.push(entry);
    entry.done = this.decode(entry, early);
    if (this.pending.length < this.setup.options.maxPendingPhrases) return undefined;
    this.room ??= new Deferred();
    return this.room.promise;
  }

  /** Resolves when no phrase is pending, or after `abort`. */
  drained(): Promise<void> {
    if (this.pending.length === 0) return Promise.resolve();
    this.empty ??= new Deferred();
    return this.empty.promise;
  }

  /** Stops; audio without text stays in the spool. */
  abort(): void {
    this.abortion.abort();
    this.pending.length = 0;
    this.wake();
  }

  private async decode(
    entry: Pending,
    early: Promise<AsrResult | undefined> | undefined,
  ): Promise<void> {
    const { signal } = this.abortion;
    // The phrase continues the text of the previous phrase, so wait for it.
    if (entry.phrase.left) await this.pending[this.pending.indexOf(entry) - 1]?.done;
    const { left, ...alone } = entry.phrase;
    let result = (await early) ?? (await this.result(entry.phrase, signal));
    // With left context, the recogniser may miss a short answer ("Lincoln" after its sentence). An
    // empty result is decoded again without the context.
    if (left && result?.text === '' && !signal.aborted)
      result = (await this.result(alone, signal)) ?? result;
    if (signal.aborted) return;
    entry.outcome = { result };
    this.setup.drafts.keepFinal(entry.phrase.id, result?.tokens);
    for (let next = this.pending[0]; next?.outcome !== undefined; next = this.pending[0]) {
      this.pending.shift();
      this.setup.onOutcome(next.phrase, next.outcome.result);
    }
    this.wake();
  }

  private async result(phrase: Phrase, signal: AbortSignal): Promise<AsrResult | undefined> {
    const { engine, options, clock, sessionId, language, drafts } = this.setup;
    for (let tries = 0, waits = 0; !signal.aborted;) {
      try {
        await engine.ready();
        const result = await engine.decode(
          phrase.pcm,
          {
            language,
            priority: 'final',
            sessionId,
            ...withRight(drafts.of(phrase), phrase.right),
          },
          signal,
        );
        if (result !== undefined) return result;
      } catch (error) {
        if (signal.aborted) return undefined;
        if (retryRule(error).then === 'giveUp') {
          if (++tries >= options.decodeAttempts) return undefined;
        } else if (!isEarmarkError(error, 'rpc.tooMany')) this.setup.onUnavailable(error);
      }
      const wait =
        options.engineRetryMs[Math.min(waits++, options.engineRetryMs.length - 1)] ?? 1000;
      await delay(clock, wait, signal);
    }
    return undefined;
  }

  private wake(): void {
    if (this.pending.length < this.setup.options.maxPendingPhrases) {
      this.room?.resolve();
      this.room = undefined;
    }
    if (this.pending.length > 0) return;
    this.empty?.resolve();
    this.empty = undefined;
  }
}

/** Adds the audio after a phrase that was cut at the maximum length. */
function withRight(
  request: Pick<DecodeRequest, 'context'>,
  right: Float32Array | undefined,
): Pick<DecodeRequest, 'context'> {
  return right ? { context: { ...request.context, right } } : request;
}
