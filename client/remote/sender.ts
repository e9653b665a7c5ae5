/**
 * Sends a session from this machine: local recorders, pushers, and the upload copy. The copy stays
 * until the remote daemon confirms length and hash. Without a copy, audio waits in memory only.
 */
import { Emitter } from 'vscode-jsonrpc/node';
import { AudioReport, AudioVerify, type RecorderWarning } from '../../protocol/audio';
import { type EarmarkError, isEarmarkError } from '../../protocol/errors';
import { SessionStop, type SourceSpec } from '../../protocol/session';
import type { Connection, Disposable, FramePusher, Sending, SessionSubscription } from '../api';
import { createFramePusher } from './framePusher';
import { LocalRecorder } from '../local/localRecorder';
import type { UploadCopy } from './uploadCopy';

export interface Captured {
  readonly source: 'mic' | 'system';
  readonly origin: Extract<SourceSpec['origin'], { type: 'capture' }>;
}

export interface SenderSetup {
  readonly remote: Connection;
  readonly local: Connection;
  readonly subscription: SessionSubscription;
  readonly captured: readonly Captured[];
  readonly copy?: UploadCopy | undefined;
  /** Frames of each source on the local disk. */
  readonly have: ReadonlyMap<string, number>;
  /** Limit of frames in memory; tests use a small number. */
  readonly maxFrames?: number | undefined;
}

/** Time limit for the last audio to arrive before a stop or pause is sent anyway. */
const LAST_AUDIO_MS = 10_000;
/** Reports of recorders that wait for the connection. */
const REPORTS_MAX = 20;
/** First and longest wait before the next request to the remote daemon. */
const ASK = { firstMs: 500, longestMs: 30_000 } as const;

export class Sender implements Disposable {
  readonly lines: readonly {
    readonly source: 'mic' | 'system';
    readonly pusher: FramePusher;
    readonly recorder: LocalRecorder;
  }[];
  private current: Sending['state'] = { kind: 'recording' };
  private finishing: Promise<void> | undefined;
  private disposed = false;
  private readonly changed = new Emitter<void>();
  readonly onDidChange = this.changed.event;
  private readonly warnEmitter = new Emitter<string>();
  /** Fires with a sentence for the user when the remote daemon takes no more audio. */
  readonly onDidWarn = this.warnEmitter.event;
  private readonly reports: (RecorderWarning & { readonly source: 'mic' | 'system' })[] = [];
  private reporting = false;
  private refused = false;
  private readonly attached: Disposable;

  constructor(private readonly setup: SenderSetup) {
    const { remote, local, subscription, captured, copy, have, maxFrames } = setup;
    this.lines = captured.map(({ source, origin: { device } }) => {
      const pusher = createFramePusher(remote, subscription, {
        source,
        ...(maxFrames === undefined ? {} : { maxFrames }),
        ...(copy
          ? {
              copy: {
                frames: have.get(source) ?? 0,
                read: (seq, count) => copy.read(source, seq, count),
              },
            }
          : {}),
      });
      const upload =
        copy &&
        (async () => ({
          uploadId: await copy.id(),
          seq: Math.max(pusher.nextSeq, await copy.frames(source)),
        }));
      const recorder = new LocalRecorder({
        local,
        source,
        device,
        upload,
        sessionMs: () => subscription.sessionMs,
        nextSeq: () => pusher.nextSeq,
        onFrames: ({ pcm, ...placed }) => pusher.write(pcm, placed),
      });
      recorder.onDidWarn((warning) => this.report({ source, ...warning }));
      pusher.onDidFail((error) => this.onRefused(error));
      return { source, pusher, recorder };
    });
    this.attached = subscription.onDidAttach(() => void this.sendReports());
  }

  get sessionId(): string {
    return this.setup.subscription.sessionId;
  }

  get copy(): UploadCopy | undefined {
    return this.setup.copy;
  }

  get state(): Sending['state'] {
    return this.current;
  }

  /** @throws EarmarkError if no source can be recorded */
  async start(): Promise<void> {
    const started = await Promise.allSettled(this.lines.map(({ recorder }) => recorder.start()));
    const failed = started.filter((s) => s.status === 'rejected');
    if (failed.length === started.length) throw failed[0]?.reason;
    started.forEach((result, i) => {
      if (result.status === 'rejected') this.lines[i]?.recorder.search(result.reason);
    });
  }

  async pause(): Promise<void> {
    await this.stopRecorders();
    await inTime(Promise.all(this.lines.map(({ pusher }) => pusher.whenReady(1))));
  }

  /** Stops recording. @returns true when all audio has arrived */
  async end(): Promise<boolean> {
    await this.stopRecorders();
    await this.endCopy();
    // With a copy, no caller has to wait for an unreachable daemon.
    return (
      (this.setup.copy === undefined || this.setup.remote.state.kind === 'connected') &&
      (await inTime(this.sent()))
    );
  }

  /**
   * Sends the remaining audio, ends the session if `stop` is true, and has it confirmed. Retries
   * until the daemon answers.
   */
  finish(stop: boolean): Promise<void> {
    return (this.finishing ??= this.finishNow(stop));
  }

  dispose(): void {
    this.disposed = true;
    for (const { pusher, recorder } of this.lines) {
      recorder.dispose();
      pusher.dispose();
    }
    this.setup.copy?.dispose();
    this.attached.dispose();
    this.changed.dispose();
    this.warnEmitter.dispose();
  }

  /** The session warns of it, in all its windows. */
  private report(report: RecorderWarning & { readonly source: 'mic' | 'system' }): void {
    if (this.reports.length >= REPORTS_MAX) this.reports.shift();
    this.reports.push(report);
    void this.sendReports();
  }

  private async sendReports(): Promise<void> {
    if (this.reporting) return;
    this.reporting = true;
    const { remote, subscription } = this.setup;
    try {
      for (let next = this.reports[0]; next && !this.disposed; next = this.reports[0]) {
        await remote.request(AudioReport, { sessionId: subscription.sessionId, ...next });
        this.reports.splice(this.reports.indexOf(next), 1);
      }
    } catch (error) {
      // Without a connection the reports wait for the next one; refused ones are dropped.
      if (!isEarmarkError(error) || error.retry !== 'later') this.reports.length = 0;
    } finally {
      this.reporting = false;
    }
  }

  /** The remote daemon takes no more audio, and no retry helps. */
  private onRefused(error: EarmarkError): void {
    const over = error.code === 'audio.afterStop' || this.finishing !== undefined;
    if (this.disposed || over || this.current.kind !== 'recording') return;
    if (this.refused) return;
    this.refused = true;
    if (this.setup.copy)
      return this.warnEmitter.fire(
        `${error.message} The recording continues on this machine only; send or transcribe it ` +
          'later under Storage and Privacy.',
      );
    void this.stopRecorders();
    this.warnEmitter.fire(`${error.message} The recording has ended.`);
  }

  private async stopRecorders(): Promise<void> {
    await Promise.all(this.lines.map(({ recorder }) => recorder.stop()));
  }

  private async endCopy(): Promise<void> {
    const have = await this.setup.copy?.end().catch(() => []);
    for (const { source, frames } of have ?? [])
      this.lines.find((line) => line.source === source)?.pusher.extend(frames);
  }

  private async sent(): Promise<void> {
    await Promise.all(this.lines.map(({ pusher }) => pusher.end()));
  }

  private async finishNow(stop: boolean): Promise<void> {
    const { remote, copy, subscription } = this.setup;
    if (!copy) return;
    const { sessionId } = subscription;
    this.set({ kind: 'sending' });
    await this.stopRecorders();
    await this.again(() => this.endCopy());
    // If the remote daemon takes no more audio, its answer about received frames shows it.
    await Promise.allSettled(this.lines.map(({ pusher }) => pusher.end()));
    if (stop) await this.again(() => remote.request(SessionStop, { sessionId }));
    this.set({ kind: 'checking' });
    const answer = await this.again(async () => {
      const sent = await copy.sent();
      return await Promise.all(
        sent.map(async ({ source, ...mine }) => {
          const { frames, digest } = await remote.request(AudioVerify, {
            sessionId,
            source,
            ...mine,
          });
          return { source, frames, digest };
        }),
      );
    });
    if (this.disposed) return;
    const reported = await this.again(() => copy.settle(answer.value ?? [], answer.problem));
    if (this.disposed) return;
    if (reported.value?.state === 'confirmed') this.set({ kind: 'confirmed' });
    else this.set({ kind: 'pending', problem: reported.value?.problem ?? reported.problem ?? '' });
  }

  /** Retries until the work succeeds or a retry cannot help. */
  private async again<T>(
    ask: () => Promise<T>,
  ): Promise<{ readonly value?: T; readonly problem?: string }> {
    for (
      let waitMs: number = ASK.firstMs;
      !this.disposed;
      waitMs = Math.min(2 * waitMs, ASK.longestMs)
    ) {
      try {
        return { value: await ask() };
      } catch (error) {
        const known = isEarmarkError(error) ? error : undefined;
        if (
          !known ||
          known.retry !== 'later' ||
          this.setup.remote.state.kind === 'failed' ||
          this.setup.remote.state.kind === 'closed'
        )
          return {
            problem: known?.message ?? 'The remote daemon sent an unreadable answer.',
          };
        await new Promise((resolve) => setTimeout(resolve, waitMs));
      }
    }
    return {};
  }

  private set(state: Sending['state']): void {
    if (this.disposed) return;
    this.current = state;
    this.changed.fire();
  }
}

/**
 * Does not wait for failed or slow work; the next request reports the fault.
 * @returns true if the work was done in time
 */
async function inTime(work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const done = await Promise.race([
    work.then(
      () => true,
      () => false,
    ),
    new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(false), LAST_AUDIO_MS))),
  ]);
  clearTimeout(timer);
  return done;
}
