/**
 * A connection to the local daemon that reconnects, with longer waits after every failure. It
 * starts the daemon if necessary, attaches followed sessions again and keeps notification
 * listeners.
 */
import { randomUUID } from 'node:crypto';
import { Emitter } from 'vscode-jsonrpc/node';
import { EarmarkError, isEarmarkError } from '../../protocol/errors';
import type { NotificationType, ParamsOf, RequestType, ResultOf } from '../../protocol/method';
import { SessionEventNotification, SessionStart, type SessionEvent } from '../../protocol/session';
import type {
  Connection,
  ConnectionState,
  ConnectOptions,
  DaemonClient,
  Disposable,
  EventSink,
  SessionSubscription,
  StartParams,
} from '../api';
import { ensureDaemon } from '../local/ensureDaemon';
import { hasUploads } from '../remote/leftUploads';
import { timingOf } from '../remote/remote';
import { RemoteConnection } from '../remote/remoteConnection';
import { Subscription } from '../sessionSubscription';
import { closedHere } from '../errors';

/** Milliseconds before the first, second, … attempt after a loss; the last one repeats. */
const BACKOFF_MS = [100, 250, 500, 1_000, 2_000, 5_000, 10_000] as const;
/**
 * Losses in the window after which a daemon counts as broken. Without the limit, restarts would go
 * on for ever.
 */
const LOSS_BUDGET = { count: 5, windowMs: 180_000 } as const;
const CONNECT_TIMEOUT_MS = 20_000;
/** Time limit of a session start, which may load a model. */
const START_TIMEOUT_MS = 180_000;
/** Limit of events held for sessions whose start is not answered yet. */
const HELD_MAX = 10_000;

export function createConnection(options: ConnectOptions): Connection {
  const { remote, ...here } = options;
  if (!remote) return new ManagedConnection(options);
  return new RemoteConnection(new ManagedConnection(options), {
    name: new URL(remote.url).host,
    makeLocal: () => new ManagedConnection(here),
    hasUploads: () => hasUploads(options.stateDir),
    maxFrames: remote.maxFrames,
  });
}

class ManagedConnection implements Connection {
  private current: ConnectionState = { kind: 'connecting', attempt: 0 };
  private readonly stateEmitter = new Emitter<{ from: ConnectionState; to: ConnectionState }>();
  private readonly invalidEmitter = new Emitter<EarmarkError>();
  private readonly listeners = new Set<{
    readonly type: NotificationType;
    readonly call: (params: unknown) => void;
    current: Disposable | undefined;
  }>();
  private readonly subscriptions = new Set<Subscription>();
  private readonly lossTimes: number[] = [];
  private readonly abort = new AbortController();
  private startsPending = 0;
  private held: { readonly sessionId: string; readonly event: SessionEvent }[] = [];
  private timer: NodeJS.Timeout | undefined;

  readonly onDidChangeState = this.stateEmitter.event;
  readonly onDidReceiveInvalid = this.invalidEmitter.event;

  constructor(private readonly options: ConnectOptions) {
    void this.connect(0);
  }

  get state(): ConnectionState {
    return this.current;
  }

  async whenConnected(timeoutMs: number = CONNECT_TIMEOUT_MS): Promise<DaemonClient> {
    const done = (state: ConnectionState): DaemonClient | EarmarkError | undefined => {
      if (state.kind === 'connected') return state.client;
      if (state.kind === 'failed') return state.error;
      return state.kind === 'closed' ? closedHere() : undefined;
    };
    const now = done(this.current);
    if (now instanceof EarmarkError) throw now;
    if (now) return now;
    return await new Promise((resolve, reject) => {
      const stop = (result: DaemonClient | EarmarkError) => {
        clearTimeout(timer);
        listener.dispose();
        if (result instanceof EarmarkError) reject(result);
        else resolve(result);
      };
      const timer = setTimeout(() => {
        const { current } = this;
        stop(
          current.kind === 'waiting'
            ? current.error
            : new EarmarkError(
                'rpc.timeout',
                'Could not reach the Earmark daemon in time; run "earmark doctor" to see why.',
              ),
        );
      }, timeoutMs);
      const listener = this.onDidChangeState(({ to }) => {
        const result = done(to);
        if (result) stop(result);
      });
    });
  }

  retry(): void {
    if (this.current.kind !== 'failed' && this.current.kind !== 'waiting') return;
    clearTimeout(this.timer);
    this.lossTimes.length = 0;
    void this.connect(0);
  }

  async request<M extends RequestType>(
    type: M,
    params: ParamsOf<M>,
    options?: { signal?: AbortSignal; timeoutMs?: number },
  ): Promise<ResultOf<M>> {
    const client = await this.whenConnected();
    return await client.request(type, params, options);
  }

  onNotification<M extends NotificationType>(
    type: M,
    listener: (params: ParamsOf<M>) => void,
  ): Disposable {
    const entry = {
      type,
      call: listener as (params: unknown) => void,
      current: undefined as Disposable | undefined,
    };
    this.listeners.add(entry);
    if (this.current.kind === 'connected')
      entry.current = this.current.client.onNotification(type, listener);
    return {
      dispose: () => {
        this.listeners.delete(entry);
        entry.current?.dispose();
      },
    };
  }

  async start(params: StartParams, sink: EventSink): Promise<SessionSubscription> {
    const withKey = { ...params, key: params.key ?? randomUUID() };
    this.startsPending++;
    try {
      for (let attempt = 0; ; attempt++) {
        const client = await this.whenConnected();
        try {
          const { session } = await client.request(SessionStart, withKey, {
            timeoutMs: START_TIMEOUT_MS,
          });
          const subscription = this.follow(
            new Subscription(session.id, session, 0, sink, (s) => this.subscriptions.delete(s)),
          );
          // A repeated call finds the session under its key; the first events went to the lost
          // connection.
          if (attempt > 0) await subscription.attach(client);
          else this.handToSubscription(subscription, client);
          return subscription;
        } catch (error) {
          if (
            !isEarmarkError(error, 'rpc.disconnected') ||
            attempt >= 3 ||
            this.abort.signal.aborted
          )
            throw error;
        }
      }
    } finally {
      if (--this.startsPending === 0) this.held = [];
    }
  }

  async attach(sessionId: string, afterSeq: number, sink: EventSink): Promise<SessionSubscription> {
    const subscription = this.follow(
      new Subscription(sessionId, undefined, afterSeq, sink, (s) => this.subscriptions.delete(s)),
    );
    for (let attempt = 0; ; attempt++) {
      await subscription.attach(await this.whenConnected());
      if (subscription.known) return subscription;
      // The connection was lost in between; the next connection attaches by itself, and this call
      // waits for it.
      if (attempt >= 3 || this.abort.signal.aborted) {
        subscription.dispose();
        throw new EarmarkError(
          'rpc.disconnected',
          'The connection to the Earmark daemon was lost; try again.',
        );
      }
    }
  }

  dispose(): void {
    if (this.current.kind === 'closed') return;
    clearTimeout(this.timer);
    const client = this.current.kind === 'connected' ? this.current.client : undefined;
    this.setState({ kind: 'closed' });
    this.abort.abort();
    client?.dispose();
    for (const subscription of [...this.subscriptions]) subscription.dispose();
    this.listeners.clear();
    this.stateEmitter.dispose();
    this.invalidEmitter.dispose();
  }

  private follow(subscription: Subscription): Subscription {
    this.subscriptions.add(subscription);
    return subscription;
  }

  /** Passes to a new session the events that arrived before the answer. */
  private handToSubscription(subscription: Subscription, client: DaemonClient): void {
    subscription.attachedBy(client);
    const mine = this.held.filter((h) => h.sessionId === subscription.sessionId);
    this.held = this.held.filter((h) => h.sessionId !== subscription.sessionId);
    for (const { event } of mine) subscription.handle(client, event);
  }

  private setState(to: ConnectionState): void {
    const from = this.current;
    this.current = to;
    this.stateEmitter.fire({ from, to });
  }

  private async connect(attempt: number): Promise<void> {
    this.setState({ kind: 'connecting', attempt });
    let client: DaemonClient;
    try {
      client = await ensureDaemon({ ...this.options, signal: this.abort.signal });
    } catch (error) {
      this.lost(error, attempt + 1);
      return;
    }
    if (this.state.kind === 'closed') return client.dispose();
    client.onDidReceiveInvalid((error) => this.invalidEmitter.fire(error));
    client.onNotification(SessionEventNotification, ({ sessionId, event }) =>
      this.route(client, sessionId, event),
    );
    for (const entry of this.listeners)
      entry.current = client.onNotification(entry.type, entry.call);
    client.onDidClose((error) => this.clientClosed(error));
    this.setState({ kind: 'connected', client });
    for (const subscription of [...this.subscriptions])
      void subscription.attach(client).catch(() => undefined);
  }

  private route(client: DaemonClient, sessionId: string, event: SessionEvent): void {
    let known = false;
    for (const subscription of [...this.subscriptions]) {
      if (subscription.sessionId !== sessionId) continue;
      known = true;
      subscription.handle(client, event);
    }
    if (!known && this.startsPending > 0 && this.held.length < HELD_MAX)
      this.held.push({ sessionId, event });
  }

  private clientClosed(error: EarmarkError): void {
    if (this.current.kind === 'closed') return;
    this.held = [];
    for (const subscription of this.subscriptions) subscription.disconnected();
    const now = Date.now();
    this.lossTimes.push(now);
    while (this.lossTimes.length > 0 && now - this.lossTimes[0]! > LOSS_BUDGET.windowMs)
      this.lossTimes.shift();
    // A network may be unstable; a local daemon that is lost this often is broken.
    if (!this.options.remote && this.lossTimes.length > LOSS_BUDGET.count) {
      this.setState({
        kind: 'failed',
        error: new EarmarkError(
          'rpc.disconnected',
          'The Earmark daemon keeps stopping. Run "earmark daemon logs" to see why, then ' +
            'try again.',
          { cause: error },
        ),
      });
      return;
    }
    // A token function may return a new token for the next connection. A refused old token ends the
    // connection.
    if (error.code === 'rpc.expired' && typeof this.options.remote?.token === 'function')
      void this.connect(0);
    else this.lost(error, 0);
  }

  private backoff(attempt: number): number {
    const { remote } = this.options;
    if (!remote) return BACKOFF_MS[Math.min(attempt, BACKOFF_MS.length - 1)] ?? 10_000;
    // Many clients may lose a daemon at once. Half of each wait is random, so that they do not all
    // reconnect at once.
    const { backoffMinMs, backoffMaxMs } = timingOf(remote);
    return (
      Math.min(backoffMaxMs, backoffMinMs * 2 ** Math.min(attempt, 20)) * (0.5 + Math.random() / 2)
    );
  }

  private lost(cause: unknown, attempt: number): void {
    if (this.current.kind === 'closed') return;
    const error = isEarmarkError(cause)
      ? cause
      : new EarmarkError('internal', 'Could not connect to the Earmark daemon; try again.', {
          cause,
        });
    if (error.retry !== 'later') {
      this.setState({ kind: 'failed', error });
      return;
    }
    const ms = Math.max(error.retryAfterMs ?? 0, this.backoff(attempt));
    this.setState({ kind: 'waiting', attempt, retryAt: Date.now() + ms, error });
    this.timer = setTimeout(() => void this.connect(attempt), ms);
  }
}
