/** Open streams of a recogniser in an inference worker, by the number that the daemon gave them. */
import { EarmarkError } from '../../../../protocol/errors';
import type { RecogniserStream } from '../../../asr/contract/provider';

/** Limit of open streams: each holds the state of an encoder. The daemon opens fewer. */
const MAX_STREAMS = 16;

export class WorkerStreams {
  private readonly streams = new Map<number, RecogniserStream>();

  /** @returns false if there is no stream to add, or too many are open */
  add(id: number, stream: RecogniserStream | undefined): boolean {
    if (!stream) return false;
    if (this.streams.size >= MAX_STREAMS) {
      stream.close();
      return false;
    }
    this.streams.set(id, stream);
    return true;
  }

  /** @throws EarmarkError engine.unavailable if the stream ended, or its worker restarted */
  get(id: number): RecogniserStream {
    const stream = this.streams.get(id);
    if (stream) return stream;
    throw new EarmarkError('engine.unavailable', 'The stream has ended; open a new one.');
  }

  /** Removes the stream. @throws EarmarkError as `get` */
  take(id: number): RecogniserStream {
    const stream = this.get(id);
    this.streams.delete(id);
    return stream;
  }

  close(id: number): void {
    this.streams.get(id)?.close();
    this.streams.delete(id);
  }

  closeAll(): void {
    for (const id of [...this.streams.keys()]) this.close(id);
  }
}
