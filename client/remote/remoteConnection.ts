/**
 * A connection to a remote daemon that records on this machine. Sources of `session/start` and
 * `dictation/start` are recorded by the local daemon and pushed to the remote daemon. The local
 * daemon ends the recorders with this client. It keeps an upload copy of a meeting until the remote
 * daemon confirms it; copies of earlier clients are sent too. All other requests go to the remote
 * daemon, except devices (`audio/devices`), the microphone watch and copies (`upload/…`), which are local.
 */
import { Emitter } from 'vscode-jsonrpc/node';
import { AudioDevices, type SourceName } from '../../protocol/audio';
import { CapturePrograms, CaptureWatch } from '../../protocol/capture';
import { DictationCancel, DictationStart, DictationStop } from '../../protocol/dictation';
import { isEarmarkError } from '../../protocol/errors';
import type { NotificationType, ParamsOf, RequestType, ResultOf } from '../../protocol/method';
import {
  SessionDelete,
  SessionPause,
  SessionPurge,
  SessionResume,
  SessionStop,
  type SessionEvent,
  type SourceSpec,
} from '../../protocol/session';
import {
  UploadDiscard,
  UploadList,
  UploadTranscribe,
  type UploadInfo,
} from '../../protocol/uploads';
import type {
  Connection,
  DaemonClient,
  Disposable,
  EventSink,
  UploadOutcome,
  LinkQuality,
  Sending,
  SessionSubscription,
  StartParams,
} from '../api';
import { type Captured, Sender } from './sender';
import { UploadCopy } from './uploadCopy';

const FAIR = { roundTripMs: 200, unacknowledgedMs: 5_000 } as const;
const POOR = { roundTripMs: 1_000, unacknowledgedMs: 15_000 } as const;
/** Interval between checks for upload copies of other windows. */
const LOOK_MS = 60_000;
/** Methods that go to the local daemon. */
const HERE: ReadonlySet<string> = new Set(
  [AudioDevices, CaptureWatch, UploadList, UploadDiscard, UploadTranscribe].map(
    ({ method }) => method,
  ),
);

export interface RemoteSetup {
  /** Name under which upload copies are stored; it is the same after every start. */
  readonly name: string;
  /** Makes a connection to the local daemon, which starts if necessary. */
  readonly makeLocal: () => Connection;
  /**
   * Reports whether this machine may have upload copies; prevents an unnecessary start of the
   * daemon.
   */
  readonly hasUploads: () => boolean;
  /** Limit of frames in memory. */
  readonly maxFrames?: number | undefined;
}

export class RemoteConnection implements Connection {
  private readonly senders = new Map<string, Sender>();
  private readonly followed = new Map<string, SessionSubscription>();
  private localConnection: Connection | undefined;
  /** Unconfirmed copies that this client has sent again. */
  private readonly asked = new Set<string>();
  private looking: Promise<unknown> = Promise.resolve();
  private readonly looks: NodeJS.Timeout;
  private readonly sendingEmitter = new Emitter<void>();
  readonly onDidChangeState: Connection['onDidChangeState'];
  readonly onDidReceiveInvalid: Connection['onDidReceiveInvalid'];
  readonly onDidChangeSending = this.sendingEmitter.event;
  private readonly refuseEmitter = new Emitter<string>();
  readonly onDidRefuseAudio = this.refuseEmitter.event;

  constructor(
    private readonly remote: Connection,
    private readonly setup: RemoteSetup,
  ) {
    this.onDidChangeState = remote.onDidChangeState;
    this.onDidReceiveInvalid = remote.onDidReceiveInvalid;
    remote.onDidChangeState(({ to }) => to.kind === 'connected' && this.look());
    this.looks = setInterval(() => this.look(), LOOK_MS).unref();
  }

  get state(): Connection['state'] {
    return this.remote.state;
  }

  get sending(): readonly Sending[] {
    return [...this.senders.values()].flatMap(({ copy, sessionId, state }) =>
      copy ? [{ sessionId, remote: copy.remote, state }] : [],
    );
  }

  get quality(): LinkQuality {
    const { state } = this.remote;
    const unacknowledgedMs = Math.max(
      0,
      ...[...this.senders.values()].flatMap(({ lines }) =>
        lines.map(({ pusher }) => pusher.bufferedMs),
      ),
    );
    if (state.kind !== 'connected')
      return { grade: 'away', roundTripMs: undefined, unacknowledgedMs };
    const { roundTripMs } = state.client;
    const beyond = (mark: typeof FAIR | typeof POOR): boolean =>
      (roundTripMs ?? 0) > mark.roundTripMs || unacknowledgedMs > mark.unacknowledgedMs;
    return {
      grade: beyond(POOR) ? 'poor' : beyond(FAIR) ? 'fair' : 'good',
      roundTripMs,
      unacknowledgedMs,
    };
  }

  whenConnected(timeoutMs?: number): Promise<DaemonClient> {
    return this.remote.whenConnected(timeoutMs);
  }

  retry(): void {
    this.remote.retry();
  }

  onNotification<M extends NotificationType>(
    type: M,
    listener: (params: ParamsOf<M>) => void,
  ): Disposable {
    // The microphone is on this machine.
    const from = type.method === CapturePrograms.method ? this.local : this.remote;
    return from.onNotification(type, listener);
  }

  /** Continues a recording that a window reload interrupted. */
  async attach(sessionId: string, afterSeq: number, sink: EventSink): Promise<SessionSubscription> {
    const subscription = await this.remote.attach(sessionId, afterSeq, sink);
    if (
      subscription.session.state === 'STREAMING' &&
      (this.setup.hasUploads() || this.senders.has(sessionId))
    )
      void this.recordOn(sessionId).catch(() => undefined);
    return subscription;
  }

  async start(params: StartParams, sink: EventSink): Promise<SessionSubscription> {
    const captured = capturedOf(params.sources);
    if (captured.length === 0) return await this.remote.start(params, sink);
    const sources = params.sources.map(({ source }) => ({
      source,
      origin: { type: 'push' as const, verify: true },
    }));
    const subscription = await this.remote.start({ ...params, sources }, (event) => {
      sink(event);
      if (isLast(event)) this.onOver(subscription.sessionId);
    });
    try {
      await this.send(subscription, captured, await this.keep(subscription.sessionId, captured));
    } catch (error) {
      await this.remote
        .request(SessionDelete, { sessionId: subscription.sessionId })
        .catch(() => undefined);
      throw error;
    }
    return subscription;
  }

  async sendKept(uploadIds: readonly string[]): Promise<readonly UploadOutcome[]> {
    const outcomes: UploadOutcome[] = [];
    for (const uploadId of uploadIds)
      outcomes.push({ uploadId, problem: await this.sendOne(uploadId) });
    return outcomes;
  }

  async request<M extends RequestType>(
    type: M,
    params: ParamsOf<M>,
    options?: { signal?: AbortSignal; timeoutMs?: number },
  ): Promise<ResultOf<M>> {
    if (HERE.has(type.method)) return await this.local.request(type, params, options);
    const ask = (): Promise<ResultOf<M>> => this.remote.request(type, params, options);
    const { sessionId } = params as { sessionId?: string };
    const sender = sessionId === undefined ? undefined : this.senders.get(sessionId);
    switch (type.method) {
      case DictationStart.method:
        return (await this.startDictation(
          params as ParamsOf<typeof DictationStart>,
          options,
        )) as ResultOf<M>;
      case SessionPause.method:
        await sender?.pause();
        return await ask();
      case SessionResume.method: {
        const result = await ask();
        await sender?.start();
        return result;
      }
      case SessionStop.method:
        return sender
          ? ((await this.stop(
              sender,
              ask as () => Promise<ResultOf<typeof SessionStop>>,
            )) as ResultOf<M>)
          : await ask();
      case DictationStop.method:
        await sender?.end();
        break;
      case SessionDelete.method:
      case SessionPurge.method: {
        const result = await ask();
        if (sessionId !== undefined) await this.discard(sessionId);
        return result;
      }
      case DictationCancel.method:
        break;
      default:
        return await ask();
    }
    try {
      return await ask();
    } finally {
      if (sessionId !== undefined) this.drop(sessionId);
    }
  }

  dispose(): void {
    clearInterval(this.looks);
    for (const sessionId of [...this.senders.keys()]) this.drop(sessionId);
    this.localConnection?.dispose();
    this.remote.dispose();
    this.sendingEmitter.dispose();
    this.refuseEmitter.dispose();
  }

  private get local(): Connection {
    return (this.localConnection ??= this.setup.makeLocal());
  }

  private async startDictation(
    params: ParamsOf<typeof DictationStart>,
    options: { signal?: AbortSignal; timeoutMs?: number } | undefined,
  ): Promise<ResultOf<typeof DictationStart>> {
    const origin = params.origin ?? { type: 'capture' };
    const result = await this.remote.request(
      DictationStart,
      { ...params, origin: { type: 'push' } },
      options,
    );
    if (origin.type !== 'capture') return result;
    try {
      await this.send(
        await this.remote.attach(result.sessionId, 0, () => undefined),
        [{ source: 'mic', origin }],
        undefined,
      );
    } catch (error) {
      await this.remote.request(DictationCancel, result).catch(() => undefined);
      throw error;
    }
    return result;
  }

  /** Sends the remaining audio in the background, then ends the session. */
  private async stop(
    sender: Sender,
    ask: () => Promise<ResultOf<typeof SessionStop>>,
  ): Promise<ResultOf<typeof SessionStop>> {
    const arrived = await sender.end();
    if (!sender.copy) return await ask();
    const answer = arrived ? await ask().catch(() => undefined) : undefined;
    void sender.finish(!answer);
    return answer ?? { state: 'STOPPING' };
  }

  /**
   * Opens the upload copy; returns undefined if none can be stored. Audio then waits in memory
   * only, up to its limit.
   */
  private async keep(
    sessionId: string,
    captured: readonly Captured[],
  ): Promise<UploadCopy | undefined> {
    const sources = captured.map(({ source, origin: { device } }) => ({
      source,
      ...(device === undefined ? {} : { device }),
    }));
    const copy = new UploadCopy(this.local, { remote: this.setup.name, sessionId, sources });
    try {
      await copy.open();
      return copy;
    } catch (error) {
      copy.dispose();
      if (
        isEarmarkError(error, 'store.unwritable') ||
        isEarmarkError(error, 'store.locked') ||
        isEarmarkError(error, 'rpc.tooMany')
      )
        return undefined;
      throw error;
    }
  }

  private async send(
    subscription: SessionSubscription,
    captured: readonly Captured[],
    copy: UploadCopy | undefined,
  ): Promise<Sender> {
    const sender = await this.newSender(subscription, captured, copy);
    try {
      await sender.start();
      return sender;
    } catch (error) {
      await copy?.discard().catch(() => undefined);
      this.drop(subscription.sessionId);
      throw error;
    }
  }

  private async newSender(
    subscription: SessionSubscription,
    captured: readonly Captured[],
    copy: UploadCopy | undefined,
  ): Promise<Sender> {
    const { have = [] } = (await copy?.open()) ?? {};
    const sender = new Sender({
      remote: this.remote,
      local: this.local,
      subscription,
      captured,
      copy,
      have: new Map(have.map(({ source, frames }) => [source, frames])),
      maxFrames: this.setup.maxFrames,
    });
    this.senders.set(subscription.sessionId, sender);
    sender.onDidWarn((message) => this.refuseEmitter.fire(message));
    sender.onDidChange(() => {
      this.sendingEmitter.fire();
      if (sender.state.kind === 'confirmed' || sender.state.kind === 'pending')
        this.drop(sender.sessionId);
    });
    return sender;
  }

  private onOver(sessionId: string): void {
    const sender = this.senders.get(sessionId);
    if (sender?.copy) void sender.finish(false);
    else this.drop(sessionId);
  }

  private look(): void {
    if (this.remote.state.kind !== 'connected' || !this.setup.hasUploads()) return;
    void this.takeUp(({ uploadId, state, problem }) => {
      if (state !== 'pending_verification' || problem === undefined) return true;
      const first = !this.asked.has(uploadId);
      this.asked.add(uploadId);
      return first;
    }).catch(() => undefined);
  }

  private async recordOn(sessionId: string): Promise<void> {
    await this.takeUp((upload) => upload.sessionId === sessionId);
    const sender = this.senders.get(sessionId);
    if (sender?.copy && sender.state.kind === 'recording') await sender.start();
  }

  /** Sends the copies of earlier clients, one at a time. */
  private takeUp(which: (upload: UploadInfo) => boolean): Promise<void> {
    return this.inTurn(async () => {
      const { uploads } = await this.local.request(UploadList, {});
      for (const upload of uploads) {
        if (
          upload.remote === this.setup.name &&
          !upload.held &&
          !this.senders.has(upload.sessionId) &&
          which(upload)
        )
          await this.takeUpOne(upload).catch(() => undefined);
      }
    });
  }

  private inTurn<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.looking.then(run);
    this.looking = turn.catch(() => undefined);
    return turn;
  }

  /** @returns the reason if the copy is not confirmed */
  private async sendOne(uploadId: string): Promise<string | undefined> {
    try {
      const sender = await this.inTurn(async () => {
        const upload = (await this.local.request(UploadList, {})).uploads.find(
          (kept) => kept.uploadId === uploadId,
        );
        return upload && (this.senders.get(upload.sessionId) ?? (await this.takeUpOne(upload)));
      });
      // A copy that is no longer listed was confirmed in the meantime.
      if (!sender) return undefined;
      await sender.finish(true);
      return sender.state.kind === 'confirmed'
        ? undefined
        : sender.state.kind === 'pending'
          ? sender.state.problem
          : 'The connection ended before all audio was sent.';
    } catch (error) {
      if (isEarmarkError(error)) return error.message;
      throw error;
    }
  }

  private async takeUpOne({ sessionId, remote, sources, ended }: UploadInfo): Promise<Sender> {
    const copy = new UploadCopy(this.local, { remote, sessionId, sources });
    try {
      await copy.open();
      const subscription = await this.remote.attach(
        sessionId,
        Number.MAX_SAFE_INTEGER,
        (event) => isLast(event) && this.onOver(sessionId),
      );
      this.followed.set(sessionId, subscription);
      const captured = sources.map(({ source, device }) => ({
        source,
        origin: { type: 'capture' as const, ...(device === undefined ? {} : { device }) },
      }));
      const sender = await this.newSender(subscription, captured, copy);
      this.sendingEmitter.fire();
      const { state } = subscription.session;
      if (ended || state === 'DONE' || state === 'FAILED')
        void sender.finish(ended && state !== 'DONE' && state !== 'FAILED');
      return sender;
    } catch (error) {
      if (isEarmarkError(error, 'session.notFound'))
        await copy.settle(
          [],
          `${remote} no longer has this session. Transcribe the local copy, or discard ` + 'it.',
        );
      copy.dispose();
      throw error;
    }
  }

  /** The user deleted the session; the copy is deleted too. */
  private async discard(sessionId: string): Promise<void> {
    await this.senders
      .get(sessionId)
      ?.copy?.discard()
      .catch(() => undefined);
    this.drop(sessionId);
    if (!this.setup.hasUploads()) return;
    const { uploads } = await this.local.request(UploadList, {});
    for (const { uploadId } of uploads.filter(
      (u) => u.sessionId === sessionId && u.remote === this.setup.name,
    ))
      await this.local.request(UploadDiscard, { uploadId });
  }

  private drop(sessionId: string): void {
    this.senders.get(sessionId)?.dispose();
    this.senders.delete(sessionId);
    this.followed.get(sessionId)?.dispose();
    this.followed.delete(sessionId);
    this.sendingEmitter.fire();
  }
}

function isLast(event: SessionEvent): boolean {
  return event.kind === 'state' && (event.to === 'DONE' || event.to === 'FAILED');
}

function capturedOf(sources: readonly SourceSpec[]): readonly Captured[] {
  return sources.flatMap(({ source, origin }) =>
    origin.type === 'capture' && isRecorded(source) ? [{ source, origin }] : [],
  );
}

function isRecorded(source: SourceName): source is 'mic' | 'system' {
  return source !== 'file';
}
