/**
 * One file of a spool. While it grows, its bytes are also in memory; later they are read on demand.
 */
import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  unlink,
  unlinkSync,
  writeSync,
} from 'node:fs';
import type { Frame, Source } from '../../../audio/frame';
import { SPOOL_FILE_BYTES, spoolFilePool } from '../../../audio/pools';
import {
  frameAt,
  records,
  SEALED_RECORD_BYTES,
  type SpoolRecord,
  writeFrame,
  writeMark,
} from './spoolRecord';

/** Frames of one source in a file: start of each record. */
interface Track {
  readonly seqs: number[];
  readonly at: number[];
}

export class SpoolFile {
  private readonly tracks = new Map<Source, Track>();
  /** Last frame of each source in this file or, by its marks, in earlier files. */
  readonly last = new Map<Source, number>();
  private bytes: Buffer | undefined;
  /** True if `bytes` belongs to the pool. */
  private pooled = false;
  private length = 0;
  private fd: number | undefined;
  private syncedLength = 0;

  /** Last frame of each source when the file was begun. */
  readonly marks = new Map<Source, number>();
  /** Places without a valid record; frames may be lost before the next record. */
  private readonly damage: number[] = [];

  private constructor(
    readonly path: string,
    readonly number: number,
    private readonly key: Buffer | undefined,
  ) {}

  /** Makes a new file with the last frame of every source. @throws the file system's error */
  static create(
    path: string,
    number: number,
    last: ReadonlyMap<Source, number>,
    key?: Buffer,
  ): SpoolFile {
    const file = new SpoolFile(path, number, key);
    file.fd = openSync(path, 'wx', 0o600);
    file.bytes = spoolFilePool.take();
    file.pooled = true;
    let length = 0;
    for (const [source, seq] of last) {
      length += writeMark(file.bytes, length, source, seq);
      file.last.set(source, seq);
    }
    try {
      file.write(length);
    } catch (error) {
      file.close().forget();
      unlinkSync(path);
      throw error;
    }
    return file;
  }

  /**
   * Loads a file of an earlier run. Only complete records count: a torn tail was never on disk. New
   * frames go to a new file.
   */
  static load(path: string, number: number, key?: Buffer): SpoolFile {
    const file = new SpoolFile(path, number, key);
    const bytes = readFileSync(path);
    for (const record of records(bytes)) {
      if (record.at > file.length) file.damage.push(record.at);
      file.note(record);
      file.length = record.end;
    }
    file.syncedLength = file.length;
    return file;
  }

  /** True while the file takes frames. */
  get open(): boolean {
    return this.fd !== undefined;
  }

  get full(): boolean {
    return this.length + SEALED_RECORD_BYTES > SPOOL_FILE_BYTES;
  }

  get unsyncedBytes(): number {
    return this.length - this.syncedLength;
  }

  first(source: Source): number | undefined {
    return this.tracks.get(source)?.seqs[0];
  }

  lastFrame(source: Source): number | undefined {
    return this.tracks.get(source)?.seqs.at(-1);
  }

  get sources(): Iterable<Source> {
    return this.tracks.keys();
  }

  /**
   * Writes the frames that fit, in one write.
   * @param from index of the first frame to write
   * @returns number of written frames
   * @throws the file system's error; the file is then unchanged
   */
  append(frames: readonly Frame[], from: number): number {
    if (!this.bytes || this.fd === undefined) throw new Error('The file is closed.');
    const begin = this.length;
    let end = begin;
    let next = from;
    for (; next < frames.length && end + SEALED_RECORD_BYTES <= SPOOL_FILE_BYTES; next++)
      end += writeFrame(this.bytes, end, frames[next] as Frame, this.key);
    this.write(end - begin);
    const bytes = (end - begin) / Math.max(1, next - from);
    for (let i = from; i < next; i++) {
      const { source, seq, captureMs } = frames[i] as Frame;
      const at = begin + (i - from) * bytes;
      this.note({ kind: 'frame', source, seq, captureMs, at, end: at + bytes });
    }
    return next - from;
  }

  /** Frames of a source from `fromSeq` on, in order. */
  read(source: Source, fromSeq: number, limit: number): readonly Frame[] {
    const track = this.tracks.get(source);
    if (!track) return [];
    const bytes = (this.bytes ??= readFileSync(this.path));
    const start = lowerBound(track.seqs, fromSeq);
    const frames: Frame[] = [];
    for (let i = start; i < Math.min(track.seqs.length, start + limit); i++) {
      // The checksum of a loaded record was verified at load; that of a written record was computed
      // here.
      frames.push(frameAt(bytes, track.at[i] as number, source, track.seqs[i] as number, this.key));
    }
    return frames;
  }

  /**
   * Pairs of frames around each damaged place of a source: last frame before it and first frame
   * after it.
   */
  *breaks(
    source: Source,
  ): Generator<{ readonly before: number | undefined; readonly after: number }> {
    const { seqs, at } = this.tracks.get(source) ?? { seqs: [], at: [] };
    for (const place of this.damage) {
      const i = lowerBound(at, place);
      const after = seqs[i];
      if (after !== undefined) yield { before: seqs[i - 1], after };
    }
  }

  sync(): void {
    if (this.fd === undefined || this.unsyncedBytes === 0) return;
    fdatasyncSync(this.fd);
    this.syncedLength = this.length;
  }

  /** @param done called when all earlier writes are on disk */
  syncSoon(done: (error: Error | null) => void): void {
    const length = this.length;
    if (this.fd === undefined || this.unsyncedBytes === 0) return done(null);
    fdatasync(this.fd, (error) => {
      if (!error) this.syncedLength = Math.max(this.syncedLength, length);
      else this.rewrite();
      done(error);
    });
  }

  /** Ends writing. Bytes in memory stay until `forget`. */
  close(): this {
    if (this.fd !== undefined) closeSync(this.fd);
    this.fd = undefined;
    return this;
  }

  /** Frees the memory of a closed file. */
  forget(): void {
    if (this.fd !== undefined) return;
    if (this.bytes && this.pooled) spoolFilePool.give(this.bytes);
    this.bytes = undefined;
    this.pooled = false;
  }

  /**
   * Deletes the file in the background, because the call may take longer than a frame lasts.
   * @param failed called with the error
   */
  remove(failed: (error: Error) => void): void {
    this.close().forget();
    unlink(this.path, (error) => {
      if (error) failed(error);
    });
  }

  /**
   * Rewrites the pages after a failed sync: the system may consider them clean, and a later sync
   * would not write them.
   */
  private rewrite(): void {
    if (!this.bytes || this.fd === undefined) return;
    try {
      writeSync(
        this.fd,
        this.bytes,
        this.syncedLength,
        this.length - this.syncedLength,
        this.syncedLength,
      );
    } catch {
      // The next sync fails again and reports it.
    }
  }

  private write(count: number): void {
    const fd = this.fd as number;
    const bytes = this.bytes as Buffer;
    try {
      for (let written = 0; written < count;)
        written += writeSync(
          fd,
          bytes,
          this.length + written,
          count - written,
          this.length + written,
        );
    } catch (error) {
      try {
        ftruncateSync(fd, this.length);
      } catch {
        // The torn record has no valid checksum; the next run skips it.
      }
      throw error;
    }
    this.length += count;
  }

  private note({ kind, source, seq, at }: SpoolRecord): void {
    this.last.set(source, Math.max(seq, this.last.get(source) ?? -1));
    if (kind === 'mark') return void this.marks.set(source, seq);
    let track = this.tracks.get(source);
    if (!track) this.tracks.set(source, (track = { seqs: [], at: [] }));
    // Frames are in order; an out-of-order frame is a duplicate from a run that did not know the
    // first copy.
    const before = track.seqs.at(-1);
    if (before !== undefined && seq <= before) return;
    track.seqs.push(seq);
    track.at.push(at);
  }
}

/** Index of the first value that is not below `wanted`. */
function lowerBound(values: readonly number[], wanted: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] as number) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
