/**
 * Pushes the frames of one source (`audio/ack`, `audio/end`), at most 10 s unacknowledged. Frames
 * stay until the daemon has them on disk. After a reconnect it sends again from the first missing
 * frame. With a local copy, frames dropped from memory are read from the copy, so no audio is lost.
 */
import { Emitter } from 'vscode-jsonrpc/node';
import {
  AudioAck,
  AudioEnd,
  FRAME_BYTES,
  FRAME_MS,
  FRAME_SAMPLES,
  PUSH_MAX_FRAMES,
  UNACKNOWLEDGED_MAX_MS,
  type SourceName,
} from '../../protocol/audio';
import { EarmarkError, isEarmarkError } from '../../protocol/errors';
import type { Connection, Disposable, FramePusher, SessionSubscription } from '../api';
import { closedHere } from '../errors';

/**
 * Frames kept while the daemon is unreachable: five minutes. Older frames are dropped and counted.
 */
const BUFFER_MAX_FRAMES = (5 * 60_000) / FRAME_MS;
const WINDOW_FRAMES = UNACKNOWLEDGED_MAX_MS / FRAME_MS;
const RETRY_MS = 200;
/** Milliseconds; rounding on the wire is smaller than a break of the clock. */
const BREAK_MS = 2;

export interface FramePusherOptions {
  readonly source: SourceName;
  /** Limit of buffered frames; beyond it the oldest are dropped. */
  readonly maxFrames?: number;
  /** Local disk copy of the written frames. */
  readonly copy?: FrameCopy;
}

/** Frames on the local disk. */
export interface FrameCopy {
  /** Number of frames when the pusher is made. */
  readonly frames: number;
  /**
   * Reads at least one and at most `count` frames, up to a break of the capture clock.
   * @throws EarmarkError
   */
  read(seq: number, count: number): Promise<FrameRun>;
}

/** Frames whose capture clock has no break. */
export interface FrameRun {
  /** Session time of the first sample, in milliseconds. */
  readonly captureMs: number;
  /** s16le. */
  readonly pcm: Uint8Array;
}

interface KeptFrame {
  readonly captureMs: number;
  readonly pcm: Int16Array;
}

export function createFramePusher(
  connection: Connection,
  session: SessionSubscription,
  options: FramePusherOptions,
): FramePusher {
  return new Pusher(connection, session, options);
}

type State =
  | { readonly kind: 'open' }
  | { readonly kind: 'ending' }
  | { readonly kind: 'ended' }
  | { readonly kind: 'failed'; readonly error: EarmarkError }
  | { readonly kind: 'disposed' };

class Pusher implements FramePusher {
  private state: State = { kind: 'open' };
  /**
   * Frames from `base` on, each `FRAME_SAMPLES` long. The consumed head is removed from time to
   * time.
   */
  private frames: KeptFrame[] = [];
  private head = 0;
  private base: number;
  /** First frame that is not on the daemon's disk. */
  private first: number;
  private nextSend: number;
  private readonly rest = new Int16Array(FRAME_SAMPLES);
  private restLength = 0;
  /** Capture clock of the next frame. */
  private clockMs: number;
  private droppedFrames = 0;
  private sending = false;
  /**
   * True when the current daemon has reported the next frame that it needs. Sending earlier would
   * leave a gap.
   */
  private placed = true;
  private timer: NodeJS.Timeout | undefined;
  private readonly failEmitter = new Emitter<EarmarkError>();
  private readonly changed = new Emitter<void>();
  private readonly disposables: Disposable[] = [];
  private readonly maxFrames: number;
  readonly onDidFail = this.failEmitter.event;

  constructor(
    private readonly connection: Connection,
    private readonly session: SessionSubscription,
    private readonly options: FramePusherOptions,
  ) {
    this.maxFrames = options.maxFrames ?? BUFFER_MAX_FRAMES;
    this.first = this.nextSend = session.nextFrames.get(options.source) ?? 0;
    this.base = Math.max(this.first, options.copy?.frames ?? 0);
    this.clockMs = this.base * FRAME_MS;
    this.disposables.push(
      connection.onNotification(AudioAck, (ack) => {
        if (ack.sessionId === session.sessionId && ack.source === options.source)
          this.acknowledge(ack.ackSeq);
      }),
      connection.onDidChangeState(({ to }) => {
        if (to.kind !== 'connected') this.placed = false;
      }),
      session.onDidAttach(() => {
        this.nextSend = this.first;
        this.placed = true;
        this.acknowledge((session.nextFrames.get(options.source) ?? 0) - 1);
        void this.pump();
      }),
      session.onDidLose((error) => this.fail(error)),
    );
  }

  get acknowledged(): number {
    return this.first;
  }

  get bufferedMs(): number {
    return this.count * FRAME_MS;
  }

  get dropped(): number {
    return this.droppedFrames;
  }

  /** Sequence number of the next frame. */
  get nextSeq(): number {
    return this.base + this.frames.length - this.head;
  }

  /** The copy holds more frames than were written here. */
  extend(frames: number): void {
    if (frames <= this.nextSeq) return;
    this.frames = [];
    this.head = 0;
    this.base = frames;
    void this.pump();
  }

  write(pcm: Int16Array, placed?: { readonly seq: number; readonly captureMs: number }): void {
    if (this.state.kind !== 'open') return;
    let at = 0;
    if (placed) {
      // Missing frames that the copy holds are read from it; frames that were already written are
      // skipped.
      this.extend(placed.seq);
      const known = this.nextSeq - placed.seq;
      at = known * FRAME_SAMPLES;
      this.clockMs = placed.captureMs + known * FRAME_MS;
    }
    while (at < pcm.length) {
      const part = pcm.subarray(at, at + FRAME_SAMPLES - this.restLength);
      this.rest.set(part, this.restLength);
      this.restLength += part.length;
      at += part.length;
      if (this.restLength === FRAME_SAMPLES) this.add(this.rest.slice());
    }
    void this.pump();
  }

  async whenReady(belowMs = 20_000): Promise<void> {
    await this.until(() => this.bufferedMs < belowMs);
  }

  async end(): Promise<void> {
    if (this.state.kind === 'open') {
      if (this.restLength > 0) {
        this.rest.fill(0, this.restLength);
        this.add(this.rest.slice());
      }
      this.state = { kind: 'ending' };
      void this.pump();
    }
    await this.until(() => this.count === 0);
    while (this.state.kind === 'ending') {
      try {
        await this.connection.request(AudioEnd, {
          sessionId: this.session.sessionId,
          source: this.options.source,
        });
        this.state = { kind: 'ended' };
      } catch (error) {
        if (
          !isEarmarkError(error) ||
          error.retry !== 'later' ||
          this.connection.state.kind === 'closed' ||
          this.connection.state.kind === 'failed'
        )
          throw error;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  dispose(): void {
    if (this.state.kind !== 'failed') this.state = { kind: 'disposed' };
    clearTimeout(this.timer);
    for (const d of this.disposables) d.dispose();
    this.frames = [];
    this.head = 0;
    this.changed.fire();
    this.changed.dispose();
    this.failEmitter.dispose();
  }

  private get count(): number {
    return this.nextSeq - this.first;
  }

  private get live(): boolean {
    return this.state.kind === 'open' || this.state.kind === 'ending';
  }

  private add(frame: Int16Array): void {
    this.restLength = 0;
    this.frames.push({ captureMs: this.clockMs, pcm: frame });
    this.clockMs += FRAME_MS;
    if (this.frames.length - this.head <= this.maxFrames) return;
    if (this.options.copy) return this.forget(1);
    this.droppedFrames++;
    this.forget(1);
    this.first = this.base;
    this.nextSend = Math.max(this.nextSend, this.first);
  }

  /** Frees memory. */
  private forget(frames: number): void {
    this.head += frames;
    this.base += frames;
    if (this.head > 1024 || this.head === this.frames.length) {
      this.frames.splice(0, this.head);
      this.head = 0;
    }
  }

  private acknowledge(seq: number): void {
    const known = Math.min(seq + 1 - this.first, this.count);
    if (known <= 0) return;
    this.first += known;
    this.nextSend = Math.max(this.nextSend, this.first);
    if (this.base < this.first) this.forget(this.first - this.base);
    this.changed.fire();
    void this.pump();
  }

  /** Sends one request at a time, so that no later batch overtakes a refused batch. */
  private async pump(): Promise<void> {
    if (this.sending || this.timer !== undefined || !this.placed) return;
    this.sending = true;
    try {
      while (this.live && this.placed && this.connection.state.kind === 'connected') {
        const sent = this.nextSend - this.first;
        const frames = Math.min(PUSH_MAX_FRAMES, this.count - sent, WINDOW_FRAMES - sent);
        if (frames <= 0) return;
        const seq = this.nextSend;
        const { captureMs, pcm } = await this.take(seq, frames);
        // The daemon may have asked for another frame in the meantime.
        if (
          !this.live ||
          !this.placed ||
          seq !== this.nextSend ||
          this.connection.state.kind !== 'connected'
        )
          continue;
        this.nextSend += pcm.length / FRAME_BYTES;
        const { sessionId } = this.session;
        const { ackSeq } = await this.connection.state.client.pushAudio(
          sessionId,
          this.options.source,
          seq,
          captureMs,
          pcm,
        );
        this.acknowledge(ackSeq);
      }
    } catch (error) {
      this.refused(error);
    } finally {
      this.sending = false;
    }
  }

  /** Reads from the copy if memory no longer holds the frame. */
  private async take(seq: number, frames: number): Promise<FrameRun> {
    const { copy } = this.options;
    return copy && seq < this.base
      ? await copy.read(seq, Math.min(frames, this.base - seq))
      : this.encode(seq, frames);
  }

  private encode(seq: number, frames: number): FrameRun {
    const from = this.head + seq - this.base;
    const { captureMs } = this.frames[from]!;
    const isEven = (i: number): boolean =>
      Math.abs(this.frames[from + i]!.captureMs - captureMs - i * FRAME_MS) < BREAK_MS;
    let count = 1;
    while (count < frames && isEven(count)) count++;
    const bytes = new Uint8Array(count * FRAME_BYTES);
    for (let i = 0; i < count; i++) {
      const { pcm } = this.frames[from + i]!;
      // Little-endian, like every machine that runs VS Code.
      bytes.set(new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength), i * FRAME_BYTES);
    }
    return { captureMs, pcm: bytes };
  }

  private refused(error: unknown): void {
    if (this.placed) this.nextSend = this.first;
    const known = isEarmarkError(error)
      ? error
      : new EarmarkError('internal', 'Audio could not be sent; try again.', { cause: error });
    if (known.retry !== 'later') return this.fail(known);
    // After a loss or a request to wait, nothing is sent before the next daemon reports the frame
    // it needs.
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.pump();
    }, known.retryAfterMs ?? RETRY_MS);
  }

  private fail(error: EarmarkError): void {
    if (!this.live) return;
    this.state = { kind: 'failed', error };
    this.changed.fire();
    this.failEmitter.fire(error);
  }

  /** @throws EarmarkError when the pusher failed, was disposed, or the connection gave up */
  private async until(condition: () => boolean): Promise<void> {
    const blocked = (): EarmarkError | undefined => {
      if (this.state.kind === 'failed') return this.state.error;
      if (this.state.kind === 'disposed')
        return new EarmarkError('rpc.cancelled', 'Sending the audio was stopped.');
      if (this.connection.state.kind === 'failed') return this.connection.state.error;
      return this.connection.state.kind === 'closed' ? closedHere() : undefined;
    };
    for (;;) {
      const error = blocked();
      if (error) throw error;
      if (condition()) return;
      await new Promise<void>((resolve) => {
        const done = () => {
          changed.dispose();
          state.dispose();
          resolve();
        };
        const changed = this.changed.event(done);
        const state = this.connection.onDidChangeState(done);
      });
    }
  }
}
