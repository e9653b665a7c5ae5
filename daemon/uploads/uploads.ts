/**
 * Upload copies of recordings for a remote daemon. A copy is stored from the first frame until that
 * daemon confirms length and hash, or a person discards it. Neither age nor lack of space deletes a
 * copy.
 */
import { EarmarkError } from '../../protocol/errors';
import { FRAME_MS, type Frame } from '../audio/frame';
import type { Clock } from '../base/clock';
import type { Disposable } from '../base/disposable';
import type { Logger } from '../base/logger';
import type { SpoolFactory } from '../audio/spool';
import { delay } from '../base/wait';
import { Copy } from './copy';
import type { RecordedSource, SourceReceived, UploadRecord, UploadRecords } from './ports';

const UPLOADS_MAX = 200;
/** Number of frames between two checks of the total size. */
const LOOK_FRAMES = 500;

export interface UploadView extends UploadRecord {
  readonly held: boolean;
  readonly bytes: number;
}

export interface UploadsDeps {
  readonly records: UploadRecords;
  readonly spools: SpoolFactory;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly newId: () => string;
  /** Maximum size of all copies; read while audio arrives. */
  readonly roomBytes: () => number;
}

interface OpenUpload {
  readonly holder: object;
  readonly copy: Copy;
}

export class Uploads implements Disposable {
  private readonly open_ = new Map<string, OpenUpload>();
  private readonly busy = new Set<string>();

  constructor(private readonly deps: UploadsDeps) {}

  list(): readonly UploadView[] {
    return this.deps.records.list().map((record) => this.view(record));
  }

  /**
   * Creates or reopens a copy.
   * @param holder client that sends it
   * @throws EarmarkError session.wrongState if another client sends it, rpc.tooMany, store.*
   */
  open(
    request: Pick<UploadRecord, 'remote' | 'sessionId' | 'sources'>,
    holder: object,
  ): UploadView {
    const { records, newId, clock } = this.deps;
    const known = records.list();
    let record = known.find(
      ({ remote, sessionId }) => remote === request.remote && sessionId === request.sessionId,
    );
    if (
      record &&
      (this.busy.has(record.id) || (this.open_.get(record.id)?.holder ?? holder) !== holder)
    )
      throw new EarmarkError('session.wrongState', 'Another window is sending this recording.');
    if (!record) {
      if (known.length >= UPLOADS_MAX)
        throw new EarmarkError(
          'rpc.tooMany',
          'Too many recordings are waiting for a remote daemon; transcribe them here or ' +
            'discard them.',
        );
      record = {
        id: newId(),
        ...request,
        startedAt: new Date(clock.wall()).toISOString(),
        state: 'uploading',
        ended: false,
      };
      records.write(record);
    }
    this.copyOf(record, holder);
    return this.view(record);
  }

  /** Releases the copies of a holder, so that another client can take them. */
  letGo(holder: object): void {
    for (const [id, held] of this.open_) if (held.holder === holder) this.close(id);
  }

  /** As `letGo`, for a single copy. */
  giveBack(id: string, holder: object): void {
    if (this.open_.get(id)?.holder === holder) this.close(id);
  }

  frames(id: string): readonly { readonly source: RecordedSource; readonly frames: number }[] {
    const { copy } = this.held(id);
    return this.record(id).sources.map(({ source }) => ({ source, frames: copy.frames(source) }));
  }

  /** As in Copy. @throws EarmarkError session.notFound */
  recording(
    id: string,
    source: RecordedSource,
    fromSeq: number,
    sink: (frames: readonly Frame[]) => void,
  ): { readonly seq: number; write(frames: readonly Frame[]): void; end(): void } {
    const { copy } = this.held(id);
    if (!this.record(id).sources.some((s) => s.source === source))
      throw new EarmarkError(
        'audio.unknownSource',
        'This recording has no such source; name it when you open the recording.',
      );
    return {
      seq: copy.record(source, fromSeq, sink),
      write: (frames) => copy.write(source, frames),
      end: () => copy.end(source),
    };
  }

  /** As in Copy. */
  read(id: string, source: RecordedSource, seq: number, count: number): ReturnType<Copy['read']> {
    return this.held(id).copy.read(source, seq, count);
  }

  end(id: string): void {
    const record = this.record(id);
    if (!record.ended) this.deps.records.write({ ...record, ended: true });
  }

  /** All audio was sent. */
  async sent(id: string): Promise<readonly SourceReceived[]> {
    const recorded = await this.held(id).copy.recorded();
    this.deps.records.write({ ...this.record(id), state: 'pending_verification' });
    return recorded;
  }

  /**
   * Compares the remote daemon's audio with the recording. Deletes the copy only if both are equal.
   */
  async settle(
    id: string,
    received: readonly SourceReceived[],
    trouble?: string,
  ): Promise<{ readonly state: 'confirmed' | 'pending_verification'; readonly problem?: string }> {
    const recorded = await this.held(id).copy.recorded();
    const record = this.record(id);
    const wrong = recorded.find(
      (mine) =>
        !received.some(
          (theirs) =>
            theirs.source === mine.source &&
            theirs.frames === mine.frames &&
            theirs.digest === mine.digest,
        ),
    );
    if (!wrong && trouble === undefined) {
      this.remove(id);
      this.deps.logger.info('upload.confirmed', { session: record.sessionId });
      return { state: 'confirmed' };
    }
    const problem =
      trouble ??
      (wrong
        ? this.difference(
            record,
            wrong,
            received.find(({ source }) => source === wrong.source),
          )
        : '');
    this.deps.logger.warn('upload.notConfirmed', { session: record.sessionId });
    this.deps.records.write({ ...record, state: 'pending_verification', problem });
    // A person decides about this copy, from any window.
    this.close(id);
    return { state: 'pending_verification', problem };
  }

  /**
   * @throws EarmarkError session.notFound; session.wrongState while the copy is sent or transcribed
   */
  discard(id: string, holder: object): void {
    this.record(id);
    if (this.busy.has(id) || (this.open_.get(id)?.holder ?? holder) !== holder)
      throw new EarmarkError(
        'session.wrongState',
        'This recording is being sent or transcribed; stop that first.',
      );
    this.remove(id);
  }

  /**
   * Locks the copy while `work` reads it; `done` deletes the copy.
   * @throws EarmarkError session.notFound, session.wrongState
   */
  borrow(id: string, work: (copy: Copy, record: UploadRecord) => Promise<'done' | 'keep'>): void {
    const record = this.record(id);
    if (this.busy.has(id) || this.open_.has(id))
      throw new EarmarkError(
        'session.wrongState',
        'This recording is being sent or transcribed; wait until that is complete.',
      );
    const { copy } = this.copyOf(record, this);
    this.busy.add(id);
    const over = (how: 'done' | 'keep'): void => {
      this.busy.delete(id);
      if (how === 'done') this.remove(id);
      else this.close(id);
    };
    work(copy, record).then(over, () => over('keep'));
  }

  dispose(): void {
    for (const id of [...this.open_.keys()]) this.close(id);
  }

  private difference(
    { remote }: UploadRecord,
    mine: SourceReceived,
    theirs: SourceReceived | undefined,
  ): string {
    const minutes = (frames: number): string =>
      `${Math.round((frames * FRAME_MS) / 6_000) / 10} min`;
    if (!theirs || theirs.frames === mine.frames)
      return (
        `The audio at ${remote} differs from the local copy, or the local copy is ` +
        'damaged. The copy stays: transcribe it here, or discard it.'
      );
    return (
      `${remote} has ${minutes(theirs.frames)} of the ${minutes(mine.frames)} in the ` +
      'local copy. The copy stays: transcribe it here, or discard it.'
    );
  }

  private copyOf(record: UploadRecord, holder: object): OpenUpload {
    const known = this.open_.get(record.id);
    if (known) return known;
    const spool = this.deps.spools.open(record.id);
    const copy = new Copy(
      spool,
      record.sources.map(({ source }) => source),
      this.room(),
      (why) => this.onUnkept(record.id, why),
      () => delay(this.deps.clock, 0),
    );
    const held = { holder, copy };
    this.open_.set(record.id, held);
    return held;
  }

  /** Returns a function that checks for free space at intervals. */
  private room(): () => boolean {
    const { records, roomBytes } = this.deps;
    let asked = 0;
    let free = true;
    return () => {
      if (asked++ % LOOK_FRAMES === 0)
        free = records.list().reduce((sum, { id }) => sum + records.bytes(id), 0) < roomBytes();
      return free;
    };
  }

  private onUnkept(id: string, why: 'disk' | 'room'): void {
    this.deps.logger.warn('upload.notKept', { why });
    try {
      const problem =
        why === 'disk'
          ? 'Earmark could not write to the disk of this machine, so the local copy is ' +
            'incomplete.'
          : 'The disk space for waiting recordings is used up, so the local copy is ' +
            'incomplete. Transcribe older recordings here, or discard them.';
      this.deps.records.write({ ...this.record(id), problem });
    } catch {
      // A disk that refuses audio refuses this record too; the log contains the error.
    }
  }

  private record(id: string): UploadRecord {
    const record = this.deps.records.list().find((r) => r.id === id);
    if (!record)
      throw new EarmarkError('session.notFound', 'This machine no longer has this recording.');
    return record;
  }

  private held(id: string): OpenUpload {
    const held = this.open_.get(id);
    if (!held)
      throw new EarmarkError('session.notFound', 'This recording is not open; open it first.');
    return held;
  }

  private view(record: UploadRecord): UploadView {
    return {
      ...record,
      held: this.open_.has(record.id),
      bytes: this.deps.records.bytes(record.id),
    };
  }

  private close(id: string): void {
    this.open_.get(id)?.copy.dispose();
    this.open_.delete(id);
  }

  /**
   * Removes the record first: audio without a record is not listed, and the next check deletes it.
   */
  private remove(id: string): void {
    this.deps.records.remove(id);
    this.close(id);
    this.deps.spools.remove(id);
  }
}
