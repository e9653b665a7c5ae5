/**
 * How fast this machine is, measured once with one model: what it says about the others, whether it
 * still counts, and when it is measured. Measuring and keeping come in as parameters.
 */
import { EarmarkError, isEarmarkError } from '../../protocol/errors';
import type { EngineTarget } from '../asr/enginesApi';
import type { Clock } from '../base/clock';
import { type Disposable, DisposableStore } from '../base/disposable';
import type { Logger } from '../base/logger';

export interface Calibration {
  /** Of the hardware; see capabilities. */
  readonly fingerprint: string;
  readonly model: string;
  /** Seconds of work for a second of speech, on one thread of the CPU. */
  readonly rtf: number;
  readonly audioMs: number;
  /** By the calendar, milliseconds since the epoch. */
  readonly atMs: number;
}

/**
 * Work of the models on the CPU as a multiple of Moonshine tiny's. Moonshine tiny and Whisper base
 * are measured (whisper bench); the others follow from their parameters: Moonshine 27 and 61
 * million, Whisper 39, 74, 244, 769, 809, 1550 million.
 */
const WORK: readonly (readonly [string, number])[] = [
  ['moonshine-tiny', 1],
  ['moonshine-base', 2.3],
  ['whisper-tiny', 2.1],
  ['whisper-base', 4],
  ['whisper-small', 13],
  ['whisper-medium', 42],
  ['whisper-large-v3-turbo', 44],
  ['whisper-large-v3', 84],
];
/** A model that needs more of a core leaves no time for partials and a second source. */
export const HIGHEST_RTF = 0.6;

function workOf(model: string): number | undefined {
  return WORK.find(([name]) => model.startsWith(name))?.[1];
}

/**
 *
 * @returns the real-time factor that the model should have on the CPU; undefined where nothing is
 * known of it
 */
export function expectedRtf(
  { model: measured, rtf }: Pick<Calibration, 'model' | 'rtf'>,
  model: string,
): number | undefined {
  const [of, by] = [workOf(model), workOf(measured)];
  return of === undefined || by === undefined ? undefined : (rtf * of) / by;
}

/** @returns undefined where the bytes are no calibration */
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
  /** Of the hardware as it is; resolves when the probes have answered. */
  readonly fingerprint: () => Promise<string>;
  readonly keep: { read(): unknown; write(calibration: Calibration): void };
  /** Installed models of this machine that run on its CPU, best first. */
  readonly targets: () => Promise<readonly EngineTarget[]>;
  /** Decodes speech for a minute at most. @throws EarmarkError model.*, engine.* */
  readonly measure: (
    target: EngineTarget,
  ) => Promise<{ readonly rtf: number; readonly audioMs: number }>;
  /** Nobody speaks and nothing waits: what is measured is the machine, not what else it does. */
  readonly idle: () => boolean;
  /** Many machines are slower then; it is measured only when somebody asks for it. */
  readonly onBattery: () => boolean;
  readonly changed: (calibration: Calibration) => void;
}

/** Looks so often whether it is time to measure; the first time so long after the start. */
const LOOK_MS = 2 * 60_000;
/** A machine on which it fails is not tried for ever. */
const TRIES = 3;

export class Calibrator implements Disposable {
  private readonly store = new DisposableStore();
  private current: Calibration | undefined;
  private running: Promise<Calibration> | undefined;
  private tries = 0;

  constructor(private readonly setup: CalibratorSetup) {
    this.store.add(setup.clock.setInterval(() => void this.look(), LOOK_MS));
  }

  /** What is kept and still true. */
  async known(): Promise<Calibration | undefined> {
    const fingerprint = await this.setup.fingerprint();
    this.current ??= readCalibration(this.setup.keep.read());
    return this.current?.fingerprint === fingerprint ? this.current : undefined;
  }

  /**
   * Measures now; callers share one run. @throws EarmarkError model.missing, model.busy, and what
   * `measure` throws
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
