/**
 * The local daemon's upload copy of a recording for a remote daemon. Opened again after every
 * reconnect to the local daemon.
 */
import { FRAME_BYTES, type SourceName } from '../../protocol/audio';
import { EarmarkError, isEarmarkError } from '../../protocol/errors';
import {
  UploadClose,
  UploadDiscard,
  UploadEnd,
  UploadOpen,
  UploadRead,
  UploadSent,
  UploadSettle,
  type UploadInfo,
} from '../../protocol/uploads';
import type { ParamsOf, ResultOf } from '../../protocol/method';
import type { Connection, Disposable } from '../api';
import type { FrameRun } from './framePusher';

/** The lost connection may hold the copy for a moment. */
const HELD = { tries: 10, waitMs: 200 } as const;

export type UploadRequest = ParamsOf<typeof UploadOpen>;
type Have = ResultOf<typeof UploadOpen>['have'];
type Settled = ParamsOf<typeof UploadSettle>['received'];

export class UploadCopy implements Disposable {
  private current: Promise<{ readonly upload: UploadInfo; readonly have: Have }> | undefined;
  private readonly listener: Disposable;

  constructor(
    private readonly local: Connection,
    private readonly uploadRequest: UploadRequest,
  ) {
    this.listener = local.onDidChangeState(({ from }) => {
      if (from.kind === 'connected') this.current = undefined;
    });
  }

  get remote(): string {
    return this.uploadRequest.remote;
  }

  /** @throws EarmarkError of upload/open */
  async open(): Promise<{ readonly upload: UploadInfo; readonly have: Have }> {
    const opened = (this.current ??= this.claim());
    try {
      return await opened;
    } catch (error) {
      if (this.current === opened) this.current = undefined;
      throw error;
    }
  }

  async id(): Promise<string> {
    return (await this.open()).upload.uploadId;
  }

  /** Frames of a source on disk now. */
  async frames(source: SourceName): Promise<number> {
    const { have } = await this.local.request(UploadOpen, this.uploadRequest);
    return have.find((h) => h.source === source)?.frames ?? 0;
  }

  async read(source: 'mic' | 'system', seq: number, frames: number): Promise<FrameRun> {
    const { captureMs, pcm } = await this.local.request(UploadRead, {
      uploadId: await this.id(),
      source,
      seq,
      frames,
    });
    const bytes = new Uint8Array(Buffer.from(pcm, 'base64'));
    if (bytes.length === 0 || bytes.length % FRAME_BYTES !== 0)
      throw new EarmarkError(
        'internal',
        'The local copy of the recording returned the wrong number of frames; restart ' +
          'Earmark.',
      );
    return { captureMs, pcm: bytes };
  }

  async end(): Promise<Have> {
    return (await this.local.request(UploadEnd, { uploadId: await this.id() })).have;
  }

  async sent(): Promise<Settled> {
    return (await this.local.request(UploadSent, { uploadId: await this.id() })).sent;
  }

  async settle(received: Settled, problem?: string): Promise<ResultOf<typeof UploadSettle>> {
    return await this.local.request(UploadSettle, {
      uploadId: await this.id(),
      received,
      ...(problem === undefined ? {} : { problem }),
    });
  }

  async discard(): Promise<void> {
    await this.local.request(UploadDiscard, { uploadId: await this.id() });
  }

  dispose(): void {
    this.listener.dispose();
    // The next user of the copy does not wait for the end of this connection.
    void this.current
      ?.then(({ upload: { uploadId } }) => this.local.request(UploadClose, { uploadId }))
      .catch(() => undefined);
    this.current = undefined;
  }

  private async claim(): Promise<{ readonly upload: UploadInfo; readonly have: Have }> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.local.request(UploadOpen, this.uploadRequest);
      } catch (error) {
        if (!isEarmarkError(error, 'session.wrongState') || tries >= HELD.tries) throw error;
        await new Promise((resolve) => setTimeout(resolve, HELD.waitMs));
      }
    }
  }
}
