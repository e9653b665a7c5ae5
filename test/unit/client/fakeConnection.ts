/** A connection whose daemon is a function of the test. */
import { Emitter } from 'vscode-jsonrpc/node';
import type {
  Connection,
  ConnectionState,
  DaemonClient,
  SessionSubscription,
} from '../../../client';
import { AudioPush, type AudioAck, type SourceName } from '../../../protocol/audio';
import { EarmarkError } from '../../../protocol/errors';
import type { NotificationType, ParamsOf, RequestType, ResultOf } from '../../../protocol/method';
import type { SessionInfo } from '../../../protocol/session';

export type Answer = (method: string, params: unknown) => unknown;

export class FakeConnection {
  state: ConnectionState;
  private readonly states = new Emitter<{ from: ConnectionState; to: ConnectionState }>();
  private readonly acks = new Set<(ack: ParamsOf<typeof AudioAck>) => void>();
  readonly asked: { method: string; params: Record<string, unknown> }[] = [];
  onDidChangeState = this.states.event;

  constructor(private readonly answer: Answer) {
    this.state = { kind: 'connected', client: this.client() };
  }

  get connection(): Connection {
    return this as unknown as Connection;
  }

  async request<M extends RequestType>(type: M, params: ParamsOf<M>): Promise<ResultOf<M>> {
    await Promise.resolve();
    if (this.state.kind !== 'connected') throw new EarmarkError('rpc.disconnected', 'Lost.');
    this.asked.push({ method: type.method, params: params as Record<string, unknown> });
    return (await this.answer(type.method, params)) as ResultOf<M>;
  }

  onNotification<M extends NotificationType>(_type: M, listener: (params: ParamsOf<M>) => void) {
    const call = listener as (ack: ParamsOf<typeof AudioAck>) => void;
    this.acks.add(call);
    return { dispose: () => void this.acks.delete(call) };
  }

  ack(ackSeq: number): void {
    for (const call of this.acks) call({ sessionId: 's', source: 'file', ackSeq });
  }

  lose(): void {
    this.set({
      kind: 'waiting',
      attempt: 0,
      retryAt: 0,
      error: new EarmarkError('rpc.disconnected', 'Lost.'),
    });
  }

  comeBack(): void {
    this.set({ kind: 'connected', client: this.client() });
  }

  giveUp(): void {
    this.set({
      kind: 'failed',
      error: new EarmarkError('daemon.startFailed', 'It does not start.'),
    });
  }

  private set(to: ConnectionState): void {
    const from = this.state;
    this.state = to;
    this.states.fire({ from, to });
  }

  private client(): DaemonClient {
    return {
      request: (type: RequestType, params: unknown) => this.request(type, params as never),
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
      closed: false,
    } as unknown as DaemonClient;
  }
}

export class FakeSession {
  readonly sessionId = 's';
  nextFrames = new Map<SourceName, number>();
  private readonly attach = new Emitter<SessionInfo>();
  private readonly loss = new Emitter<EarmarkError>();
  onDidAttach = this.attach.event;
  onDidLose = this.loss.event;

  get subscription(): SessionSubscription {
    return this as unknown as SessionSubscription;
  }

  attached(nextFrame: number): void {
    this.nextFrames = new Map([['file', nextFrame]]);
    this.attach.fire({} as SessionInfo);
  }

  lost(error: EarmarkError): void {
    this.loss.fire(error);
  }
}

export async function settle(): Promise<void> {
  for (let i = 0; i < 40; i++) await Promise.resolve();
}
