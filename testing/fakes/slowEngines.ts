/**
 * Engines with recognisers of a configured speed, on a clock that the test advances. The pool,
 * routes and degradation are real; the recognisers are scripted. Each phrase has a loudness, and
 * its text is the number of that loudness.
 */
import type { ChoiceSetup } from '../../daemon/asr/choice/engineChoice';
import { createEnginePool } from '../../daemon/asr/engine/enginePool';
import { UNCALIBRATED } from './uncalibrated';
import type { EngineTarget } from '../../daemon/asr/contract/machineChoice';
import type { MachineFacts, ManagedEngines } from '../../daemon/asr/contract/enginesApi';
import type { MachineLoad } from '../../daemon/asr/choice/machineLoad';
import type { AsrResult } from '../../daemon/asr/contract/provider';
import { scriptedInfo } from '../../daemon/asr/contract/providerInfos';
import {
  type Decoder,
  type DetectorService,
  type SpeechEngineSetup,
  createSpeechEngine,
} from '../../daemon/asr/engine/speechEngine';
import type { ManualClock } from '../../daemon/base/clock';
import { silentLogger } from '../../daemon/base/logger';
import { tierOf } from '../../daemon/asr/choice/tiers';
import type { EngineLease } from '../../daemon/asr/contract/engine';
import { EarmarkError } from '../../protocol/errors';

export interface SlowModel {
  readonly provider: string;
  readonly model: string;
  /** Seconds of work for each second of audio. */
  rtf: number;
  /** Expected work relative to the other models; the first `rtf` unless changed. */
  work: number | undefined;
  readonly loadMs: number;
  /** Error of load and decode while set. */
  fails?: EarmarkError | undefined;
  /** Decodes never finish while set. They are cancelled after this number of milliseconds. */
  hangsMs?: number | undefined;
  loads: number;
  /** Undefined: installed. */
  installed?: boolean;
  /** Text of a phrase; default: its number. */
  text?: (pcm: Float32Array) => string;
  /** Texts of its finals. */
  readonly decoded: string[];
  /** Numbers of the tokens that it gives and receives; undefined: it uses none. */
  tokens?: { readonly own: readonly number[]; readonly received: (readonly number[])[] };
}

export interface SlowEnginesOptions {
  readonly detectors?: DetectorService;
  /** Model ids in the order for dictation. */
  readonly forDictation?: readonly string[];
  /** Parts of each engine in place of the scripted ones. */
  readonly parts?: Partial<SpeechEngineSetup>;
}

export function slowModel(provider: string, model: string, rtf: number, loadMs = 1_000): SlowModel {
  return { provider, model, rtf, work: rtf, loadMs, loads: 0, decoded: [] };
}

/** For pools of tests that do not depend on the machine. */
export const MACHINE: MachineFacts = (() => {
  const capabilities = {
    platform: 'linux',
    arch: 'x64',
    cpu: 'A CPU',
    cores: 2,
    instructionSets: ['avx2'],
    memoryGb: 8,
    unknown: [],
  };
  return { capabilities, choice: tierOf(capabilities) };
})();

const noSpeech: DetectorService = {
  start: () => Promise.resolve(),
  stop: () => undefined,
  health: () => [],
  create: () => ({
    detect: (w) => Promise.resolve(new Float32Array(w.length)),
    reset: () => undefined,
    dispose: () => undefined,
  }),
};

export function slowEngines(
  clock: ManualClock,
  models: readonly SlowModel[],
  load: () => MachineLoad = () => ({}),
  { detectors = noSpeech, forDictation, parts }: SlowEnginesOptions = {},
): ManagedEngines {
  const targets = models.map(({ provider, model }): EngineTarget => ({
    provider,
    model,
    device: 'auto',
  }));
  const order = (id: string): readonly EngineTarget[] =>
    targets.filter(({ model }) => model === id);
  const look = (): ChoiceSetup => ({
    providers: [...new Set(models.map(({ provider }) => provider))].map((id) => ({
      info: { ...scriptedInfo, id },
    })),
    models: models.map(({ provider, model, installed = true }) => ({
      id: model,
      provider,
      languages: ['*'],
      installed,
    })),
    preferred: targets,
    ...(forDictation ? { forDictation: forDictation.flatMap(order) } : {}),
  });
  return createEnginePool({
    clock,
    logger: silentLogger,
    choice: look(),
    look: () => Promise.resolve(look()),
    calibrator: UNCALIBRATED,
    sharedWorkers: () => [],
    load,
    probed: Promise.resolve(),
    machine: () => MACHINE,
    workOf: ({ model }) => models.find((one) => one.model === model)?.work,
    create: ({ provider, model }) => {
      const facts = models.find((m) => m.model === model);
      if (!facts) throw new Error(`No model ${model} in this test.`);
      return createSpeechEngine({
        clock,
        provider,
        model,
        decoders: [decoderOf(clock, facts)],
        detectors,
        ...parts,
      });
    },
  });
}

function decoderOf(clock: ManualClock, model: SlowModel): Decoder {
  const wait = (ms: number): Promise<void> =>
    ms <= 0 ? Promise.resolve() : new Promise((resolve) => clock.setTimeout(resolve, ms));
  return {
    start: async () => {
      model.loads++;
      await wait(model.loadMs);
      if (model.fails) throw model.fails;
    },
    stop: () => undefined,
    health: () => ({ name: model.model, state: 'ready', restarts: 0 }),
    transcribe: async (pcm, options, signal): Promise<AsrResult> => {
      const warmUp = pcm.every((sample) => sample === 0);
      if (warmUp) return { text: '', words: [], confidence: 0, language: 'en', inferenceMs: 0 };
      if (model.fails) throw model.fails;
      const { hangsMs } = model;
      const inferenceMs = hangsMs ?? (pcm.length / 16) * model.rtf;
      const given = new Promise<never>((_, reject) =>
        signal.addEventListener(
          'abort',
          () => reject(new EarmarkError('rpc.cancelled', 'The decode was cancelled.')),
          { once: true },
        ),
      );
      given.catch(() => undefined);
      await Promise.race([wait(inferenceMs), given]);
      if (hangsMs !== undefined)
        throw new EarmarkError(
          'engine.timeout',
          'The speech engine took too long to decode a phrase.',
        );
      const text = model.text?.(pcm) ?? `phrase ${Math.round((pcm[0] ?? 0) * 10_000)}`;
      model.decoded.push(text);
      const draft = options.context?.draft;
      if (draft) model.tokens?.received.push(draft);
      return {
        text,
        ...(model.tokens ? { tokens: [...model.tokens.own] } : {}),
        words: [],
        confidence: 0.9,
        language: options.language,
        inferenceMs,
      };
    },
  };
}

/** Runs everything that is due now. */
export async function turn(): Promise<void> {
  for (let i = 0; i < 4; i++) await new Promise(setImmediate);
}

export interface Spoken {
  readonly number: number;
  /** Milliseconds from the end of a phrase to its text. */
  readonly lagMs: number;
  readonly text: string;
}

/**
 * Pushes phrases of this length in seconds, one after the other without pauses. Records the time at
 * which each text arrives.
 */
export class Speaker {
  readonly recognised: Spoken[] = [];
  private spoken = 0;
  private spokenMs = 0;

  constructor(
    private readonly clock: ManualClock,
    private readonly engine: EngineLease,
    private readonly phraseMs = 5_000,
  ) {}

  get said(): number {
    return this.spoken;
  }

  /** Time advances while audio arrives. */
  async speak(ms: number, stepMs = 100): Promise<void> {
    for (let t = 0; t < ms; t += stepMs) {
      this.clock.advance(stepMs);
      this.spokenMs += stepMs;
      if (this.spokenMs >= this.phraseMs) {
        this.spokenMs = 0;
        this.say();
      }
      await turn();
    }
  }

  async silence(ms: number, stepMs = 100): Promise<void> {
    for (let t = 0; t < ms; t += stepMs) {
      this.clock.advance(stepMs);
      await turn();
    }
  }

  private say(): void {
    const number = 1 + (this.spoken++ % 9_000);
    const endedMs = this.clock.now();
    const pcm = new Float32Array(this.phraseMs * 16).fill(number / 10_000);
    pcm.fill(0.5, 100);
    void this.words(pcm).then((text) =>
      this.recognised.push({ number, lagMs: this.clock.now() - endedMs, text }),
    );
  }

  /** As in a session: a phrase that does not fit into the queue waits until it does. */
  private async words(pcm: Float32Array): Promise<string> {
    for (;;) {
      try {
        return (
          (await this.engine.decode(pcm, { language: 'en', priority: 'final', sessionId: 's' }))
            ?.text ?? ''
        );
      } catch (error) {
        if (!(error instanceof EarmarkError)) return 'unexpected';
        if (error.code !== 'rpc.tooMany') return error.code;
        await new Promise<void>((resolve) =>
          this.clock.setTimeout(resolve, error.retryAfterMs ?? 0),
        );
      }
    }
  }
}
