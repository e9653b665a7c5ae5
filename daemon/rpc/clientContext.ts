/**
 * State of a connection: its identity and the sessions that it follows. All resources are released
 * when the connection closes.
 */
import { type Disposable, DisposableStore } from '../base/disposable';
import type { Peer } from '../base/peer';
import type { SymbolSpeller } from '../dictation/respell';
import type { SourceName } from '../../protocol/audio';
import type { NotificationType, ParamsOf } from '../../protocol/method';

export interface Greeting {
  readonly name: string;
  readonly version: string;
  readonly window: boolean;
}

export type ClientState =
  | { readonly kind: 'new' }
  | { readonly kind: 'greeted'; readonly greeting: Greeting }
  /** A client that is newer by a major version. It may only ask this daemon to stop. */
  | { readonly kind: 'newer'; readonly greeting: Greeting }
  | { readonly kind: 'gone' };

export class ClientContext implements Disposable {
  private current: ClientState = { kind: 'new' };
  private readonly attachments = new Map<string, Disposable>();
  /** Sessions to which it pushes audio; it receives their acknowledgements. */
  readonly pushing = new Set<string>();
  /** Sources by channel number in its binary messages, from 1. */
  readonly channels: { readonly sessionId: string; readonly source: SourceName }[] = [];
  /**
   * Dictations of this client; they end with the connection. Each has a speller once its symbols
   * are known.
   */
  readonly dictations = new Map<string, Promise<SymbolSpeller | undefined>>();
  /** Disposed when the connection closes. */
  readonly disposables = new DisposableStore();
  private readonly ending = new AbortController();

  constructor(
    readonly peer: Peer,
    private readonly onDidChangeState: (
      client: ClientContext,
      from: ClientState,
      to: ClientState,
    ) => void,
  ) {}

  get state(): ClientState {
    return this.current;
  }

  /** Aborts when the connection closes: nobody waits for the rest of the work. */
  get ended(): AbortSignal {
    return this.ending.signal;
  }

  setState(to: ClientState): void {
    const from = this.current;
    this.current = to;
    this.onDidChangeState(this, from, to);
  }

  notify<M extends NotificationType>(type: M, params: ParamsOf<M>): void {
    if (this.current.kind !== 'gone') this.peer.notify(type.method, params as object);
  }

  /** Replaces an attachment to the same session. */
  setAttachment(sessionId: string, attachment: Disposable): void {
    this.attachments.get(sessionId)?.dispose();
    if (this.current.kind === 'gone') return attachment.dispose();
    this.attachments.set(sessionId, attachment);
  }

  /** Returns true if the client is attached to the session or pushes audio to it. */
  follows(sessionId: string): boolean {
    return this.attachments.has(sessionId) || this.pushing.has(sessionId);
  }

  detach(sessionId: string): void {
    this.attachments.get(sessionId)?.dispose();
    this.attachments.delete(sessionId);
  }

  dispose(): void {
    if (this.current.kind === 'gone') return;
    this.setState({ kind: 'gone' });
    this.ending.abort();
    for (const sessionId of [...this.attachments.keys()]) this.detach(sessionId);
    this.disposables.dispose();
  }
}
