/**
 * Calibration: the speed of this machine, measured once with a model. Estimates other models,
 * decides whether a result is still valid, and when to measure. Measurement and storage are
 * parameters.
 */
import { EarmarkError, isEarmarkError } from '../../../protocol/errors';
import type { EngineTarget } from '../contract/machineChoice';
import { workOf } from '../registry';
import type { Clock } from '../../base/clock';
import { type Disposable, DisposableStore } from '../../base/disposable';
import type { Logger } from '../../base/logger';
import type { Calibration } from '../contract/machineChoice';

/** A model with a higher real-time factor leaves no time for partials and a second source. */
export const HIGHEST_RTF = 0.6;

/**
 * Estimates a model's speed.
 * @returns expected real-time factor on the CPU; undefined for an unknown model
 */
export function expectedRtf(
  { model: measured, rtf }: Pick<Calibration, 'model' | 'rtf'>,
  model: string,
): number | undefined {
  const [of, by] = [workOf(model), workOf(measured)];
  return of === undefined || by === undefined ? undefined : (rtf * of) / by;
}

/** @returns undefined if the value is not a calibration */
export function readCalibration(kept: unknown): Calibration | undefined {
  if (typeof kept !== 'object' || kept === null) return undefined;
  const { fingerprint, model, rtf, audioMs, atMs } = kept as Record<string, unknown>;
  if (typeof fingerprint !== 'string' || typeof model !== 'string' || workOf(model) === undefined)
    return undefined;
  if (![rtf, audioMs, atMs].every((n) => typeof n === 'number' && Number.isFinite(n) && n > 0))
    return undefined;
  return {
    fingerprint,
    model,
    rtf: rtf as number,
    audioMs: audioMs as number,
    atMs: atMs as number,
  };
}

export interface CalibratorSetup {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Fingerprint of the current hardware; resolves when the probes have finished. */
  readonly fingerprint: () => Promise<string>;
  readonly keep: { read(): unknown; write(calibration: Calibration): void };
  /** Installed models that run on this machine's CPU, best first. */
  readonly targets: () => Promise<readonly EngineTarget[]>;
  /**
   * Decodes speech for at most a minute.
   * @throws EarmarkError model.*, engine.*
   */
  readonly measure: (
    target: EngineTarget,
  ) => Promise<{ readonly rtf: number; readonly audioMs: number }>;
  /**
   * True if no speech is active and no decode waits, so that other work does not distort the
   * measurement.
   */
  readonly idle: () => boolean;
  /** True on battery. Many machines are slower then, so calibration runs only on request. */
  readonly onBattery: () => boolean;
  readonly changed: (calibration: Calibration) => void;
}

/** Interval between checks whether to measure; also the delay of the first check. */
const LOOK_MS = 2 * 60_000;
/** Maximum number of failed tries on a machine. */
const TRIES = 3;

export class Calibrator implements Disposable {
  private readonly store = new DisposableStore();
  private current: Calibration | undefined;
  private running: Promise<Calibration> | undefined;
  private tries = 0;

  constructor(private readonly setup: CalibratorSetup) {
    this.store.add(setup.clock.setInterval(() => void this.look(), LOOK_MS));
  }

  /** Returns the stored result if it is still valid. */
  async known(): Promise<Calibration | undefined> {
    const fingerprint = await this.setup.fingerprint();
    this.current ??= readCalibration(this.setup.keep.read());
    return this.current?.fingerprint === fingerprint ? this.current : undefined;
  }

  /**
   * Measures now; callers share a run.
   * @throws EarmarkError model.missing, model.busy, and errors of `measure`
   */
  calibrate(): Promise<Calibration> {
    this.running ??= this.run().finally(() => (this.running = undefined));
    return this.running;
  }

  dispose(): void {
    this.store.dispose();
  }

  private async run(): Promise<Calibration> {
    const { clock, keep, measure, targets, changed, logger, idle } = this.setup;
    const fingerprint = await this.setup.fingerprint();
    const [target] = (await targets()).filter(({ model }) => workOf(model) !== undefined);
    if (!target)
      throw new EarmarkError(
        'model.missing',
        'No speech model for this computer is installed, so Earmark cannot measure its ' +
          'speed. Run "earmark models pull" first.',
      );
    if (!idle())
      throw new EarmarkError(
        'model.busy',
        'A session with speech is running, which would distort the measurement. Stop ' +
          'all sessions and try again.',
      );
    const { rtf, audioMs } = await measure(target);
    this.current = { fingerprint, model: target.model, rtf, audioMs, atMs: clock.wall() };
    keep.write(this.current);
    logger.info('engine.calibrated', { model: target.model, rtf });
    changed(this.current);
    return this.current;
  }

  private async look(): Promise<void> {
    if (this.running || this.tries >= TRIES || !this.setup.idle() || this.setup.onBattery()) return;
    try {
      if (await this.known()) return;
      this.tries++;
      await this.calibrate();
    } catch (error) {
      this.setup.logger.warn('engine.calibrationFailed', {
        error: isEarmarkError(error) ? error.code : 'unexpected',
      });
    }
  }
}
