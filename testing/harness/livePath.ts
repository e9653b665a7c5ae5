/**
 * A source as it is heard live, for benches: phrases, speculation and decodes of the daemon, one
 * frame at a time. Every decode is done before the next frame, so that the moment at which a phrase
 * was decided is known and each continuation has the text before it; time is counted afterwards.
 */
import type { AsrResult } from '../../daemon/asr/contract/provider';
import { segmenterPresetOf } from '../../daemon/asr/registry';
import type { ManagedSpeechEngine } from '../../daemon/asr/contract/speechEngineApi';
import { FRAME_MS, type Frame, type Source } from '../../daemon/audio/frame';
import { Drafts } from '../../daemon/speech/drafts';
import type { PhraseDecoder } from '../../daemon/speech/phraseDecoder';
import { Speculation } from '../../daemon/speech/speculation';
import type { Pause, Phrase } from '../../daemon/vad/contract';
import { PhraseSource } from '../../daemon/vad/phraseSource';
import { segmenterOptionsFor } from '../../daemon/vad/segmenter';
import { type DecodedPhrase, phraseDecoder } from './speechPath';

export interface LivePathSetup {
  readonly engine: ManagedSpeechEngine;
  readonly source: Source;
  readonly sessionId: string;
  readonly newId?: () => string;
  /**
   * Decodes in pauses, as the daemon does while the engine is idle. Without: where its decoders are
   * too busy for it, nothing is heard twice either.
   */
  readonly speculative?: boolean;
  /** Several people may speak on it, and their voices are not told apart. */
  readonly mixed?: boolean;
  /** In order of speech. */
  readonly onPhrase?: (phrase: Phrase, result: AsrResult) => void;
}

/**
 * Of a decode, which ends between two tokens when it is given up: what the encoder and its half of
 * the cache take (measured on 10 utterances of 3–20 s: 42 %).
 */
const ENCODER_SHARE = 0.42;

/**
 * A decode in a pause. Its answer is given when a decode begun then would be done, or at once where
 * that is counted elsewhere.
 */
class Guess {
  readonly answer: Promise<AsrResult | undefined>;
  private readonly released: Promise<void>;
  release: () => void = () => undefined;
  /** The text is not published: its phrase is decoded when it is over. */
  doubted = false;

  constructor(
    readonly begunMs: number,
    readonly result: Promise<AsrResult | undefined>,
    /** Its audio was that of the whole phrase. */ private readonly complete: boolean,
  ) {
    this.released = new Promise((done) => (this.release = done));
    this.answer = this.released.then(() => result);
  }

  /** The clock stands at this. */
  async pass(positionMs: number): Promise<void> {
    const result = await this.result;
    const inferenceMs = result?.inferenceMs ?? 0;
    this.doubted = (result?.trust === 'low' && !this.complete) || result?.rejected !== undefined;
    if (positionMs - this.begunMs < inferenceMs) return;
    this.release();
    await this.answer;
  }
}

export class LivePath {
  /** In order of speech. */
  readonly done: DecodedPhrase[] = [];
  /**
   * When a phrase was over, and when the decode that gave its text began: milliseconds of audio.
   */
  readonly decisions = new Map<string, { readonly decidedMs: number; readonly begunMs: number }>();
  /** Of all decodes; of those given up what was spent until then. */
  inferenceMs = 0;
  decodes = 0;
  private position = 0;
  private guess: Guess | undefined;
  private readonly decoder: PhraseDecoder;
  private readonly phrases: PhraseSource;

  constructor({
    engine,
    source,
    sessionId,
    newId,
    speculative = true,
    mixed = false,
    onPhrase,
  }: LivePathSetup) {
    const drafts = new Drafts();
    let id = 0;
    // The run is faster than speech, so the engine would have no idle time for what it has in a
    // recording.
    const decode: ManagedSpeechEngine['decode'] = async (pcm, options) => {
      const { right: _right, ...context } = options.context ?? {};
      const singlePass: typeof options = { ...options, context, effort: 'single-pass' };
      const result = await engine.decode(pcm, {
        ...(speculative ? options : singlePass),
        priority: 'final',
      });
      this.inferenceMs += result?.inferenceMs ?? 0;
      this.decodes++;
      return result;
    };
    const counted = Object.create(engine, { decode: { value: decode } }) as ManagedSpeechEngine;
    let complete = false;
    const guessing: ManagedSpeechEngine['decode'] = (...call) =>
      (this.guess = new Guess(this.position, decode(...call), complete)).answer;
    const onPause = (pause: Pause): void => {
      complete = pause.complete;
      speculation.pause(pause);
    };
    const speculation = new Speculation({
      engine: Object.create(engine, { decode: { value: guessing } }) as ManagedSpeechEngine,
      sessionId,
      language: 'en',
      drafts,
    });
    this.decoder = phraseDecoder(counted, sessionId, drafts, (phrase, result) => {
      this.done.push({ phrase, result });
      onPhrase?.(phrase, result);
    });
    this.phrases = new PhraseSource({
      source,
      detector: engine.detectors.create(source),
      newId: newId ?? (() => `s${++id}`),
      ...(speculative
        ? {
            onPause,
            onResume: () => (speculation.cancel(), void this.giveUp()),
            trusted: () => speculation.trusted,
            doubted: () => speculation.doubted,
            decodeMs: (audioMs) => speculation.decodeMs(audioMs),
          }
        : {}),
      onPhrase: (phrase) => {
        const early = speculation.take(phrase);
        const { guess } = this;
        this.decisions.set(phrase.id, {
          decidedMs: this.position,
          begunMs: early && guess && !guess.doubted ? guess.begunMs : this.position,
        });
        // When it was there is counted from when it began.
        guess?.release();
        this.guess = undefined;
        void this.decoder.add(phrase, early);
      },
      onFallback: (error) => {
        throw error;
      },
      options: segmenterOptionsFor(segmenterPresetOf(engine.provider), true, { mixed }),
    });
  }

  async process(frame: Frame): Promise<void> {
    this.position += FRAME_MS;
    await this.phrases.process([frame]);
    await this.guess?.pass(this.position);
    if (this.decoder.pendingCount > 0) await this.decoder.drained();
  }

  /** Nothing more comes. */
  async end(): Promise<void> {
    await this.phrases.flush();
    await this.decoder.drained();
  }

  dispose(): void {
    this.phrases.dispose();
  }

  /** Speech went on: the daemon stops the decode, so only the time until then was spent. */
  private async giveUp(): Promise<void> {
    const given = this.guess;
    this.guess = undefined;
    given?.release();
    const fullMs = (await given?.result)?.inferenceMs ?? 0;
    if (given)
      this.inferenceMs -=
        fullMs - Math.min(fullMs, Math.max(ENCODER_SHARE * fullMs, this.position - given.begunMs));
  }
}
