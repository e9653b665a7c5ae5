/**
 * The daemon's own path of a live source (pipeline, partials, speculation, scheduler, guards) on a
 * clock that stands while something is computed: each decode lasts as long as the processor time it
 * took, as on a machine that does nothing else. Decodes of one simulated machine run side by side,
 * one a worker.
 */
import { setImmediate } from 'node:timers/promises';
import { createRecogniser } from '../../daemon/adapters/inference/runtime/recognisers';
import { SileroVad } from '../../daemon/adapters/inference/silero/silero';
import type { AsrProvider, AsrResult, DecodeRequest } from '../../daemon/asr/contract/provider';
import { type Decoder, createSpeechEngine } from '../../daemon/asr/engine/speechEngine';
import type { ManagedSpeechEngine } from '../../daemon/asr/contract/speechEngineApi';
import { FRAME_MS } from '../../daemon/audio/frame';
import { type Clock, ManualClock, systemClock } from '../../daemon/base/clock';
import { ACTIONS } from '../../daemon/degrade/degradation';
import type { TransientEventBody } from '../../daemon/session/contract/events';
import { type SessionOptions, defaultSessionOptions } from '../../daemon/session/contract/options';
import { SourcePipeline } from '../../daemon/speech/pipeline';
import type { EngineLease } from '../../daemon/asr/contract/engine';
import type { Phrase } from '../../daemon/vad/contract';
import { PhraseSource, framesOf } from '../../daemon/vad/phraseSource';
import { EarmarkError } from '../../protocol/errors';
import { MemorySpools } from '../fakes/memorySpool';
import { type OtherRecogniser, type SpeechModels, moonshineTiny } from './speechPath';

/** Step of the clock; what a decode's end starts happens at the next. */
const STEP_MS = 5;
const CLOSE_MS = 30_000;

export interface TimedPartial {
  readonly atMs: number;
  readonly stable: string;
  readonly unstable: string;
}

/** A decode and its processor time. */
export interface TimedResult {
  readonly result: AsrResult;
  readonly cpuMs: number;
}

/** A phrase as a client saw it; times in milliseconds of the session. */
export interface FollowedPhrase {
  readonly phrase: Phrase;
  readonly result: AsrResult;
  readonly finalMs: number;
  readonly partials: readonly TimedPartial[];
}

export interface FollowedSession {
  readonly phrases: readonly FollowedPhrase[];
  /** When the source was ended. */
  readonly endMs: number;
  /** Decodes that were begun, and their processor time. */
  readonly decodes: number;
  readonly cpuMs: number;
}

/**
 * The models in this process. What they compute is done one after the other, so that its processor
 * time is its own.
 */
export class SimulatedMachine {
  private recogniser: AsrProvider | undefined;
  private asr: OtherRecogniser | undefined;
  private readonly silero = new SileroVad();
  private queue: Promise<unknown> = Promise.resolve();
  private streams = 0;
  private decodes = 0;
  private cpuMs = 0;

  /** @param keep returns the decode that is kept for a request, or makes and keeps it */
  constructor(
    private readonly keep: (
      pcm: Float32Array,
      request: DecodeRequest,
      decode: () => Promise<TimedResult>,
    ) => Promise<TimedResult> = (_pcm, _request, decode) => decode(),
  ) {}

  /** @param other what recognises, where it is not Moonshine tiny */
  async load(models: SpeechModels, other?: OtherRecogniser): Promise<void> {
    this.asr = other ?? moonshineTiny(models);
    this.recogniser = createRecogniser(this.asr.provider);
    await this.recogniser.load(this.asr.model, 'cpu');
    await this.silero.load({ id: 'silero-vad-v6', files: { model: models.vad } });
  }

  /**
   * An engine on the wall clock; `inferenceMs` of its answers is the processor time of the decode.
   */
  engine(): ManagedSpeechEngine {
    return this.engineOn(systemClock, 1, async (pcm, options) => {
      const { result, cpuMs } = await this.timed(pcm, options);
      this.decodes++;
      this.cpuMs += cpuMs;
      return { ...result, inferenceMs: cpuMs };
    });
  }

  /** Decodes so far, those of warm-ups too, and their processor time. */
  get used(): { readonly decodes: number; readonly cpuMs: number } {
    return { decodes: this.decodes, cpuMs: this.cpuMs };
  }

  /** Speech probabilities of a whole recording. */
  probabilities(pcm: Float32Array): Promise<Float32Array> {
    return this.silero.detect(++this.streams, pcm.subarray(0, pcm.length - (pcm.length % 512)));
  }

  /**
   * Speaks a recording into a live source as fast as it was spoken; at its end the source is
   * flushed and closed.
   */
  async follow(
    pcm: Int16Array,
    {
      workers,
      options = {},
    }: { readonly workers: number; readonly options?: Partial<SessionOptions> },
  ): Promise<FollowedSession> {
    const clock = new ManualClock();
    const [decodesBefore, cpuBefore] = [this.decodes, this.cpuMs];
    const engine = this.engineOn(clock, workers, (...decode) => this.decode(clock, ...decode));
    await engine.ready();
    const partials = new Map<string, TimedPartial[]>();
    const phrases: FollowedPhrase[] = [];
    let ids = 0;
    const pipeline = new SourcePipeline({
      source: 'mic',
      sessionId: 'latency',
      language: 'en',
      clock,
      spool: new MemorySpools(clock).open('latency'),
      engine: Object.create(engine, {
        degradationLevel: { value: 'NORMAL' },
        actions: { value: ACTIONS.NORMAL },
      }) as EngineLease,
      options: { ...defaultSessionOptions, ...options },
      phrases: (setup) => new PhraseSource(setup),
      newPhraseId: () => `p${++ids}`,
      live: true,
      awaited: false,
      mixed: false,
      partials: true,
      keepAudio: false,
      fromSeq: 0,
      on: {
        phrase: (phrase, result) => {
          if (result && result.text !== '')
            phrases.push({
              phrase,
              result,
              finalMs: clock.now(),
              partials: partials.get(phrase.id) ?? [],
            });
        },
        passing: (event: TransientEventBody) => {
          if (event.kind === 'partial')
            partials.set(event.phraseId, [
              ...(partials.get(event.phraseId) ?? []),
              { atMs: clock.now(), stable: event.stable, unstable: event.unstable },
            ]);
        },
        warn: (code, message) => {
          throw new Error(`${code}: ${message}`);
        },
        speech: () => undefined,
        failed: (error) => {
          throw error;
        },
      },
    });
    // A frame is there when its last sample was spoken.
    for (const frame of framesOf('mic', pcm)) {
      await this.pass(clock, FRAME_MS);
      pipeline.push([frame]);
      await this.settled();
    }
    let ended = false;
    const endMs = clock.now();
    void pipeline.end().then(() => (ended = true));
    await this.settled();
    for (let waited = 0; !ended && waited < CLOSE_MS; waited += STEP_MS)
      await this.pass(clock, STEP_MS);
    pipeline.dispose();
    engine.dispose();
    return { phrases, endMs, decodes: this.decodes - decodesBefore, cpuMs: this.cpuMs - cpuBefore };
  }

  private engineOn(
    clock: Clock,
    workers: number,
    transcribe: Decoder['transcribe'],
  ): ManagedSpeechEngine {
    const decoder = (n: number): Decoder => ({
      start: () => Promise.resolve(),
      stop: () => undefined,
      health: () => ({ name: `simulated-${n}`, state: 'ready', restarts: 0 }),
      transcribe,
    });
    return createSpeechEngine({
      clock,
      provider: this.asr?.provider ?? '',
      model: this.asr?.model.id ?? '',
      decoders: Array.from({ length: workers }, (_, n) => decoder(n)),
      detectors: {
        start: () => Promise.resolve(),
        stop: () => undefined,
        health: () => [],
        create: () => {
          const stream = ++this.streams;
          return {
            detect: (windows) => this.alone(() => this.silero.detect(stream, windows)),
            reset: () => this.silero.close(stream),
            dispose: () => this.silero.close(stream),
          };
        },
      },
    });
  }

  private async decode(
    clock: ManualClock,
    pcm: Float32Array,
    options: DecodeRequest,
    signal: AbortSignal,
  ): Promise<AsrResult> {
    const { result, cpuMs } = await this.timed(pcm, options);
    this.decodes++;
    this.cpuMs += cpuMs;
    // The engine warms up before the clock runs.
    if (clock.now() === 0) return result;
    await new Promise<void>((resolve, reject) => {
      const cancelled = (): void => {
        timer.dispose();
        reject(new EarmarkError('rpc.cancelled', 'The decode was cancelled.'));
      };
      const timer = clock.setTimeout(() => {
        signal.removeEventListener('abort', cancelled);
        resolve();
      }, cpuMs);
      signal.addEventListener('abort', cancelled, { once: true });
      if (signal.aborted) cancelled();
    });
    return { ...result, inferenceMs: cpuMs };
  }

  private timed(pcm: Float32Array, options: DecodeRequest): Promise<TimedResult> {
    return this.alone(() =>
      this.keep(pcm, options, async () => {
        if (!this.recogniser) throw new Error('Load the models first.');
        const before = process.cpuUsage();
        const result = await this.recogniser.transcribe(pcm, options);
        const { user, system } = process.cpuUsage(before);
        return { result, cpuMs: (user + system) / 1000 };
      }),
    );
  }

  /** Runs when nothing else is computed; the clock does not move on before it is done. */
  private alone<T>(work: () => Promise<T>): Promise<T> {
    const run = this.queue.then(work);
    this.queue = run.catch(() => undefined);
    return run;
  }

  private async pass(clock: ManualClock, ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += STEP_MS) {
      clock.advance(STEP_MS);
      await this.settled();
    }
  }

  /** Everything that can happen at this moment has happened. */
  private async settled(): Promise<void> {
    for (let seen: unknown; seen !== this.queue;) {
      seen = this.queue;
      await seen;
      await setImmediate();
    }
  }
}
