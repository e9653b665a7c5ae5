/**
 * A captured source: starts the recorder, cuts frames, detects gaps, and restarts a recorder that
 * died.
 */
import { isEarmarkError } from '../../protocol/errors';
import { DeviceDrift } from '../audio/deviceDrift';
import { FrameCutter } from '../audio/frameCutter';
import type { Frame, Source } from '../audio/frame';
import { SourceWatchdog, silenceAdvice } from '../audio/sourceWatchdog';
import type { Clock } from '../base/clock';
import type { Disposable } from '../base/disposable';
import type { Logger } from '../base/logger';
import type { WarningCode } from '../../protocol/vocabulary';
import type { SpeechOptions } from './options';
import type { Capture, Recording } from '../audio/capture';
import { delay, within } from '../base/wait';

const SAMPLES_PER_MS = 16;
/** Lag of a recorder that indicates lost audio, and jump of a capture clock that is a gap … */
export const GAP_MS = 1000;
/** Clock drift of a device between two log entries. */
const DRIFT_REPORTED_MS = 250;
/**
 * … if the recorder does not catch up within this time (the machine slept). Samples that arrive
 * meanwhile are held, so that the gap is placed before them and not within a word.
 */
const CATCH_UP_MS = 300;
/** Maximum time to catch up after the daemon was busy and receives all waiting samples at once. */
const CATCH_UP_MAX_MS = 2000;

/** Samples whose time is not known yet. */
interface UnplacedAudio {
  readonly sinceMs: number;
  readonly lagMs: number;
  readonly pcm: Int16Array[];
  ms: number;
}

export interface RecorderSetup {
  readonly source: 'mic' | 'system';
  readonly device: string | undefined;
  readonly capture: Capture;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly platform: string;
  readonly options: Pick<SpeechOptions, 'captureStopMs' | 'captureRetryMs' | 'captureSearchMs'>;
  readonly firstSeq: number;
  readonly sessionMs: () => number;
  /** Receives consecutive frames; the receiver owns their samples. */
  readonly onFrames: (frames: readonly Frame[]) => void;
  readonly warn: (code: WarningCode, message: string, source: 'mic' | 'system') => void;
  /** The recorder ended and all restarts failed. The search continues until `stop`. */
  readonly onLost: () => void;
  /** This many milliseconds were not recorded; the clock was advanced over them. */
  readonly onGap: (ms: number) => void;
  /** A lost recorder was found again. */
  readonly onFound: () => void;
}

export class Recorder {
  private readonly cutter: FrameCutter;
  private recording: Recording | undefined;
  private watchdog: Disposable | undefined;
  /** Aborted by `stop`, which cancels a start or restart in progress. */
  private abortion = new AbortController();
  /** Number of the current recorder. Data and ends of older recorders are dropped. */
  private token = 0;
  private held: UnplacedAudio | undefined;
  private readonly drift = new DeviceDrift();
  /** True after the first sample; missing audio before it is no gap. */
  private begun = false;
  /** The recorded device: the chosen device until it is disconnected. */
  private device: string | undefined;

  constructor(private readonly setup: RecorderSetup) {
    this.device = setup.device;
    this.cutter = new FrameCutter({
      source: setup.source,
      firstSeq: setup.firstSeq,
      onFrames: setup.onFrames,
    });
  }

  /** @throws EarmarkError audio.noRecorder, audio.deviceNotFound, audio.recorderFailed */
  start(): Promise<void> {
    this.abortion = new AbortController();
    this.device = this.setup.device;
    this.begun = false;
    return this.open(this.abortion.signal);
  }

  /**
   * Idempotent. Resolves when the recorder has ended or the time limit is reached. In both cases,
   * later data of the recorder is ignored.
   */
  async stop(): Promise<void> {
    this.token++;
    this.abortion.abort();
    this.watchdog?.dispose();
    this.watchdog = undefined;
    const recording = this.recording;
    this.recording = undefined;
    this.release();
    this.cutter.flush();
    if (!recording) return;
    const ended = await within(
      this.setup.clock,
      recording.stop(),
      this.setup.options.captureStopMs,
    ).catch((error: unknown) => error);
    if (ended !== undefined)
      this.setup.logger.warn('recorder.stopFailed', {
        recorder: recording.recorder,
        source: this.setup.source,
      });
  }

  private async open(signal: AbortSignal): Promise<void> {
    const { capture, source, clock } = this.setup;
    const { device } = this;
    const token = ++this.token;
    let first = true;
    const watchdog = new SourceWatchdog(
      clock,
      (now) =>
        this.setup.warn('source.silent', silenceAdvice(now, source, this.setup.platform), source),
      {
        zerosAfterAudioAreNormal: source === 'system',
      },
    );
    this.watchdog?.dispose();
    this.watchdog = watchdog;
    try {
      const recording = await capture.start(source, device, {
        onData: (pcm) => {
          if (token !== this.token) return;
          watchdog.push(pcm);
          this.take(pcm, first);
          first = false;
        },
        onEnd: (error) => {
          if (token === this.token) void this.restart(error, signal);
        },
      });
      if (signal.aborted) await recording.stop().catch(() => undefined);
      else if (token === this.token) this.recording = recording;
    } catch (error) {
      watchdog.dispose();
      throw error;
    }
  }

  /** Places samples on the capture clock. */
  private take(pcm: Int16Array, first: boolean): void {
    const now = this.setup.sessionMs();
    if (first) this.release();
    const lagMs = now - pcm.length / SAMPLES_PER_MS - this.cutter.nextMs - (this.held?.ms ?? 0);
    if (first) this.moveOn(lagMs);
    else if (lagMs > GAP_MS) return this.hold(pcm, now, lagMs);
    else if (this.held) this.release();
    else this.follow(now, lagMs);
    this.cutter.push(pcm);
  }

  private hold(pcm: Int16Array, now: number, lagMs: number): void {
    const held = (this.held ??= { sinceMs: now, lagMs, pcm: [], ms: 0 });
    held.pcm.push(pcm);
    held.ms += pcm.length / SAMPLES_PER_MS;
    const elapsed = now - held.sinceMs;
    if (elapsed >= CATCH_UP_MAX_MS || (elapsed >= CATCH_UP_MS && held.lagMs - lagMs < elapsed / 2))
      this.release(lagMs);
  }

  /** @param lagMs length of the lost audio before the held samples */
  private release(lagMs = 0): void {
    const { held } = this;
    this.held = undefined;
    if (held && lagMs > 0) this.moveOn(lagMs);
    for (const pcm of held?.pcm ?? []) this.cutter.push(pcm);
  }

  /** Advances the clock over audio that was not recorded. */
  private moveOn(lagMs: number): void {
    this.drift.restart();
    if (this.begun && lagMs > GAP_MS) this.setup.onGap(lagMs);
    this.begun = true;
    this.cutter.resumeAt(Math.max(0, this.cutter.nextMs + lagMs));
  }

  /**
   * Corrects clock drift. The clocks of two devices can differ by a second after some hours, so
   * each is aligned with the daemon's clock.
   */
  private follow(now: number, lagMs: number): void {
    const before = Math.abs(this.drift.totalMs);
    const step = this.drift.note(now, lagMs);
    if (step === 0) return;
    this.cutter.slew(step);
    const after = Math.abs(this.drift.totalMs);
    if (Math.floor(after / DRIFT_REPORTED_MS) > Math.floor(before / DRIFT_REPORTED_MS))
      this.setup.logger.info('recorder.drift', {
        source: this.setup.source,
        durationMs: Math.round(this.drift.totalMs),
      });
  }

  /**
   * Opens the chosen device, or the current default if the chosen device was disconnected.
   * @returns true if it moved to the default, which is reported
   */
  private async openThere(signal: AbortSignal): Promise<boolean> {
    const { source, warn } = this.setup;
    try {
      await this.open(signal);
      return false;
    } catch (error) {
      if (
        this.device === undefined ||
        !isEarmarkError(error, 'audio.deviceNotFound') ||
        signal.aborted
      )
        throw error;
      this.device = undefined;
      await this.open(signal);
      if (!signal.aborted)
        warn(
          'source.lost',
          `The chosen ${source === 'mic' ? 'microphone' : 'output device'} is gone. The ` +
            `recording continues with the default device${this.recording ? ` “${this.recording.device}”` : ''}.`,
          source,
        );
      return true;
    }
  }

  private async restart(error: Error, signal: AbortSignal): Promise<void> {
    const { source, options, clock, logger, warn } = this.setup;
    this.token++;
    this.recording = undefined;
    this.watchdog?.dispose();
    logger.warn('recorder.ended', {
      source,
      error: isEarmarkError(error) ? error.code : error.name,
    });
    const name = source === 'mic' ? 'The microphone' : 'The system audio';
    // One warning for a loss: how it went on, or that it did not.
    let warned = false;
    let last: unknown = error;
    for (const wait of options.captureRetryMs) {
      await delay(clock, wait, signal);
      if (signal.aborted) return;
      try {
        const moved = await this.openThere(signal);
        if (!moved && !warned && !signal.aborted)
          warn('source.lost', `${name} stopped for a moment. It is recorded again.`, source);
        return;
      } catch (again) {
        last = again;
        if (!warned)
          warn(
            'source.lost',
            `${name} stopped sending audio. Earmark is trying to reconnect.`,
            source,
          );
        warned = true;
        logger.warn('recorder.restartFailed', {
          source,
          error: isEarmarkError(again) ? again.code : 'unknown',
        });
      }
    }
    if (signal.aborted) return;
    warn('source.lost', notRecorded(source, last), source);
    this.setup.onLost();
    await this.search();
  }

  /** Starts the recorder as soon as possible. Ends with `stop`. */
  async search(): Promise<void> {
    const { clock, options } = this.setup;
    const { signal } = this.abortion;
    for (;;) {
      await delay(clock, options.captureSearchMs, signal);
      if (signal.aborted) return;
      try {
        await this.openThere(signal);
        return signal.aborted ? undefined : this.setup.onFound();
      } catch {
        // Reported once; the search continues.
      }
    }
  }
}

/** A message that already names the source. */
const NAMES_SOURCE = /^(The microphone|The system audio|System audio)\b/;

/** Message for the user: a source is not recorded, with the reason. */
export function notRecorded(source: Source, reason: unknown): string {
  const why = isEarmarkError(reason)
    ? reason.message
    : 'Could not start its recorder; look at the log.';
  return NAMES_SOURCE.test(why)
    ? why
    : `${source === 'mic' ? 'The microphone' : 'The system audio'} is not recorded. ${why}`;
}
