/**
 * A connection to a daemon elsewhere that records here: sessions whose sources a daemon would record (`session/start`,
 * `dictation/start`) are pushed to it instead, from recorders of the local daemon, which ends them with this client.
 * Everything else goes to the remote daemon, but for the devices (`audio/devices`), which are those of this machine.
 */
import { AudioDevices, type SourceName } from '../protocol/audio';
import { DictationCancel, DictationStart, DictationStop } from '../protocol/dictation';
import type { NotificationType, ParamsOf, RequestType, ResultOf } from '../protocol/method';
import { SessionDelete, SessionPause, SessionResume, SessionStop, type SourceSpec } from '../protocol/session';
import type { Connection, DaemonClient, Disposable, EventSink, FramePusher, LinkQuality, SessionSubscription, StartParams } from './api';
import { createFramePusher } from './framePusher';
import { LocalRecorder } from './localRecorder';

type CaptureOrigin = Extract<SourceSpec['origin'], { type: 'capture' }>;
interface Captured {
  readonly source: 'mic' | 'system';
  readonly origin: CaptureOrigin;
}

/** How long the last sound may take to arrive before a stop or a pause is asked for anyway. */
const LAST_SOUND_MS = 10_000;
const FAIR = { roundTripMs: 200, unacknowledgedMs: 5_000 } as const;
const POOR = { roundTripMs: 1_000, unacknowledgedMs: 15_000 } as const;

/** What a session sends from here. */
class Sender implements Disposable {
  readonly lines: readonly { readonly pusher: FramePusher; readonly recorder: LocalRecorder }[];

  constructor(remote: Connection, local: Connection, readonly subscription: SessionSubscription, captured: readonly Captured[]) {
    this.lines = captured.map(({ source, origin: { device } }) => {
      const pusher = createFramePusher(remote, subscription, { source });
      return { pusher, recorder: new LocalRecorder(local, { source, ...(device === undefined ? {} : { device }) }, (pcm) => pusher.write(pcm)) };
    });
  }

  /** @throws EarmarkError where not one source can be recorded */
  async start(): Promise<void> {
    const started = await Promise.allSettled(this.lines.map(({ recorder }) => recorder.start()));
    const failed = started.filter((s) => s.status === 'rejected');
    if (failed.length === started.length) throw failed[0]?.reason;
  }

  async pause(): Promise<void> {
    await Promise.all(this.lines.map(({ recorder }) => recorder.stop()));
    await inTime(Promise.all(this.lines.map(({ pusher }) => pusher.whenReady(1))));
  }

  async end(): Promise<void> {
    await Promise.all(this.lines.map(({ recorder }) => recorder.stop()));
    await inTime(Promise.all(this.lines.map(({ pusher }) => pusher.end())));
  }

  dispose(): void {
    for (const { pusher, recorder } of this.lines) {
      recorder.dispose();
      pusher.dispose();
    }
  }
}

export class RemoteConnection implements Connection {
  private readonly senders = new Map<string, Sender>();
  private localConnection: Connection | undefined;
  readonly onDidChangeState: Connection['onDidChangeState'];
  readonly onDidReceiveInvalid: Connection['onDidReceiveInvalid'];

  /** @param makeLocal a connection to the daemon of this machine, which is started where it must be */
  constructor(
    private readonly remote: Connection,
    private readonly makeLocal: () => Connection,
  ) {
    this.onDidChangeState = remote.onDidChangeState;
    this.onDidReceiveInvalid = remote.onDidReceiveInvalid;
  }

  get state(): Connection['state'] {
    return this.remote.state;
  }

  get quality(): LinkQuality {
    const { state } = this.remote;
    const unacknowledgedMs = Math.max(0, ...[...this.senders.values()].flatMap(({ lines }) => lines.map(({ pusher }) => pusher.bufferedMs)));
    if (state.kind !== 'connected') return { grade: 'away', roundTripMs: undefined, unacknowledgedMs };
    const { roundTripMs } = state.client;
    const beyond = (mark: typeof FAIR | typeof POOR): boolean => (roundTripMs ?? 0) > mark.roundTripMs || unacknowledgedMs > mark.unacknowledgedMs;
    return { grade: beyond(POOR) ? 'poor' : beyond(FAIR) ? 'fair' : 'good', roundTripMs, unacknowledgedMs };
  }

  whenConnected(timeoutMs?: number): Promise<DaemonClient> {
    return this.remote.whenConnected(timeoutMs);
  }

  retry(): void {
    this.remote.retry();
  }

  onNotification<M extends NotificationType>(type: M, listener: (params: ParamsOf<M>) => void): Disposable {
    return this.remote.onNotification(type, listener);
  }

  attach(sessionId: string, afterSeq: number, sink: EventSink): Promise<SessionSubscription> {
    return this.remote.attach(sessionId, afterSeq, sink);
  }

  async start(params: StartParams, sink: EventSink): Promise<SessionSubscription> {
    const captured = capturedOf(params.sources);
    if (captured.length === 0) return await this.remote.start(params, sink);
    const sources = params.sources.map(({ source }) => ({ source, origin: { type: 'push' as const } }));
    const subscription = await this.remote.start({ ...params, sources }, (event) => {
      sink(event);
      if (event.kind === 'state' && (event.to === 'DONE' || event.to === 'FAILED')) this.drop(subscription.sessionId);
    });
    try {
      await this.send(subscription, captured);
    } catch (error) {
      await this.remote.request(SessionDelete, { sessionId: subscription.sessionId }).catch(() => undefined);
      throw error;
    }
    return subscription;
  }

  async request<M extends RequestType>(type: M, params: ParamsOf<M>, options?: { signal?: AbortSignal; timeoutMs?: number }): Promise<ResultOf<M>> {
    const ask = (): Promise<ResultOf<M>> => this.remote.request(type, params, options);
    const { sessionId } = params as { sessionId?: string };
    const sender = sessionId === undefined ? undefined : this.senders.get(sessionId);
    switch (type.method) {
      case AudioDevices.method:
        return await this.local.request(type, params, options);
      case DictationStart.method:
        return (await this.startDictation(params as ParamsOf<typeof DictationStart>, options)) as ResultOf<M>;
      case SessionPause.method:
        await sender?.pause();
        return await ask();
      case SessionResume.method: {
        const result = await ask();
        await sender?.start();
        return result;
      }
      case SessionStop.method:
        await sender?.end();
        return await ask();
      case DictationStop.method:
        await sender?.end();
        break;
      case DictationCancel.method:
      case SessionDelete.method:
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
    for (const sessionId of [...this.senders.keys()]) this.drop(sessionId);
    this.localConnection?.dispose();
    this.remote.dispose();
  }

  private get local(): Connection {
    return (this.localConnection ??= this.makeLocal());
  }

  private async startDictation(params: ParamsOf<typeof DictationStart>, options: { signal?: AbortSignal; timeoutMs?: number } | undefined): Promise<ResultOf<typeof DictationStart>> {
    const origin = params.origin ?? { type: 'capture' };
    const result = await this.remote.request(DictationStart, { ...params, origin: { type: 'push' } }, options);
    if (origin.type !== 'capture') return result;
    try {
      await this.send(await this.remote.attach(result.sessionId, 0, () => undefined), [{ source: 'mic', origin }]);
    } catch (error) {
      await this.remote.request(DictationCancel, result).catch(() => undefined);
      throw error;
    }
    return result;
  }

  private async send(subscription: SessionSubscription, captured: readonly Captured[]): Promise<void> {
    const sender = new Sender(this.remote, this.local, subscription, captured);
    this.senders.set(subscription.sessionId, sender);
    try {
      await sender.start();
    } catch (error) {
      this.drop(subscription.sessionId);
      throw error;
    }
  }

  private drop(sessionId: string): void {
    this.senders.get(sessionId)?.dispose();
    this.senders.delete(sessionId);
  }
}

function capturedOf(sources: readonly SourceSpec[]): readonly Captured[] {
  return sources.flatMap(({ source, origin }) => (origin.type === 'capture' && isRecorded(source) ? [{ source, origin }] : []));
}

function isRecorded(source: SourceName): source is 'mic' | 'system' {
  return source !== 'file';
}

/** What fails or takes too long is not waited for: the request that follows says what is wrong. */
async function inTime(work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([work.catch(() => undefined), new Promise((resolve) => (timer = setTimeout(resolve, LAST_SOUND_MS)))]);
  clearTimeout(timer);
}
