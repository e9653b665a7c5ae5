/**
 * A language model that runs on this machine, in a process of its own. The process starts with the
 * first request and ends when no request follows. One request runs at a time.
 */
import { availableParallelism } from 'node:os';
import { EarmarkError } from '../../../../protocol/errors';
import type { LoadedModelFiles } from '../../../models/modelFiles';
import type { Clock } from '../../../base/clock';
import type { Disposable } from '../../../base/disposable';
import type { Logger } from '../../../base/logger';
import type { ChatMessage, LanguageModel, Tokens } from '../../../insights/model/languageModel';
import { requireMemory, workerLimitOf } from '../../../models/memory';
import type { WorkerEntry } from '../../inference/runtime/forkWorker';
import { type LanguageLimits, LanguageProcess } from './languageProcess';

export interface LocalModelSetup {
  /** Id in the catalogue, or of the user's own model. */
  readonly modelId: string;
  /** Name for people. */
  readonly name: string;
  readonly worker: WorkerEntry;
  /** Files of the model and of the runner. */
  readonly files: () => Promise<{
    readonly model: LoadedModelFiles & { readonly revision?: string };
    readonly addon: string;
  }>;
  /** Free memory in bytes; undefined if the system gives no value. */
  readonly freeMemory: () => Promise<number | undefined>;
  /** True if the runner's binaries use the graphics card. */
  readonly gpu: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits?: Partial<
    LanguageLimits & {
      readonly idleMs: number;
      /** Generated tokens of one answer. */
      readonly maxTokens: number;
    }
  >;
}

/** The processors that the model leaves to recognition and the editor. */
const FREE_PROCESSORS = 1;
/**
 * Ends a loop. Recorded answers of a large model have 1,250 characters for a minute of talk, so half
 * an hour needs up to 9,400 tokens.
 */
const MAX_TOKENS = 12_000;
/** A pause between two requests of one reading is much shorter. */
const IDLE_MS = 20_000;
const GRACE_MS = 700;
/** Loading a model of 5 GB from a slow disk takes two minutes. */
const SILENT_MS = 180_000;

export class LocalModel implements LanguageModel, Disposable {
  readonly local = true;
  readonly name: string;
  readonly id: string;
  private process: LanguageProcess | undefined;
  private loaded: Promise<LanguageProcess> | undefined;
  private idle: Disposable | undefined;
  private last: Promise<unknown> = Promise.resolve();
  private waiting = 0;

  constructor(private readonly setup: LocalModelSetup) {
    this.name = `The local language model ${setup.name}`;
    this.id = `local/${setup.modelId}`;
  }

  /** Figures of the running process; undefined without one. */
  get running(): { readonly pid: number | undefined; readonly peakBytes: number } | undefined {
    const { process } = this;
    return process && { pid: process.pid, peakBytes: process.peakBytes };
  }

  async complete(
    messages: readonly ChatMessage[],
    schema: object,
    signal: AbortSignal,
    used?: (tokens: Tokens) => void,
  ): Promise<string> {
    const maxTokens = this.setup.limits?.maxTokens ?? MAX_TOKENS;
    const { text, input, output, reused, promptMs, generateMs } = await this.inTurn(
      signal,
      (child) => child.call('complete', { messages, schema, maxTokens }, signal),
    );
    used?.({ input, output });
    this.setup.logger.info('llm.local.answered', {
      model: this.setup.modelId,
      input,
      reused,
      output,
      promptMs: Math.round(promptMs),
      generateMs: Math.round(generateMs),
    });
    return text;
  }

  dispose(): void {
    this.idle?.dispose();
    this.process?.dispose();
    this.process = this.loaded = undefined;
  }

  /** A cancelled request still ends before the next one begins. */
  private async inTurn<T>(
    signal: AbortSignal,
    work: (child: LanguageProcess) => Promise<T>,
  ): Promise<T> {
    this.waiting++;
    this.idle?.dispose();
    const run = this.last.then(async () => {
      if (signal.aborted) throw cancelled();
      return work(await this.ready(signal));
    });
    this.last = run.catch(() => undefined);
    try {
      return await run;
    } finally {
      if (--this.waiting === 0)
        this.idle = this.setup.clock.setTimeout(
          () => this.dispose(),
          this.setup.limits?.idleMs ?? IDLE_MS,
        );
    }
  }

  private async ready(signal: AbortSignal): Promise<LanguageProcess> {
    // A killed process reports its end a moment later.
    if (this.process?.isUsable === false) this.process = this.loaded = undefined;
    this.loaded ??= this.load(signal).catch((error: unknown) => {
      this.process?.dispose();
      this.process = this.loaded = undefined;
      throw error;
    });
    return this.loaded;
  }

  /** @throws EarmarkError model.*, engine.unavailable, rpc.cancelled */
  private async load(signal: AbortSignal): Promise<LanguageProcess> {
    const { modelId: id, files, freeMemory, worker, gpu, clock, logger, limits } = this.setup;
    const { model, addon } = await files();
    const residentBytes = model.residentBytes ?? 0;
    requireMemory(id, residentBytes, (await freeMemory()) ?? Infinity);
    const file = model.files['model'];
    if (file === undefined)
      throw new EarmarkError(
        'model.incompatible',
        `The model ${id} has no GGUF file; add it again.`,
      );
    const begun = clock.now();
    const child = new LanguageProcess(
      worker,
      this.name,
      clock,
      {
        graceMs: GRACE_MS,
        silentMs: SILENT_MS,
        memoryBytes: workerLimitOf(residentBytes),
        ...limits,
      },
      () => this.forget(child),
    );
    this.process = child;
    const threads = Math.max(1, availableParallelism() - FREE_PROCESSORS);
    await child.call('load', { id, file, addon, threads, gpu }, signal);
    logger.info('llm.local.loaded', { model: id, durationMs: Math.round(clock.now() - begun) });
    return child;
  }

  private forget(child: LanguageProcess): void {
    this.setup.logger.info('llm.local.ended', {
      model: this.setup.modelId,
      peakBytes: child.peakBytes,
    });
    if (this.process !== child) return;
    this.process = this.loaded = undefined;
  }
}

function cancelled(): EarmarkError {
  return new EarmarkError('rpc.cancelled', 'The request to the language model was cancelled.');
}
