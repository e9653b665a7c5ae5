/**
 * Follows one session across reconnects: `session/attach` with the last event number, then every
 * durable event once, in order (`session/event`).
 */
import { Emitter } from 'vscode-jsonrpc/node';
import type { SourceName } from '../protocol/audio';
import { EarmarkError, isEarmarkError } from '../protocol/errors';
import {
  SessionAttach,
  SessionDetach,
  type SessionEvent,
  type SessionInfo,
} from '../protocol/session';
import type { DaemonClient, EventSink, SessionSubscription } from './api';

/** Used if the daemon does not give a retry time. */
const AGAIN_MS = 1_000;

type State =
  /** No connection, or not yet attached on this connection. */
  | { readonly kind: 'detached' }
  | { readonly kind: 'attaching'; readonly client: DaemonClient }
  | { readonly kind: 'attached'; readonly client: DaemonClient }
  | { readonly kind: 'over' };

export class Subscription implements SessionSubscription {
  private state: State = { kind: 'detached' };
  private seq: number;
  private again: NodeJS.Timeout | undefined;
  private readonly attachEmitter = new Emitter<SessionInfo>();
  private readonly loseEmitter = new Emitter<EarmarkError>();
  readonly onDidAttach = this.attachEmitter.event;
  readonly onDidLose = this.loseEmitter.event;
  nextFrames: ReadonlyMap<SourceName, number> = new Map();
  /** Local time of the session's start, in milliseconds. */
  private zeroMs: number | undefined;

  constructor(
    readonly sessionId: string,
    private info: SessionInfo | undefined,
    afterSeq: number,
    private readonly sink: EventSink,
    private readonly forget: (subscription: Subscription) => void,
  ) {
    this.seq = afterSeq;
  }

  get session(): SessionInfo {
    if (!this.info) throw new Error('The session is not attached yet.');
    return this.info;
  }

  get sessionMs(): number {
    return this.zeroMs === undefined ? 0 : Math.max(0, performance.now() - this.zeroMs);
  }

  /** True after the daemon has sent the session. */
  get known(): boolean {
    return this.info !== undefined;
  }

  get lastSeq(): number {
    return this.seq;
  }

  /** The daemon has already attached this client, as `session/start` does. */
  attachedBy(client: DaemonClient): void {
    if (this.state.kind === 'over') return;
    this.state = { kind: 'attached', client };
    this.setClock(client);
  }

  disconnected(): void {
    clearTimeout(this.again);
    if (this.state.kind !== 'over') this.state = { kind: 'detached' };
  }

  /**
   * @throws EarmarkError of the attach. A lost connection is no error: the next connection attaches
   * again
   */
  async attach(client: DaemonClient): Promise<void> {
    if (this.state.kind === 'over') return;
    const state: State = { kind: 'attaching', client };
    this.state = state;
    try {
      const { session, sources } = await client.request(SessionAttach, {
        sessionId: this.sessionId,
        afterSeq: this.seq,
      });
      if (this.state !== state) return;
      this.info = session;
      this.nextFrames = new Map(sources.map((s) => [s.source, s.nextSeq]));
      this.state = { kind: 'attached', client };
      this.setClock(client);
      this.attachEmitter.fire(session);
    } catch (error) {
      if (this.state !== state) return;
      this.state = { kind: 'detached' };
      const known = isEarmarkError(error)
        ? error
        : new EarmarkError('internal', 'Could not attach to the session; try again.', {
            cause: error,
          });
      if (known.retry === 'later') return this.attachLater(client, known.retryAfterMs ?? AGAIN_MS);
      this.lose(known);
      throw known;
    }
  }

  handle(client: DaemonClient, event: SessionEvent): void {
    // Replayed events come before the answer to the attach, so both states take them.
    if (
      (this.state.kind !== 'attached' && this.state.kind !== 'attaching') ||
      this.state.client !== client
    )
      return;
    if ('seq' in event) {
      if (event.seq <= this.seq) return;
      if (event.seq > this.seq + 1) {
        // An event is missing. Attaching again after the last good event closes the gap; events
        // until then are repeats.
        if (this.state.kind === 'attached') void this.attach(client).catch(() => undefined);
        return;
      }
      this.seq = event.seq;
    }
    this.sink(event);
  }

  dispose(): void {
    const { state } = this;
    if (state.kind === 'over') return;
    this.end();
    if (state.kind === 'attached' && !state.client.closed)
      void state.client
        .request(SessionDetach, { sessionId: this.sessionId })
        .catch(() => undefined);
  }

  /** The first answer sets the clock: it must not jump while a recording goes on. */
  private setClock({ roundTripMs = 0 }: DaemonClient): void {
    const clockMs = this.info?.clockMs;
    if (clockMs !== undefined) this.zeroMs ??= performance.now() - clockMs - roundTripMs / 2;
  }

  /** Attaches later: a session that moves to another server of a team is soon available there. */
  private attachLater(client: DaemonClient, ms: number): void {
    clearTimeout(this.again);
    this.again = setTimeout(() => {
      if (this.state.kind === 'detached' && !client.closed)
        void this.attach(client).catch(() => undefined);
    }, ms).unref();
  }

  private lose(error: EarmarkError): void {
    this.state = { kind: 'over' };
    this.forget(this);
    this.loseEmitter.fire(error);
    this.end();
  }

  private end(): void {
    this.state = { kind: 'over' };
    clearTimeout(this.again);
    this.forget(this);
    this.attachEmitter.dispose();
    this.loseEmitter.dispose();
  }
}
