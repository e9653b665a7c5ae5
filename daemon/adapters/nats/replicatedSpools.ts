/**
 * Spools that a team shares: each frame goes into the file on disk and into the stream of its
 * session, and only what is in both counts as kept, so what a client was told is kept outlives the
 * server that told it. Who takes a session over puts a mark behind its audio before it reads it;
 * each message names the one before it, so what a server sends that was stopped and wakes behind
 * that mark is refused. While the stream takes nothing, as where its nodes choose a leader, audio
 * is kept in a fallback store too, if there is one, until the stream has it.
 */
import { randomBytes } from 'node:crypto';
import type { Frame, Source } from '../../audio/frame';
import type { Clock } from '../../base/clock';
import { type Disposable, DisposableStore } from '../../base/disposable';
import { Emitter } from '../../base/emitter';
import type { LostAudio, Spool, SpoolFactory } from '../../session/ports';
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

/**
 * As the file: what came is in the stream after so long, or as soon as there are two seconds of it.
 */
const SEND_MS = 100;
const SEND_FRAMES = 100;
const RETRY_MS = 250;
const PUBLISH_MS = 1_000;
/**
 * What is not in the stream by then goes into the fallback store as well: a client waits for it.
 */
const PATIENCE_MS = 500;
/** What came meanwhile goes into the fallback store so often, at most so many frames at once. */
const FALLBACK_MS = 300;
const FALLBACK_FRAMES = 500;
/** Five minutes of what the stream acknowledged and has no more are sent again. */
const AGAIN_FRAMES = 15_000;
/** Releases are carried out together. */
const RELEASE_MS = 2_000;
/** JetStream: another message is the last one of the subject. */
const WRONG_SEQUENCE = 10071;
const MESSAGE_ID = 'Nats-Msg-Id';

export class ReplicatedSpools implements SpoolFactory {
  /** Number of the last message of a subject that was taken over here. */
  private readonly marks = new Map<string, number>();
  private readonly lost = new Emitter<string>();
  /** Another server goes on with this session's audio. */
  readonly onDidLose = this.lost.event;

  /** @param server that sends, by name */
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

  /** Nobody has to finish it any more: what is kept of it is on disk. */
  over(sessionId: string): void {
    void this.bus.jsm.streams
      .purge(SESSIONS, { filter: this.subjects.allAudio(sessionId) })
      .catch(() => undefined);
  }

  /** Deletes the copy on disk alone. */
  forget(sessionId: string): void {
    this.local.remove(sessionId);
  }

  /**
   * Makes the file of what stream and fallback store have, and lets the stream have all of it;
   * nobody has it open. @throws EarmarkError rpc.timeout, store.unwritable
   */
  async restore(sessionId: string, sources: readonly Source[]): Promise<void> {
    this.local.remove(sessionId);
    const spool = this.local.open(sessionId);
    try {
      // From now on whoever sent before is refused.
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

  /** What the stream lacks of what the fallback store has. */
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

  /** Behind whatever is there. */
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

/** What the ids of messages of a server for a session begin with. */
const idOf = (server: string, sessionId: string): string => `${server}.${sessionId}.`;

interface Stream {
  readonly waiting: Frame[];
  /** Last frame and number of each message that was not released. */
  readonly sent: { readonly lastSeq: number; readonly message: number }[];
  /** Number of the last message of its subject. */
  last: number;
  /** Last frame that the stream has. */
  streamed: number;
  /** Last frame that it had before this server sent any. */
  readonly before: number;
  /** How often the stream had less than it had acknowledged. */
  losses: number;
  /** Last frame that the fallback store has. */
  refuged: number;
  releaseBefore: number;
  sending: boolean;
  /** The stream does not take what is sent. */
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
  /** Number of the message behind which this server goes on. */
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
      // Their samples are somebody else's when this returns.
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

  /** What the file has from before came out of the stream (see `restore`), so the stream has it. */
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

  /** One message at a time and source, again and again until it is in. */
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

  /** Again and again until the stream takes what is sent. */
  private async useFallback(source: Source, stream: Stream): Promise<void> {
    const { clock, fallbackStore } = this.setup;
    if (!fallbackStore || stream.refuging) return;
    stream.refuging = true;
    while (stream.refused && !this.closed) {
      // What is not kept waits for the stream, or for the next try.
      await this.keepNext(source, stream, fallbackStore).catch(() => undefined);
      await new Promise<void>((resolve) => clock.setTimeout(resolve, FALLBACK_MS));
    }
    stream.refuging = false;
    this.endFallback(source, stream);
  }

  /** @throws what AudioFallbackStore.keepSound throws */
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

  /** When the stream has what the fallback store has. */
  private endFallback(source: Source, stream: Stream): void {
    if (stream.refuged < 0 || stream.refuging || stream.streamed < stream.refuged) return;
    stream.refuged = -1;
    // What stays goes with the end of the session.
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
   * Where the stream says that another message is its last one: a message whose answer was lost is
   * in all the same; what was acknowledged may be gone, where a node that never had it became the
   * leader, and is sent again from the file; and a node that stood still may answer before it knows
   * that it leads no more. Else another server goes on.
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
   * The fence of the fallback store tells what the stream cannot. @throws EarmarkError
   * store.unwritable where it does not answer
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
   *
   * @param has last frame that the stream has
   * @param message the last message
   * @returns false where that is too much
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
      // The last of them stays: one message tells who sends, and what the next one has to name.
      if (last !== undefined)
        void bus.jsm.streams
          .purge(SESSIONS, { filter: subjects.audio(sessionId, source), seq: last })
          .catch(() => undefined);
    }
  }
}
