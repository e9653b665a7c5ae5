/**
 * Threads for decodes of large models, measured once for each model and machine and kept. ONNX
 * Runtime fixes the threads of a model at its load, so an engine that is created later uses them.
 * Measurement and storage are parameters.
 */
import { isEarmarkError } from '../../../protocol/errors';
import type { Clock } from '../../base/clock';
import type { Disposable } from '../../base/disposable';
import type { Logger } from '../../base/logger';
import { MAX_THREADS } from './decodeThreads';
import type { EngineTarget } from '../contract/machineChoice';

export interface KeptThreads {
  /** Fingerprint of the hardware; see capabilities. */
  readonly fingerprint: string;
  /** Model id → threads of a decode. */
  readonly threads: Readonly<Record<string, number>>;
}

export interface MeasuredThreadsSetup {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly cores: number;
  /** Fingerprint of the current hardware; resolves when the probes have finished. */
  readonly fingerprint: () => Promise<string>;
  readonly keep: { read(): unknown; write(kept: KeptThreads): void };
  /** Installed large models that decode on the CPU with threads fixed at their load. */
  readonly targets: () => Promise<readonly EngineTarget[]>;
  /**
   * Returns the real-time factor of decodes with this number of threads.
   * @throws EarmarkError model.*, engine.*
   */
  readonly measure: (target: EngineTarget, threads: number) => Promise<number>;
  /** True if no session has speech and no decode waits. */
  readonly idle: () => boolean;
  /** True if other programs leave most of the processor. */
  readonly quiet: () => boolean;
  readonly onBattery: () => boolean;
}

const LOOK_MS = 2 * 60_000;
/** Maximum number of failed measurements of a model. */
const TRIES = 3;
/** Models whose threads are kept. */
const MAX_KEPT = 100;
/** Twice the threads must be faster by this factor; else they serve a second source better. */
const LEAST_GAIN = 1.25;

export class MeasuredThreads implements Disposable {
  private kept: KeptThreads | undefined;
  private running = false;
  private readonly failures = new Map<string, number>();
  private readonly timer: Disposable;

  constructor(private readonly setup: MeasuredThreadsSetup) {
    this.timer = setup.clock.setInterval(() => void this.look(), LOOK_MS);
  }

  /** Reads what earlier runs measured on this hardware. */
  async load(): Promise<void> {
    const fingerprint = await this.setup.fingerprint();
    const kept = readThreads(this.setup.keep.read());
    this.kept = kept?.fingerprint === fingerprint ? kept : { fingerprint, threads: {} };
  }

  /** Threads of a decode; undefined before they were measured. */
  of(model: string): number | undefined {
    const threads = this.kept?.threads[model];
    return threads === undefined ? undefined : Math.min(threads, this.setup.cores, MAX_THREADS);
  }

  dispose(): void {
    this.timer.dispose();
  }

  private async look(): Promise<void> {
    const { setup } = this;
    if (this.running || !this.kept || !setup.quiet() || !setup.idle() || setup.onBattery()) return;
    this.running = true;
    try {
      const target = (await setup.targets()).find(
        ({ model }) => this.of(model) === undefined && (this.failures.get(model) ?? 0) < TRIES,
      );
      if (target) await this.measure(target, this.kept);
    } finally {
      this.running = false;
    }
  }

  private async measure(target: EngineTarget, kept: KeptThreads): Promise<void> {
    const { setup } = this;
    const { model } = target;
    try {
      const threads = await this.best(target);
      if (threads === undefined) return;
      const others = Object.entries(kept.threads).slice(1 - MAX_KEPT);
      this.kept = { ...kept, threads: { ...Object.fromEntries(others), [model]: threads } };
      setup.keep.write(this.kept);
      setup.logger.info('engine.threadsMeasured', { model, threads });
    } catch (error) {
      this.failures.set(model, (this.failures.get(model) ?? 0) + 1);
      setup.logger.warn('engine.threadsFailed', {
        model,
        error: isEarmarkError(error) ? error.code : 'unexpected',
      });
    }
  }

  /** @returns undefined if speech began meanwhile: its decodes distort the measurement */
  private async best(target: EngineTarget): Promise<number | undefined> {
    const { cores, measure, idle } = this.setup;
    let threads = 1;
    let rtf = await measure(target, threads);
    for (let more = 2; more <= Math.min(cores, MAX_THREADS); more *= 2) {
      if (!idle()) return undefined;
      const next = await measure(target, more);
      if (rtf < LEAST_GAIN * next) break;
      [threads, rtf] = [more, next];
    }
    return idle() ? threads : undefined;
  }
}

/** @returns undefined if the value is not of this shape */
function readThreads(kept: unknown): KeptThreads | undefined {
  if (typeof kept !== 'object' || kept === null) return undefined;
  const { fingerprint, threads } = kept as Record<string, unknown>;
  if (typeof fingerprint !== 'string' || typeof threads !== 'object' || threads === null)
    return undefined;
  const valid = Object.entries(threads).filter(
    (entry): entry is [string, number] => Number.isInteger(entry[1]) && Number(entry[1]) > 0,
  );
  return { fingerprint, threads: Object.fromEntries(valid.slice(-MAX_KEPT)) };
}
