/**
 * Spools that a team shares: each frame goes into the file on disk and into the stream of its session, and only what is in
 * both counts as kept, so what a client was told is kept outlives the server that told it.
 */
import type { Frame, Source } from '../../audio/frame';
import type { Clock } from '../../base/clock';
import { type Disposable, DisposableStore } from '../../base/disposable';
import { Emitter } from '../../base/emitter';
import type { LostSound, Spool, SpoolFactory } from '../../session/ports';
import { SESSIONS, type SessionSubjects, decodeFrames, encodeFrames, messagesOf } from './sessionStream';
import type { TeamBus } from './teamBus';

/** As the file: what came is in the stream after so long, or as soon as there are two seconds of it. */
const SEND_MS = 100;
const SEND_FRAMES = 100;
const RETRY_MS = 250;
const PUBLISH_MS = 2_000;
/** Releases are carried out together. */
const RELEASE_MS = 2_000;

export class ReplicatedSpools implements SpoolFactory {
  constructor(
    private readonly local: SpoolFactory,
    private readonly bus: TeamBus,
    private readonly clock: Clock,
    private readonly subjects: SessionSubjects,
  ) {}

  open(sessionId: string): Spool {
    return new ReplicatedSpool(sessionId, this.local.open(sessionId), this.bus, this.clock, this.subjects);
  }

  list(): readonly string[] {
    return this.local.list();
  }

  remove(sessionId: string): number {
    this.over(sessionId);
    return this.local.remove(sessionId);
  }

  /** Nobody has to finish it any more: what is kept of it is on disk. */
  over(sessionId: string): void {
    void this.bus.jsm.streams.purge(SESSIONS, { filter: this.subjects.sounds(sessionId) }).catch(() => undefined);
  }

  /** Deletes the copy on disk alone. */
  forget(sessionId: string): void {
    this.local.remove(sessionId);
  }

  /** Makes the file of what the stream has; nobody has it open. */
  async restore(sessionId: string, sources: readonly Source[]): Promise<void> {
    this.local.remove(sessionId);
    const spool = this.local.open(sessionId);
    try {
      for (const source of sources) for await (const { data } of messagesOf(this.bus, this.subjects.sound(sessionId, source))) spool.append(...decodeFrames(source, data));
      spool.sync();
    } finally {
      spool.dispose();
    }
  }
}

interface Stream {
  readonly waiting: Frame[];
  /** Last frame and number of each message that was not released. */
  readonly sent: { readonly lastSeq: number; readonly message: number }[];
  replicated: number;
  releaseBefore: number;
  sending: boolean;
}

class ReplicatedSpool implements Spool {
  private readonly streams = new Map<Source, Stream>();
  private readonly store = new DisposableStore();
  private readonly syncs = this.store.add(new Emitter<{ readonly source: Source; readonly seq: number }>());
  private readonly told = new Map<Source, number>();
  private timer: Disposable | undefined;
  private releasing: Disposable | undefined;
  private closed = false;
  readonly onDidSync = this.syncs.event;

  constructor(
    private readonly sessionId: string,
    private readonly local: Spool,
    private readonly bus: TeamBus,
    private readonly clock: Clock,
    private readonly subjects: SessionSubjects,
  ) {
    this.store.add(local.onDidSync(({ source }) => this.tell(source)));
  }

  get lost(): readonly LostSound[] {
    return this.local.lost;
  }
  get behind(): boolean {
    return this.local.behind;
  }

  append(...frames: readonly Frame[]): void {
    const source = frames[0]?.source;
    if (source === undefined) return;
    const before = this.local.range(source)?.lastSeq ?? -1;
    try {
      this.local.append(...frames);
    } finally {
      const taken = this.local.range(source)?.lastSeq ?? -1;
      const { waiting } = this.stream(source);
      // Their samples are somebody else's when this returns.
      for (const frame of frames) if (frame.seq > before && frame.seq <= taken) waiting.push({ ...frame, pcm: frame.pcm.slice() });
      if (waiting.length >= SEND_FRAMES) void this.send(source);
      else this.timer ??= this.clock.setTimeout(() => this.sendAll(), SEND_MS);
    }
  }

  durableSeq(source: Source): number {
    return Math.min(this.local.durableSeq(source), this.stream(source).replicated);
  }

  sync(): void {
    this.local.sync();
    this.sendAll();
  }

  read(source: Source, fromSeq: number, limit: number): readonly Frame[] {
    return this.local.read(source, fromSeq, limit);
  }

  range(source: Source): { readonly firstSeq: number; readonly lastSeq: number } | undefined {
    return this.local.range(source);
  }

  release(source: Source, seq: number): void {
    this.local.release(source, seq);
    const stream = this.stream(source);
    stream.releaseBefore = Math.max(stream.releaseBefore, seq);
    this.releasing ??= this.clock.setTimeout(() => this.purge(), RELEASE_MS);
  }

  remove(): void {
    this.close();
    this.local.remove();
    void this.bus.jsm.streams.purge(SESSIONS, { filter: this.subjects.sounds(this.sessionId) }).catch(() => undefined);
  }

  dispose(): void {
    this.close();
    this.local.dispose();
  }

  private close(): void {
    this.closed = true;
    this.timer?.dispose();
    this.releasing?.dispose();
    this.store.dispose();
  }

  /** What the file has from before came out of the stream (see `restore`), so the stream has it. */
  private stream(source: Source): Stream {
    let stream = this.streams.get(source);
    if (!stream) this.streams.set(source, (stream = { waiting: [], sent: [], replicated: this.local.durableSeq(source), releaseBefore: 0, sending: false }));
    return stream;
  }

  private sendAll(): void {
    this.timer?.dispose();
    this.timer = undefined;
    for (const source of this.streams.keys()) void this.send(source);
  }

  /** One message at a time and source, again and again until it is in. */
  private async send(source: Source): Promise<void> {
    const stream = this.stream(source);
    if (stream.sending) return;
    stream.sending = true;
    while (stream.waiting.length > 0 && !this.closed) {
      const frames = stream.waiting.slice(0, SEND_FRAMES);
      const lastSeq = frames.at(-1)?.seq ?? -1;
      try {
        const { seq } = await this.bus.js.publish(this.subjects.sound(this.sessionId, source), encodeFrames(frames), { msgID: `${this.sessionId}.${source}.${lastSeq}`, timeout: PUBLISH_MS });
        stream.sent.push({ lastSeq, message: seq });
        stream.waiting.splice(0, frames.length);
        stream.replicated = lastSeq;
        this.tell(source);
      } catch {
        await new Promise<void>((resolve) => this.clock.setTimeout(resolve, RETRY_MS));
      }
    }
    stream.sending = false;
  }

  private tell(source: Source): void {
    const seq = this.durableSeq(source);
    if (this.closed || seq <= (this.told.get(source) ?? -1)) return;
    this.told.set(source, seq);
    this.syncs.fire({ source, seq });
  }

  private purge(): void {
    this.releasing = undefined;
    for (const [source, stream] of this.streams) {
      let last: number | undefined;
      while (stream.sent[0] !== undefined && stream.sent[0].lastSeq < stream.releaseBefore) last = stream.sent.shift()?.message;
      if (last !== undefined) void this.bus.jsm.streams.purge(SESSIONS, { filter: this.subjects.sound(this.sessionId, source), seq: last + 1 }).catch(() => undefined);
    }
  }
}
