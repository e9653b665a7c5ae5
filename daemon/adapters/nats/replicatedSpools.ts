/**
 * Spools shared by a team. Each frame goes into the disk file and into the stream of its session;
 * only frames in both are acknowledged. So acknowledged audio survives its server. A server that
 * takes a session over writes a mark behind its audio before reading it. Each message names its
 * predecessor, so the stream refuses messages that a hung server sends after that mark. While the
 * stream accepts nothing (its nodes elect a leader), audio also goes into a fallback store, if one
 * is configured.
 */
import { randomBytes } from 'node:crypto';
import type { Frame, Source } from '../../audio/frame';
import type { Clock } from '../../base/clock';
import { type Disposable, DisposableStore } from '../../base/disposable';
import { Emitter } from '../../base/emitter';
import type { LostAudio, Spool, SpoolFactory } from '../../audio/spool';
import type { AudioFallbackStore } from '../../team/ownership';
import { EarmarkError, isEarmarkError } from '../../../protocol/errors';
import {
  SESSIONS,
  type SessionSubjects,
  decodeFrames,
  encodeFrames,
  messagesOf,
} from './sessionStream';
import type { TeamBus } from './teamBus';

/** As for the file: frames go to the stream after this time, or when two seconds of them wait. */
const SEND_MS = 100;
const SEND_FRAMES = 100;
const RETRY_MS = 250;
const PUBLISH_MS = 1_000;
/**
 * Frames not in the stream by then also go into the fallback store, because a client waits for
 * them.
 */
const PATIENCE_MS = 500;
/** Interval and frame limit of writes to the fallback store. */
const FALLBACK_MS = 300;
const FALLBACK_FRAMES = 500;
/** Limit of acknowledged frames that the stream lost and that are sent again: five minutes. */
const AGAIN_FRAMES = 15_000;
/** Releases within this interval are batched. */
const RELEASE_MS = 2_000;
/** JetStream: the last message of the subject is another one. */
const WRONG_SEQUENCE = 10071;
const MESSAGE_ID = 'Nats-Msg-Id';

export class ReplicatedSpools implements SpoolFactory {
  /** Number of the last message of each subject that this server took over. */
  private readonly marks = new Map<string, number>();
  private readonly lost = new Emitter<string>();
  /** Fires when another server continues this session's audio. */
  readonly onDidLose = this.lost.event;

  /** @param server name of the sending server */
  constructor(
    private readonly local: SpoolFactory,
    private readonly bus: TeamBus,
    private readonly clock: Clock,
    private readonly subjects: SessionSubjects,
    private readonly server: string,
    private readonly fallbackStore?: AudioFallbackStore,
  ) {}

  open(sessionId: string): Spool {
    const { bus, clock, subjects, server, fallbackStore, marks, lost } = this;
    return new ReplicatedSpool(
      {
        sessionId,
        bus,
        clock,
        subjects,
        server,
        fallbackStore,
        markOf: (source) => marks.get(subjects.audio(sessionId, source)) ?? 0,
        onOvertaken: () => lost.fire(sessionId),
      },
      this.local.open(sessionId),
    );
  }

  list(): readonly string[] {
    return this.local.list();
  }

  remove(sessionId: string): number {
    this.over(sessionId);
    return this.local.remove(sessionId);
  }

  /** The session has ended; its stored audio is on disk. */
  over(sessionId: string): void {
    void this.bus.jsm.streams
      .purge(SESSIONS, { filter: this.subjects.allAudio(sessionId) })
      .catch(() => undefined);
  }

  /** Deletes only the copy on disk. */
  forget(sessionId: string): void {
    this.local.remove(sessionId);
  }

  /**
   * Rebuilds the file from stream and fallback store, and completes the stream. No other code may
   * have the file open. @throws EarmarkError rpc.timeout, store.unwritable
   */
  async restore(sessionId: string, sources: readonly Source[]): Promise<void> {
    this.local.remove(sessionId);
    const spool = this.local.open(sessionId);
    try {
      // From here on, the stream refuses the former sender.
      for (const source of sources) await this.send(sessionId, source, []);
      for (const source of sources) {
        for await (const { data } of messagesOf(this.bus, this.subjects.audio(sessionId, source)))
          spool.append(...decodeFrames(source, data));
        await this.takeIn(sessionId, source, spool);
      }
      spool.sync();
    } finally {
      spool.dispose();
    }
  }

  /** Copies frames of the fallback store that the stream lacks. */
  private async takeIn(sessionId: string, source: Source, spool: Spool): Promise<void> {
    for (const piece of (await this.fallbackStore?.audio(sessionId, source)) ?? []) {
      const frames = decodeFrames(source, piece);
      const last = spool.range(source)?.lastSeq ?? -1;
      const lacking = frames.filter(({ seq }) => seq > last);
      if (lacking.length > 0) await this.send(sessionId, source, lacking);
      spool.append(...frames);
    }
    const range = spool.range(source);
    if (range) await this.fallbackStore?.releaseAudio(sessionId, source, range.lastSeq);
  }

  /** Appends after the current last message. */
  private async send(sessionId: string, source: Source, frames: readonly Frame[]): Promise<void> {
    const subject = this.subjects.audio(sessionId, source);
    try {
      const { seq } = await this.bus.js.publish(subject, encodeFrames(frames), {
        msgID: `${idOf(this.server, sessionId)}${source}.mark.${randomBytes(6).toString('hex')}`,
        timeout: PUBLISH_MS,
      });
      this.marks.set(subject, seq);
    } catch (cause) {
      throw new EarmarkError(
        'rpc.timeout',
        "The team's servers do not answer; try again in a moment.",
        { retryAfterMs: 500, cause },
      );
    }
  }
}

/** Prefix of the message ids of a server for a session. */
const idOf = (server: string, sessionId: string): string => `${server}.${sessionId}.`;

interface Stream {
  readonly waiting: Frame[];
  /** Last frame and number of each unreleased message. */
  readonly sent: { readonly lastSeq: number; readonly message: number }[];
  /** Number of the last message of its subject. */
  last: number;
  /** Last frame in the stream. */
  streamed: number;
  /** Last frame in the stream before this server's first. */
  readonly before: number;
  /** Number of times that the stream lost acknowledged frames. */
  losses: number;
  /** Last frame in the fallback store. */
  refuged: number;
  releaseBefore: number;
  sending: boolean;
  /** True while the stream refuses messages. */
  refused: boolean;
  refuging: boolean;
}

interface ReplicatedSetup {
  readonly sessionId: string;
  readonly bus: TeamBus;
  readonly clock: Clock;
  readonly subjects: SessionSubjects;
  readonly server: string;
  readonly fallbackStore: AudioFallbackStore | undefined;
  /** Returns the number of the message after which this server continues. */
  readonly markOf: (source: Source) => number;
  readonly onOvertaken: () => void;
}

class ReplicatedSpool implements Spool {
  private readonly streams = new Map<Source, Stream>();
  private readonly store = new DisposableStore();
  private readonly syncs = this.store.add(
    new Emitter<{ readonly source: Source; readonly seq: number }>(),
  );
  private readonly reported = new Map<Source, number>();
  private timer: Disposable | undefined;
  private releasing: Disposable | undefined;
  private closed = false;
  readonly onDidSync = this.syncs.event;

  constructor(
    private readonly setup: ReplicatedSetup,
    private readonly local: Spool,
  ) {
    this.store.add(local.onDidSync(({ source }) => this.tell(source)));
  }

  get lost(): readonly LostAudio[] {
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
      // The caller reuses the samples after this returns.
      for (const frame of frames)
        if (frame.seq > before && frame.seq <= taken)
          waiting.push({ ...frame, pcm: frame.pcm.slice() });
      if (waiting.length >= SEND_FRAMES) void this.send(source);
      else this.timer ??= this.setup.clock.setTimeout(() => this.sendAll(), SEND_MS);
    }
  }

  durableSeq(source: Source): number {
    const { streamed, refuged } = this.stream(source);
    return Math.min(this.local.durableSeq(source), Math.max(streamed, refuged));
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
    this.releasing ??= this.setup.clock.setTimeout(() => this.purge(), RELEASE_MS);
  }

  remove(): void {
    this.close();
    this.local.remove();
    const { bus, subjects, sessionId } = this.setup;
    void bus.jsm.streams
      .purge(SESSIONS, { filter: subjects.allAudio(sessionId) })
      .catch(() => undefined);
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

  /**
   * Frames that the file held at the start came from the stream (see `restore`), so the stream has
   * them.
   */
  private stream(source: Source): Stream {
    const known = this.streams.get(source);
    if (known) return known;
    const before = this.local.durableSeq(source);
    const stream: Stream = {
      waiting: [],
      sent: [],
      last: this.setup.markOf(source),
      streamed: before,
      before,
      losses: 0,
      refuged: -1,
      releaseBefore: 0,
      sending: false,
      refused: false,
      refuging: false,
    };
    this.streams.set(source, stream);
    return stream;
  }

  private sendAll(): void {
    this.timer?.dispose();
    this.timer = undefined;
    for (const source of this.streams.keys()) void this.send(source);
  }

  /** Sends one message at a time for each source, and repeats it until it is stored. */
  private async send(source: Source): Promise<void> {
    const { sessionId, bus, clock, subjects, server } = this.setup;
    const stream = this.stream(source);
    if (stream.sending) return;
    stream.sending = true;
    while (stream.waiting.length > 0 && !this.closed) {
      const frames = stream.waiting.slice(0, SEND_FRAMES);
      const lastSeq = frames.at(-1)?.seq ?? -1;
      const late = clock.setTimeout(() => this.refuse(source, stream), PATIENCE_MS);
      try {
        const { seq } = await bus.js.publish(
          subjects.audio(sessionId, source),
          encodeFrames(frames),
          {
            msgID: `${idOf(server, sessionId)}${source}.${lastSeq}.${stream.losses}`,
            expect: { lastSubjectSequence: stream.last },
            timeout: PUBLISH_MS,
          },
        );
        this.sent(source, stream, lastSeq, seq);
      } catch (error) {
        this.refuse(source, stream);
        const seen =
          (error as { code?: unknown }).code === WRONG_SEQUENCE
            ? await this.look(source, stream).catch(() => 'unknown')
            : 'unknown';
        if (seen === 'overtaken') {
          this.closed = true;
          return this.setup.onOvertaken();
        }
        if (seen === 'own') continue;
        await new Promise<void>((resolve) => clock.setTimeout(resolve, RETRY_MS));
      } finally {
        late.dispose();
      }
    }
    stream.sending = false;
  }

  private refuse(source: Source, stream: Stream): void {
    stream.refused = true;
    void this.useFallback(source, stream);
  }

  /** Repeats until the stream accepts messages. */
  private async useFallback(source: Source, stream: Stream): Promise<void> {
    const { clock, fallbackStore } = this.setup;
    if (!fallbackStore || stream.refuging) return;
    stream.refuging = true;
    while (stream.refused && !this.closed) {
      // Frames that are not stored wait for the stream or for the next try.
      await this.keepNext(source, stream, fallbackStore).catch(() => undefined);
      await new Promise<void>((resolve) => clock.setTimeout(resolve, FALLBACK_MS));
    }
    stream.refuging = false;
    this.endFallback(source, stream);
  }

  /** @throws the errors of AudioFallbackStore.keepSound */
  private async keepNext(
    source: Source,
    stream: Stream,
    fallbackStore: AudioFallbackStore,
  ): Promise<void> {
    const frames = stream.waiting
      .filter(({ seq }) => seq > stream.refuged)
      .slice(0, FALLBACK_FRAMES);
    const lastSeq = frames.at(-1)?.seq;
    if (lastSeq === undefined) return;
    await fallbackStore.putAudio(this.setup.sessionId, source, lastSeq, encodeFrames(frames));
    stream.refuged = Math.max(stream.refuged, lastSeq);
    this.tell(source);
  }

  /** Called when the stream has all frames of the fallback store. */
  private endFallback(source: Source, stream: Stream): void {
    if (stream.refuged < 0 || stream.refuging || stream.streamed < stream.refuged) return;
    stream.refuged = -1;
    // The rest is deleted with the end of the session.
    void this.setup.fallbackStore
      ?.releaseAudio(this.setup.sessionId, source, stream.streamed)
      .catch(() => undefined);
  }

  private sent(source: Source, stream: Stream, lastSeq: number, message: number): void {
    stream.sent.push({ lastSeq, message });
    stream.last = message;
    while (stream.waiting[0] !== undefined && stream.waiting[0].seq <= lastSeq)
      stream.waiting.shift();
    stream.streamed = Math.max(stream.streamed, lastSeq);
    stream.refused = false;
    this.endFallback(source, stream);
    this.tell(source);
  }

  /**
   * Handles a stream whose last message is another one. A message with a lost answer may be stored.
   * Acknowledged messages may be lost, if a node that never had them became leader; they are sent
   * again from the file. A hung node may answer before it knows that it leads no more. In all other
   * cases another server continues.
   */
  private async look(source: Source, stream: Stream): Promise<'own' | 'overtaken' | 'unknown'> {
    const { bus, subjects, sessionId, server } = this.setup;
    const message = await bus.jsm.streams.getMessage(SESSIONS, {
      last_by_subj: subjects.audio(sessionId, source),
    });
    const own = message?.header?.get(MESSAGE_ID).startsWith(idOf(server, sessionId)) === true;
    if (!own && !(await this.isOurs(source, stream))) return 'overtaken';
    if (message && !own) return 'unknown';
    const has = message ? (decodeFrames(source, message.data).at(-1)?.seq ?? stream.before) : -1;
    if (message && message.seq >= stream.last) {
      this.sent(source, stream, has, message.seq);
      return 'own';
    }
    return this.sendAgain(source, stream, has, message?.seq ?? 0) ? 'own' : 'overtaken';
  }

  /**
   * The fallback store's fence decides if the stream cannot.
   * @throws EarmarkError store.unwritable if it does not answer
   */
  private async isOurs(source: Source, stream: Stream): Promise<boolean> {
    if (!this.setup.fallbackStore) return false;
    try {
      await this.keepNext(source, stream, this.setup.fallbackStore);
      return true;
    } catch (error) {
      if (isEarmarkError(error) && error.details?.['overtaken'] === true) return false;
      throw error;
    }
  }

  /**
   * @param has last frame in the stream
   * @param message the last message
   * @returns false if too much is missing
   */
  private sendAgain(source: Source, stream: Stream, has: number, message: number): boolean {
    const from = Math.max(has + 1, stream.releaseBefore, this.local.range(source)?.firstSeq ?? 0);
    const to = stream.waiting[0]?.seq ?? stream.streamed + 1;
    if (to - from > AGAIN_FRAMES) return false;
    if (to > from) stream.waiting.unshift(...this.local.read(source, from, to - from));
    while ((stream.sent.at(-1)?.message ?? 0) > message) stream.sent.pop();
    stream.last = message;
    stream.streamed = Math.min(stream.streamed, from - 1);
    stream.losses++;
    return true;
  }

  private tell(source: Source): void {
    const seq = this.durableSeq(source);
    if (this.closed || seq <= (this.reported.get(source) ?? -1)) return;
    this.reported.set(source, seq);
    this.syncs.fire({ source, seq });
  }

  private purge(): void {
    this.releasing = undefined;
    const { bus, subjects, sessionId } = this.setup;
    for (const [source, stream] of this.streams) {
      let last: number | undefined;
      while (stream.sent[0] !== undefined && stream.sent[0].lastSeq < stream.releaseBefore)
        last = stream.sent.shift()?.message;
      // The last message stays: it identifies the sender, and the next message must name it.
      if (last !== undefined)
        void bus.jsm.streams
          .purge(SESSIONS, { filter: subjects.audio(sessionId, source), seq: last })
          .catch(() => undefined);
    }
  }
}
