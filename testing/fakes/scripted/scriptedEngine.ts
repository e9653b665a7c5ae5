/**
 * A SpeechEngine without a model. It recognises loudness: a phrase whose loudest sample is 100 × n
 * is the word `wn`. A test can so check that no word is lost or doubled. Decodes can be held back,
 * can fail, or can find the engine unavailable.
 */
import { ACTIONS } from '../../../daemon/degrade/degradation';
import { EarmarkError } from '../../../protocol/errors';
import { type ChoiceSetup, chooseEngines } from '../../../daemon/asr/choice/engineChoice';
import type {
  EngineHealth,
  ManagedEngines,
  SessionDecode,
} from '../../../daemon/asr/contract/enginesApi';
import type { AsrResult } from '../../../daemon/asr/contract/provider';
import { scriptedInfo } from '../../../daemon/asr/contract/providerInfos';
import { Emitter } from '../../../daemon/base/emitter';
import type {
  DecodePriority,
  EngineLease,
  SpeechEngine,
} from '../../../daemon/asr/contract/engine';
import { MACHINE } from '../slowEngines';
import { VAD_WINDOW } from '../../../daemon/vad/contract';

export const LOUDNESS = 100;

type Decode = Parameters<SpeechEngine['decode']>;

export class ScriptedEngine implements SpeechEngine {
  readonly provider = 'scripted';
  readonly model = 'script';
  readonly status = {
    recentRtf: 0.1,
    rtf: { mean: 0.1, p95: 0.1, p99: 0.1, decodes: 1 },
    rssBytes: 0,
  };
  /** Model of several languages that helps with other languages than English. */
  multilingual: string | undefined;
  readonly decoded: string[] = [];
  private readonly warnings = new Emitter<{
    code: 'engine.restarted' | 'vad.fallback' | 'engine.unavailable';
    message: string;
  }>();
  private readonly waiting: (() => void)[] = [];
  private holding = false;
  private loading:
    { promise: Promise<void>; resolve: () => void; reject: (error: unknown) => void } | undefined;
  /** Error of `ready` while set. */
  away: EarmarkError | undefined;
  /** Called before every decode. Its error or result is the outcome. */
  script: ((word: string, priority: DecodePriority) => AsrResult | undefined) | undefined;

  readonly onDidWarn = this.warnings.event;

  readonly detectors = {
    create: () => ({
      detect: (windows: Float32Array): Promise<Float32Array> => {
        const answers = new Float32Array(windows.length / VAD_WINDOW);
        for (let i = 0; i < answers.length; i++)
          answers[i] = loudest(windows.subarray(i * VAD_WINDOW, (i + 1) * VAD_WINDOW)) > 0 ? 1 : 0;
        return Promise.resolve(answers);
      },
      reset: () => undefined,
      dispose: () => undefined,
    }),
  };

  get idle(): boolean {
    return this.waiting.length === 0;
  }

  ready(): Promise<void> {
    if (this.away) return Promise.reject(this.away);
    return this.loading?.promise ?? Promise.resolve();
  }

  async decode(...[pcm, { priority }, signal]: Decode): Promise<AsrResult | undefined> {
    if (priority !== 'final' && !this.idle) return undefined;
    const word = `w${Math.round((loudest(pcm) * 32_768) / LOUDNESS)}`;
    if (this.holding) await new Promise<void>((resolve) => this.waiting.push(resolve));
    if (signal?.aborted) throw new EarmarkError('rpc.cancelled', 'The decode was cancelled.');
    const scripted = this.script?.(word, priority);
    if (priority === 'final') this.decoded.push(word);
    const durationMs = pcm.length / 16;
    return (
      scripted ?? {
        text: word,
        words: [
          { text: word, startMs: 0, endMs: durationMs, confidence: 0.9, timing: 'estimated' },
        ],
        confidence: 0.9,
        language: 'en',
        inferenceMs: 10,
      }
    );
  }

  warn(code: 'engine.restarted' | 'vad.fallback' | 'engine.unavailable', message: string): void {
    this.warnings.fire({ code, message });
  }

  /** Decodes wait from now on. */
  hold(): void {
    this.holding = true;
  }

  /** Releases the waiting decodes and all later ones. */
  release(): void {
    this.holding = false;
    for (const go of this.waiting.splice(0)) go();
  }

  /** The model loads until the returned function is called. */
  load(): (error?: EarmarkError) => void {
    let resolve!: () => void;
    let reject!: (error: unknown) => void;
    const promise = new Promise<void>((a, b) => {
      resolve = a;
      reject = b;
    });
    promise.catch(() => undefined);
    this.loading = { promise, resolve, reject };
    return (error) => {
      this.loading = undefined;
      this.away = error;
      if (error) reject(error);
      else resolve();
    };
  }
}

/** The scripted engine for every request, with no alternative. */
export function scriptedEngines(engine: ScriptedEngine): ManagedEngines {
  const health: EngineHealth = {
    provider: 'scripted',
    model: 'script',
    device: 'auto',
    state: 'READY',
    loadMs: 5,
    rtf: { mean: 0.1, p95: 0.1, p99: 0.1, decodes: 1 },
    queuedMs: 0,
    queue: {
      waiting: 0,
      waitP50Ms: 0,
      waitP95Ms: 0,
      waitMaxMs: 0,
      load: 0,
      finals: 'full',
      droppedSpeculations: 0,
      droppedPartials: 0,
    },
    rssBytes: 0,
    sessions: 0,
    degradationLevel: 'NORMAL',
    errors: [],
    proven: true,
  };
  const choice: ChoiceSetup = {
    providers: [{ info: scriptedInfo }],
    models: [{ id: 'script', provider: 'scripted', languages: ['*'], installed: true }],
    preferred: [health],
  };
  const decodes = new Emitter<SessionDecode>();
  const decode = (...[pcm, options, signal]: Decode): ReturnType<SpeechEngine['decode']> => {
    const result = engine.decode(pcm, options, signal);
    decodes.fire({ engine, priority: options.priority, samples: pcm.length, result });
    return result;
  };
  return {
    onDidBeginDecode: decodes.event,
    open: (request) => {
      chooseEngines(choice, request);
      return new Proxy(engine as unknown as EngineLease, {
        get: (target, name) => {
          if (name === 'decode') return decode;
          if (name === 'dispose') return () => undefined;
          if (name === 'change') return () => Promise.resolve();
          if (name === 'onDidChange') return () => ({ dispose: () => undefined });
          if (name === 'degradationLevel') return 'NORMAL';
          if (name === 'actions') return ACTIONS.NORMAL;
          const value: unknown = Reflect.get(target, name);
          return typeof value === 'function' ? (value.bind(target) as unknown) : value;
        },
      });
    },
    main: health,
    onDidChangeState: () => ({ dispose: () => undefined }),
    machine: MACHINE,
    list: () => [health],
    workers: () => [],
    inUse: () => false,
    preload: () => Promise.resolve(),
    retry: () => Promise.resolve(),
    renew: () => undefined,
    swap: () => Promise.resolve(),
    calibrate: () =>
      Promise.resolve({
        fingerprint: 'scripted',
        model: 'moonshine-tiny',
        rtf: 0.04,
        audioMs: 60_000,
        atMs: 0,
      }),
    refresh: () => Promise.resolve(),
    dispose: () => undefined,
  };
}

function loudest(pcm: Float32Array): number {
  let peak = 0;
  for (const v of pcm) peak = Math.max(peak, v < 0 ? -v : v);
  return peak;
}
