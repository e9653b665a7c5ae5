/**
 * The ways of a recording in a test, all on clocks that the test advances: a daemon that records
 * for itself, and recorders of one daemon whose audio another daemon recognises, with a local copy,
 * without one, or transcribed from the copy.
 */
import { Emitter } from 'vscode-jsonrpc/node';
import type { Connection, ConnectionState, DaemonClient, SessionSubscription } from '../../client';
import { Sender } from '../../client/remote/sender';
import { UploadCopy } from '../../client/remote/uploadCopy';
import { FRAME_MS, SAMPLE_RATE } from '../../daemon/audio/frame';
import { LOCAL, type Identity } from '../../daemon/base/identity';
import { ManualClock } from '../../daemon/base/clock';
import { silentLogger } from '../../daemon/base/logger';
import type { Peer, PeerHandler } from '../../daemon/base/peer';
import type { UploadRecord } from '../../daemon/uploads/ports';
import { Uploads } from '../../daemon/uploads/uploads';
import { AudioPush, type SourceName } from '../../protocol/audio';
import { EarmarkError } from '../../protocol/errors';
import { DaemonHello } from '../../protocol/health';
import type { NotificationType, ParamsOf, RequestType, ResultOf } from '../../protocol/method';
import { SessionAttach, SessionGet, SessionStart, type SessionInfo } from '../../protocol/session';
import { UploadTranscribe } from '../../protocol/uploads';
import { PROTOCOL_VERSION } from '../../protocol/version';
import { FakeCapture } from '../../testing/fakes/fakeCapture';
import { MemorySpools } from '../../testing/fakes/memorySpool';
import { LOUDNESS } from '../../testing/fakes/scripted/scriptedEngine';
import { RpcHarness } from '../../testing/harness/rpcHarness';
import { Harness, settle } from '../../testing/harness/sessionHarness';

type Recorded = 'mic' | 'system';

/** Length of a word of the test; a tick is what a recorder delivers at once. */
const WORD_MS = 400;
export const TICK_MS = 100;
/** Interval of a sample of noise; the detector of these tests takes every sound for speech. */
const NOISE_MS = 4_000;
/** The pre-roll of a phrase before its speech, and half a window of the detector. */
const PRE_ROLL_MS = 300;
const HALF_WINDOW_MS = 16;

export interface Result {
  /** Words with the session time at which their speech begins, in order of time. */
  readonly words: readonly {
    readonly source: string;
    readonly text: string;
    readonly atMs: number;
  }[];
  /** Warnings about sources, in order. */
  readonly warnings: readonly string[];
}

export interface RecordingPath {
  readonly capture: FakeCapture;
  /** The session runs while it is recorded, so it can report what goes wrong. */
  readonly live: boolean;
  start(sources: readonly Recorded[]): Promise<void>;
  pass(ms: number): Promise<void>;
  /** Cuts the way to the recognising daemon, if there is one. */
  cut(): void;
  mend(): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Ends the recording, and waits for its text. */
  finish(): Promise<Result>;
  dispose(): void;
}

/** A person who speaks into devices of a path, and knows when. */
export class Speaker {
  readonly truth: { readonly source: Recorded; readonly text: string; readonly atMs: number }[] =
    [];
  nowMs = 0;
  /** A live microphone always has noise. */
  noisy = true;
  private word = 0;
  private readonly devices: Map<Recorded, { readonly rate: number; owed: number }>;

  /** @param ppm how much faster than its nominal rate each device samples, in millionths */
  constructor(
    private readonly path: RecordingPath,
    ppm: Readonly<Partial<Record<Recorded, number>>>,
  ) {
    this.devices = new Map(
      (Object.entries(ppm) as [Recorded, number][]).map(([source, off]) => [
        source,
        { rate: (SAMPLE_RATE / 1000) * (1 + off / 1e6), owed: 0 },
      ]),
    );
  }

  /** Time passes; the devices deliver silence, or one of them a word. */
  async ticks(count: number, speaks?: { readonly source: Recorded; readonly loudness: number }) {
    for (let i = 0; i < count; i++) {
      await this.path.pass(TICK_MS);
      this.nowMs += TICK_MS;
      for (const [source, device] of this.devices) {
        device.owed += TICK_MS * device.rate;
        const samples = Math.floor(device.owed);
        device.owed -= samples;
        const pcm = new Int16Array(samples);
        if (speaks?.source === source) pcm.fill(speaks.loudness);
        else if (this.noisy && this.nowMs % NOISE_MS === 0) pcm[0] = 1;
        this.path.capture.of(source).handlers.onData(pcm);
      }
    }
  }

  /** A word, with a second of silence around it. */
  async say(source: Recorded): Promise<void> {
    await this.ticks(10);
    const n = ++this.word;
    this.truth.push({ source, text: `w${n}`, atMs: this.nowMs });
    await this.ticks(WORD_MS / TICK_MS, { source, loudness: n * LOUDNESS });
    await this.ticks(10);
  }

  /** Time passes without any samples. */
  async nothing(ms: number): Promise<void> {
    await this.path.pass(ms);
    this.nowMs += ms;
  }
}

/** A daemon that records for itself. */
class LocalPath implements RecordingPath {
  readonly live = true;
  private readonly harness = new Harness();
  private id = '';

  get capture(): FakeCapture {
    return this.harness.capture;
  }

  async start(sources: readonly Recorded[]): Promise<void> {
    this.id = await this.harness.recorded({
      insights: false,
      sources: sources.map((source) => ({ source, origin: { type: 'capture' as const } })),
    });
  }

  pass(ms: number): Promise<void> {
    return this.harness.pass(ms);
  }

  cut(): void {
    // Nothing lies between the recorder and the recogniser.
  }

  async mend(): Promise<void> {}

  async pause(): Promise<void> {
    await this.harness.manager.pause(this.id, 'test');
  }

  async resume(): Promise<void> {
    await this.harness.manager.resume(this.id, 'test');
  }

  async finish(): Promise<Result> {
    await this.harness.manager.stop(this.id, 'test');
    await this.harness.pass(1_000);
    await this.harness.manager.whenEnded(this.id);
    const { transcript } = await this.harness.manager.get(this.id);
    return {
      words: wordsOf(transcript),
      warnings: (await this.harness.events(this.id)).flatMap((event) =>
        event.kind === 'warning' ? [`${event.code} ${event.message}`] : [],
      ),
    };
  }

  dispose(): void {
    this.harness.dispose();
  }
}

/** A connection to the handlers of a daemon in this process, which a test can cut. */
class Link {
  state: ConnectionState = { kind: 'connecting', attempt: 0 };
  private readonly states = new Emitter<{ from: ConnectionState; to: ConnectionState }>();
  private readonly listeners = new Map<string, Set<(params: unknown) => void>>();
  private handler: PeerHandler | undefined;
  readonly onDidChangeState = this.states.event;

  constructor(
    private readonly daemon: RpcHarness,
    private readonly identity: Identity,
  ) {}

  get connection(): Connection {
    return this as unknown as Connection;
  }

  async connect(): Promise<void> {
    const notify = (method: string, params: object): void => {
      // As on a wire: the receiver has its own copy, later.
      const copy: unknown = JSON.parse(JSON.stringify(params));
      if (this.handler === handler) for (const call of this.listeners.get(method) ?? []) call(copy);
    };
    const peer: Peer = {
      id: 1,
      identity: this.identity,
      notify,
      close: () => undefined,
      queuedBytes: 0,
    };
    const handler = this.daemon.server.accept(peer);
    this.handler = handler;
    this.set({ kind: 'connected', client: this.client() });
    await this.request(DaemonHello, {
      protocol: PROTOCOL_VERSION,
      client: 'test',
      clientVersion: '0',
    });
  }

  cut(): void {
    this.handler?.closed();
    this.handler = undefined;
    this.set({ kind: 'waiting', attempt: 0, retryAt: 0, error: lost() });
  }

  async request<M extends RequestType>(type: M, params: ParamsOf<M>): Promise<ResultOf<M>> {
    const { handler } = this;
    if (!handler) throw lost();
    const answer = await handler.request(type.method, params, new AbortController());
    if (this.handler !== handler) throw lost();
    return type.result.parse(answer) as ResultOf<M>;
  }

  onNotification<M extends NotificationType>(type: M, listener: (params: ParamsOf<M>) => void) {
    const mine = this.listeners.get(type.method) ?? new Set();
    this.listeners.set(type.method, mine);
    const call = listener as (params: unknown) => void;
    mine.add(call);
    return { dispose: () => void mine.delete(call) };
  }

  private set(to: ConnectionState): void {
    const from = this.state;
    this.state = to;
    this.states.fire({ from, to });
  }

  private client(): DaemonClient {
    return {
      pushAudio: (
        sessionId: string,
        source: SourceName,
        seq: number,
        captureMs: number,
        pcm: Uint8Array,
      ) =>
        this.request(AudioPush, {
          sessionId,
          source,
          seq,
          captureMs,
          pcm: Buffer.from(pcm).toString('base64'),
        }),
    } as unknown as DaemonClient;
  }
}

const lost = (): EarmarkError => new EarmarkError('rpc.disconnected', 'Lost.');

/** Follows the session of a path; its clock is the daemon's, as at the first attach. */
class Followed {
  nextFrames = new Map<SourceName, number>();
  private readonly attachEmitter = new Emitter<SessionInfo>();
  readonly onDidAttach = this.attachEmitter.event;
  readonly onDidLose = new Emitter<EarmarkError>().event;
  private zeroMs: number | undefined;

  constructor(
    readonly sessionId: string,
    private readonly link: Link,
    private readonly clock: ManualClock,
  ) {}

  get subscription(): SessionSubscription {
    return this as unknown as SessionSubscription;
  }

  get sessionMs(): number {
    return this.clock.now() - (this.zeroMs ?? 0);
  }

  async attach(): Promise<void> {
    const { session, sources } = await this.link.request(SessionAttach, {
      sessionId: this.sessionId,
      afterSeq: 1_000_000,
    });
    this.zeroMs ??= this.clock.now() - (session.clockMs ?? 0);
    this.nextFrames = new Map(sources.map(({ source, nextSeq }) => [source, nextSeq]));
    this.attachEmitter.fire(session);
  }
}

/** Recorders of one daemon, whose audio another daemon recognises. */
class RemotePath implements RecordingPath {
  readonly capture = new FakeCapture();
  private readonly clock = new ManualClock();
  private readonly records = new Map<string, UploadRecord>();
  private readonly here: RpcHarness;
  private readonly there = new RpcHarness();
  private readonly local: Link;
  private readonly remote: Link;
  private sender!: Sender;
  private copy: UploadCopy | undefined;
  private followed!: Followed;

  constructor(private readonly kind: 'copy' | 'memory' | 'transcribed') {
    const uploads = new Uploads({
      records: {
        list: () => [...this.records.values()],
        write: (record) => void this.records.set(record.id, record),
        remove: (id) => void this.records.delete(id),
        bytes: () => 0,
      },
      spools: new MemorySpools(this.clock),
      clock: this.clock,
      logger: silentLogger,
      newId: () => `u${this.records.size + 1}`,
      roomBytes: () => 1e9,
    });
    this.here = new RpcHarness({ uploads, clock: this.clock, capture: this.capture });
    this.local = new Link(this.here, LOCAL);
    this.remote = new Link(this.there, {
      kind: 'remote',
      user: 'ann',
      scopes: ['record'],
      tokenId: 't',
    });
  }

  get live(): boolean {
    return this.kind !== 'transcribed';
  }

  async start(sources: readonly Recorded[]): Promise<void> {
    await this.local.connect();
    await this.remote.connect();
    const { session } = await this.remote.request(SessionStart, {
      kind: 'meeting',
      partials: false,
      insights: false,
      sources: sources.map((source) => ({
        source,
        origin: { type: 'push' as const, verify: true },
      })),
    });
    const named = sources.map((source) => ({ source }));
    if (this.kind !== 'memory') {
      const request = { remote: 'far:1', sessionId: session.id, sources: named };
      this.copy = new UploadCopy(this.local.connection, request);
    }
    await this.copy?.open();
    this.followed = new Followed(session.id, this.remote, this.clock);
    await this.followed.attach();
    this.sender = new Sender({
      remote: this.remote.connection,
      local: this.local.connection,
      subscription: this.followed.subscription,
      captured: sources.map((source) => ({ source, origin: { type: 'capture' } })),
      copy: this.copy,
      have: new Map(),
      // With a copy, an outage is longer than what memory holds.
      maxFrames: this.copy ? 2_000 / FRAME_MS : undefined,
    });
    await this.sender.start();
  }

  async pass(ms: number): Promise<void> {
    this.clock.advance(ms);
    await this.there.sessions.pass(ms);
    await this.here.sessions.pass(ms);
  }

  cut(): void {
    this.remote.cut();
  }

  async mend(): Promise<void> {
    await this.remote.connect();
    await this.followed.attach();
    await settle();
  }

  async pause(): Promise<void> {
    const paused = this.sender.pause();
    for (let i = 0; i < 10; i++) await this.pass(0);
    await this.pass(300);
    await paused;
    await this.there.sessions.manager.pause(this.followed.sessionId, 'test');
  }

  async resume(): Promise<void> {
    await this.there.sessions.manager.resume(this.followed.sessionId, 'test');
    await this.sender.start();
  }

  async finish(): Promise<Result> {
    if (this.kind === 'transcribed') return await this.transcribe();
    // A refused push is repeated by a timer of the client.
    await new Promise((resolve) => setTimeout(resolve, 300));
    const ended = this.sender.end();
    for (let i = 0; i < 200; i++) await this.pass(100);
    await ended;
    await this.there.sessions.manager.stop(this.followed.sessionId, 'test');
    await this.pass(1_000);
    return await this.resultOf(this.there, this.followed.sessionId);
  }

  dispose(): void {
    this.sender.dispose();
    this.here.dispose();
    this.there.dispose();
  }

  private async transcribe(): Promise<Result> {
    this.remote.cut();
    const ended = this.sender.end();
    await this.pass(300);
    await ended;
    this.sender.dispose();
    await this.pass(100);
    const [uploadId = ''] = this.records.keys();
    const { sessionId } = await this.local.request(UploadTranscribe, { uploadId });
    for (let i = 0; i < 600; i++) await this.pass(200);
    return await this.resultOf(this.here, sessionId);
  }

  private async resultOf(daemon: RpcHarness, sessionId: string): Promise<Result> {
    const client = await daemon.client();
    const { segments } = await client.ask(SessionGet, { sessionId });
    return {
      words: wordsOf(segments),
      warnings: (await daemon.sessions.events(sessionId)).flatMap((event) =>
        event.kind === 'warning' ? [`${event.code} ${event.message}`] : [],
      ),
    };
  }
}

function wordsOf(
  segments: readonly { readonly source: string; readonly text: string; readonly startMs: number }[],
): Result['words'] {
  return segments
    .map(({ source, text, startMs }) => ({
      source,
      text,
      atMs: startMs + PRE_ROLL_MS + HALF_WINDOW_MS,
    }))
    .sort((a, b) => a.atMs - b.atMs);
}

export const PATHS: Readonly<Record<string, () => RecordingPath>> = {
  'a daemon that records for itself': () => new LocalPath(),
  'a remote daemon, with a copy here': () => new RemotePath('copy'),
  'a remote daemon, without a copy': () => new RemotePath('memory'),
  'a copy that is transcribed here': () => new RemotePath('transcribed'),
};
