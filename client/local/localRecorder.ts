/**
 * Records on this machine through the local daemon (`capture/start`, `capture/frames`,
 * `capture/warning`, `capture/stop`). The daemon searches for a lost device; this class starts
 * again when the daemon is lost.
 */
import { Emitter } from 'vscode-jsonrpc/node';
import type { RecorderWarning } from '../../protocol/audio';
import { CaptureFrames, CaptureStart, CaptureStop, CaptureWarning } from '../../protocol/capture';
import { EarmarkError, isEarmarkError } from '../../protocol/errors';
import type { ParamsOf } from '../../protocol/method';
import type { Connection, Disposable } from '../api';

/** Wait before a lost recorder is started again, and the longest one. */
const AGAIN = { firstMs: 1_000, longestMs: 10_000 } as const;

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'starting' }
  | { readonly kind: 'recording'; readonly captureId: string }
  /** The last audio arrives. */
  | { readonly kind: 'stopping'; readonly captureId: string }
  | { readonly kind: 'stopped' };

export interface RecordedFrames {
  readonly seq: number;
  readonly captureMs: number;
  readonly pcm: Int16Array;
}

export interface LocalRecorderSetup {
  readonly local: Connection;
  readonly source: 'mic' | 'system';
  readonly device?: string | undefined;
  /** Session time now, in milliseconds. */
  readonly sessionMs: () => number;
  /** First frame of the next recording; frames without a copy are counted from it. */
  readonly nextSeq: () => number;
  readonly onFrames: (frames: RecordedFrames) => void;
  /** Opens the upload copy of the recorded audio; called at every start. */
  readonly upload?:
    (() => Promise<{ readonly uploadId: string; readonly seq: number }>) | undefined;
}

export class LocalRecorder implements Disposable {
  private state: State = { kind: 'idle' };
  private timer: NodeJS.Timeout | undefined;
  /** Number of the first frame of this recording, if no copy counts the frames. */
  private firstSeq = 0;
  /** Messages that arrived before the answer with the id of the recording. */
  private early: ParamsOf<typeof CaptureFrames>[] = [];
  private readonly disposables: Disposable[];
  private readonly warnEmitter = new Emitter<RecorderWarning>();
  readonly onDidWarn = this.warnEmitter.event;

  constructor(private readonly setup: LocalRecorderSetup) {
    const { local } = setup;
    this.disposables = [
      local.onNotification(CaptureFrames, (message) => {
        if (this.state.kind === 'starting') this.early.push(message);
        else this.take(message);
      }),
      local.onNotification(CaptureWarning, ({ captureId, code, message }) => {
        if (this.state.kind === 'recording' && this.state.captureId === captureId)
          this.warnEmitter.fire({ code, message });
      }),
      local.onDidChangeState(({ from }) => {
        if (from.kind !== 'connected' || this.state.kind !== 'recording') return;
        this.state = { kind: 'idle' };
        this.again(AGAIN.firstMs, undefined);
      }),
    ];
  }

  /** @throws EarmarkError of capture/start */
  async start(): Promise<void> {
    if (this.state.kind === 'starting' || this.state.kind === 'recording') return;
    clearTimeout(this.timer);
    const { local, source, device, upload, sessionMs, nextSeq } = this.setup;
    const state: State = { kind: 'starting' };
    this.state = state;
    this.early = [];
    try {
      const copy = await upload?.();
      this.firstSeq = copy ? 0 : nextSeq();
      const { captureId } = await local.request(CaptureStart, {
        source,
        ...(device === undefined ? {} : { device }),
        sessionMs: sessionMs(),
        ...(copy ? { upload: copy } : {}),
      });
      if (this.state !== state) return void (await local.request(CaptureStop, { captureId }));
      this.state = { kind: 'recording', captureId };
      for (const message of this.early.splice(0)) this.take(message);
    } catch (error) {
      if (this.state === state) this.state = { kind: 'idle' };
      throw error;
    }
  }

  /** Reports why the recorder did not start, and starts it as soon as possible. */
  search(reason: unknown): void {
    if (this.state.kind !== 'idle') return;
    this.warnEmitter.fire({ code: 'source.lost', message: messageOf(this.setup.source, reason) });
    this.again(AGAIN.firstMs, reason);
  }

  async stop(): Promise<void> {
    const { state } = this;
    clearTimeout(this.timer);
    if (state.kind !== 'recording') {
      if (state.kind !== 'stopping') this.state = { kind: 'stopped' };
      return;
    }
    const { captureId } = state;
    const stopping: State = { kind: 'stopping', captureId };
    this.state = stopping;
    await this.setup.local.request(CaptureStop, { captureId }).catch(() => undefined);
    if (this.state === stopping) this.state = { kind: 'stopped' };
  }

  dispose(): void {
    void this.stop();
    for (const d of this.disposables) d.dispose();
    this.warnEmitter.dispose();
  }

  private take({ captureId, seq, captureMs, pcm }: ParamsOf<typeof CaptureFrames>): void {
    const { state } = this;
    if (!('captureId' in state) || state.captureId !== captureId) return;
    this.setup.onFrames({ seq: this.firstSeq + seq, captureMs, pcm: samples(pcm) });
  }

  private again(waitMs: number, reported: unknown): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (this.state.kind !== 'idle') return;
      this.start().catch((error: unknown) => {
        if (this.state.kind !== 'idle') return;
        const { source } = this.setup;
        const message = messageOf(source, error);
        if (!isLater(error) && (!reported || messageOf(source, reported) !== message)) {
          reported = error;
          this.warnEmitter.fire({ code: 'source.lost', message });
        }
        this.again(Math.min(2 * waitMs, AGAIN.longestMs), reported);
      });
    }, waitMs);
  }
}

/** The local daemon is starting or busy; that passes by itself. */
function isLater(error: unknown): boolean {
  return isEarmarkError(error) && error.retry === 'later';
}

/** A sentence for the user; errors of recorders name the source already. */
function messageOf(source: 'mic' | 'system', error: unknown): string {
  return error instanceof EarmarkError
    ? error.message
    : `${source === 'mic' ? 'The microphone' : 'The system audio'} could not be recorded; ` +
        'restart Earmark.';
}

function samples(base64: string): Int16Array {
  const bytes = Buffer.from(base64, 'base64');
  const pcm = new Int16Array(bytes.length >> 1);
  new Uint8Array(pcm.buffer).set(bytes.subarray(0, pcm.byteLength));
  return pcm;
}
