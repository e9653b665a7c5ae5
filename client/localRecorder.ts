/**
 * Records on this machine through the local daemon (`capture/start`, `capture/frames`,
 * `capture/ended`, `capture/stop`). Starts again when the recorder or the daemon is lost.
 */
import { Emitter } from 'vscode-jsonrpc/node';
import { CaptureEnded, CaptureFrames, CaptureStart, CaptureStop } from '../protocol/capture';
import { type EarmarkError, isEarmarkError } from '../protocol/errors';
import type { Connection, Disposable } from './api';

/** Wait before a lost recorder is started again. */
const AGAIN_MS = 1_000;

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'starting' }
  | { readonly kind: 'recording'; readonly captureId: string }
  | { readonly kind: 'stopped' };

export class LocalRecorder implements Disposable {
  private state: State = { kind: 'idle' };
  private timer: NodeJS.Timeout | undefined;
  private readonly disposables: Disposable[];
  private readonly failEmitter = new Emitter<EarmarkError>();
  /** Fires when the user must act before recording can start again. */
  readonly onDidFail = this.failEmitter.event;

  constructor(
    private readonly local: Connection,
    private readonly source: { readonly source: 'mic' | 'system'; readonly device?: string },
    private readonly onData: (pcm: Int16Array, seq: number | undefined) => void,
    /** Opens the upload copy of the recorded audio; called at every start. */
    private readonly upload?: () => Promise<{ readonly uploadId: string; readonly seq: number }>,
  ) {
    this.disposables = [
      local.onNotification(CaptureFrames, ({ captureId, pcm, seq }) => {
        if (this.state.kind === 'recording' && this.state.captureId === captureId)
          this.onData(samples(pcm), seq);
      }),
      local.onNotification(CaptureEnded, ({ captureId }) => {
        if (this.state.kind === 'recording' && this.state.captureId === captureId) this.lost();
      }),
      local.onDidChangeState(({ from }) => {
        if (from.kind === 'connected' && this.state.kind === 'recording') this.lost();
      }),
    ];
  }

  /** @throws EarmarkError of capture/start */
  async start(): Promise<void> {
    if (this.state.kind === 'starting' || this.state.kind === 'recording') return;
    const state: State = { kind: 'starting' };
    this.state = state;
    try {
      const { captureId } = await this.local.request(CaptureStart, {
        ...this.source,
        ...(this.upload ? { upload: await this.upload() } : {}),
      });
      if (this.state === state) this.state = { kind: 'recording', captureId };
      else await this.local.request(CaptureStop, { captureId });
    } catch (error) {
      if (this.state === state) this.state = { kind: 'idle' };
      throw error;
    }
  }

  async stop(): Promise<void> {
    const { state } = this;
    this.state = { kind: 'stopped' };
    clearTimeout(this.timer);
    if (state.kind === 'recording')
      await this.local.request(CaptureStop, { captureId: state.captureId }).catch(() => undefined);
  }

  dispose(): void {
    void this.stop();
    for (const d of this.disposables) d.dispose();
    this.failEmitter.dispose();
  }

  private lost(): void {
    this.state = { kind: 'idle' };
    this.timer = setTimeout(() => {
      if (this.state.kind !== 'idle') return;
      this.start().catch((error: unknown) => {
        if (this.state.kind !== 'idle') return;
        if (isEarmarkError(error) && error.retry !== 'later') this.failEmitter.fire(error);
        else this.lost();
      });
    }, AGAIN_MS);
  }
}

function samples(base64: string): Int16Array {
  const bytes = Buffer.from(base64, 'base64');
  const pcm = new Int16Array(bytes.length >> 1);
  new Uint8Array(pcm.buffer).set(bytes.subarray(0, pcm.byteLength));
  return pcm;
}
