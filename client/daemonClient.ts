/** A typed client over one admitted connection. Validates requests and notifications on arrival. */
import {
  AbstractMessageWriter,
  CancellationTokenSource,
  createMessageConnection,
  Emitter,
  ErrorCodes,
  ResponseError,
  type Message,
  type MessageConnection,
  type MessageWriter,
} from 'vscode-jsonrpc/node';
import { EarmarkError } from '../protocol/errors';
import { DaemonHello } from '../protocol/health';
import type { NotificationType, ParamsOf, RequestType, ResultOf } from '../protocol/method';
import { AudioOpen, AudioPush, type SourceName } from '../protocol/audio';
import { AUDIO_ANSWER_PREFIX, encodeAudio } from '../protocol/remote';
import { PROTOCOL_VERSION, type Negotiation, type ProtocolVersion } from '../protocol/version';
import type { ClientInfo, DaemonClient, Disposable } from './api';
import type { AudioWire, Wire } from './wire/wire';
import { closedHere } from './errors';

/** Milliseconds; the time limit of a request without its own limit. */
const REQUEST_TIMEOUT_MS = 120_000;

type NotificationListeners = {
  readonly type: NotificationType;
  readonly calls: Set<(params: unknown) => void>;
};

export class WireClient implements DaemonClient {
  daemon: DaemonClient['daemon'] = { version: '', pid: 0, protocol: PROTOCOL_VERSION };
  private readonly connection: MessageConnection;
  private readonly listeners = new Map<string, NotificationListeners>();
  private readonly invalid = new Emitter<EarmarkError>();
  private readonly close = new Emitter<EarmarkError>();
  private closeReason: EarmarkError | undefined;
  /** Binary audio messages without their answer, by number. */
  private readonly audioPending = new Map<
    number,
    { resolve: (answer: unknown) => void; reject: (error: EarmarkError) => void }
  >();
  private readonly channels = new Map<string, number>();
  private audioId = 0;
  /** Receives the write error of the request in progress. */
  private unsent: ((error: unknown) => void) | undefined;

  readonly onDidReceiveInvalid = this.invalid.event;
  readonly onDidClose = this.close.event;

  /** @param trip round-trip time of the last ping, if the wire pings */
  constructor(
    private readonly wire: Wire,
    private readonly trip: () => number | undefined = () => undefined,
  ) {
    const quiet = {
      error: () => undefined,
      warn: () => undefined,
      info: () => undefined,
      log: () => undefined,
    };
    // vscode-jsonrpc also rethrows a failed write as an unhandled rejection, which would end the
    // process.
    const writer = new SafeWriter(wire.writer, () => this.unsent);
    this.connection = createMessageConnection(wire.reader, writer, quiet, {
      messageStrategy: {
        handleMessage: (message, next) => {
          wire.dispatched(message);
          if (!this.hearAudioAnswer(message)) next(message);
        },
      },
    });
    wire.onRefused((error) => this.end(error));
    this.connection.onClose(() => this.end(undefined));
    this.connection.onNotification((method: string, params: unknown) =>
      this.receive(method, params),
    );
    this.connection.listen();
  }

  get roundTripMs(): number | undefined {
    return this.trip();
  }

  get closed(): boolean {
    return this.closeReason !== undefined;
  }

  /** First request of every connection. @throws EarmarkError rpc.versionMismatch */
  async hello(
    client: ClientInfo,
    protocol: ProtocolVersion,
    timeoutMs: number,
  ): Promise<Negotiation> {
    const { negotiation, ...daemon } = await this.request(
      DaemonHello,
      {
        protocol: { ...protocol },
        client: client.name,
        clientVersion: client.version,
        ...(client.window === undefined ? {} : { window: client.window }),
      },
      { timeoutMs },
    );
    this.daemon = daemon;
    return negotiation;
  }

  async request<M extends RequestType>(
    type: M,
    params: ParamsOf<M>,
    options: { signal?: AbortSignal; timeoutMs?: number } = {},
  ): Promise<ResultOf<M>> {
    if (this.closeReason) throw this.closeReason;
    const { signal, timeoutMs = REQUEST_TIMEOUT_MS } = options;
    const cancelled = () => new EarmarkError('rpc.cancelled', 'The request was cancelled.');
    if (signal?.aborted) throw cancelled();
    const source = new CancellationTokenSource();
    const abort = () => source.cancel();
    let timer: NodeJS.Timeout | undefined;
    try {
      const unsent = new Promise<never>((_, reject) => (this.unsent = reject));
      unsent.catch(() => undefined);
      // The message is written synchronously in this call.
      const answer = this.connection.sendRequest<unknown>(
        type.method,
        params as object,
        source.token,
      );
      answer.catch(() => undefined);
      this.unsent = undefined;
      const limit = new Promise<never>((_, reject) => {
        signal?.addEventListener('abort', () => reject(cancelled()), { once: true });
        timer = setTimeout(
          () =>
            reject(
              new EarmarkError(
                'rpc.timeout',
                `The Earmark daemon did not answer "${type.method}" within ${Math.round(timeoutMs / 1000)} ` +
                  's. Try again, or restart it with "earmark daemon stop".',
              ),
            ),
          timeoutMs,
        );
      });
      signal?.addEventListener('abort', abort, { once: true });
      const result = type.result.safeParse(await Promise.race([answer, limit, unsent]));
      if (result.success) return result.data as ResultOf<M>;
      throw this.tellInvalid(
        `The daemon's answer to "${type.method}" does not match the protocol; update ` +
          'Earmark on both sides.',
      );
    } catch (error) {
      const known = this.asError(error);
      if (known.code === 'rpc.timeout') source.cancel();
      throw known;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      source.dispose();
    }
  }

  onNotification<M extends NotificationType>(
    type: M,
    listener: (params: ParamsOf<M>) => void,
  ): Disposable {
    let entry = this.listeners.get(type.method);
    if (!entry) this.listeners.set(type.method, (entry = { type, calls: new Set() }));
    const call = listener as (params: unknown) => void;
    const { calls } = entry;
    calls.add(call);
    return { dispose: () => void calls.delete(call) };
  }

  async pushAudio(
    sessionId: string,
    source: SourceName,
    seq: number,
    captureMs: number,
    pcm: Uint8Array,
  ): Promise<{ readonly ackSeq: number }> {
    const { audio } = this.wire;
    if (!audio)
      return await this.request(AudioPush, {
        sessionId,
        source,
        seq,
        captureMs,
        pcm: Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength).toString('base64'),
      });
    const name = `${source} ${sessionId}`;
    let channel = this.channels.get(name);
    if (channel === undefined)
      this.channels.set(
        name,
        (channel = (await this.request(AudioOpen, { sessionId, source })).channel),
      );
    const answer = await this.sendAudio(audio, channel, seq, captureMs, pcm);
    const result = AudioPush.result.safeParse(answer);
    if (result.success) return result.data;
    throw this.tellInvalid(
      "The daemon's answer to an audio message does not match the protocol; update " +
        'Earmark on both sides.',
    );
  }

  dispose(): void {
    this.end(closedHere());
  }

  private receive(method: string, params: unknown): void {
    const entry = this.listeners.get(method);
    if (!entry || entry.calls.size === 0) return;
    const parsed = entry.type.params.safeParse(params);
    if (!parsed.success) {
      this.tellInvalid(
        `A "${method}" message from the daemon does not match the protocol; update ` +
          'Earmark on both sides.',
      );
      return;
    }
    for (const call of [...entry.calls]) call(parsed.data);
  }

  private async sendAudio(
    audio: AudioWire,
    channel: number,
    seq: number,
    captureMs: number,
    pcm: Uint8Array,
  ): Promise<unknown> {
    if (this.closeReason) throw this.closeReason;
    const id = (this.audioId = (this.audioId + 1) >>> 0);
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<unknown>((resolve, reject) => {
        this.audioPending.set(id, { resolve, reject });
        timer = setTimeout(
          () =>
            reject(
              new EarmarkError(
                'rpc.timeout',
                'The Earmark daemon did not accept the audio in time. It is being sent again.',
              ),
            ),
          REQUEST_TIMEOUT_MS,
        );
        audio.send(encodeAudio({ channel, id, seq, captureMs }, pcm));
      });
    } finally {
      clearTimeout(timer);
      this.audioPending.delete(id);
    }
  }

  /** Returns true if the message answers binary audio. */
  private hearAudioAnswer(message: Message): boolean {
    const { id, result, error } = message as {
      id?: unknown;
      result?: unknown;
      error?: { message?: unknown; data?: unknown };
    };
    if (typeof id !== 'string' || !id.startsWith(AUDIO_ANSWER_PREFIX)) return false;
    const pending = this.audioPending.get(Number(id.slice(AUDIO_ANSWER_PREFIX.length)));
    if (error === undefined) pending?.resolve(result);
    else
      pending?.reject(
        EarmarkError.fromData(String(error.message), error.data) ??
          new EarmarkError(
            'internal',
            'The daemon returned an error that is not in the protocol; update Earmark on ' +
              'both sides.',
          ),
      );
    return true;
  }

  private tellInvalid(sentence: string): EarmarkError {
    const error = new EarmarkError('internal', sentence);
    this.invalid.fire(error);
    return error;
  }

  private asError(error: unknown): EarmarkError {
    if (error instanceof EarmarkError) return error;
    if (error instanceof ResponseError) {
      const known = EarmarkError.fromData(error.message, error.data);
      if (known) return known;
      if (
        error.code === ErrorCodes.PendingResponseRejected ||
        error.code === ErrorCodes.ConnectionInactive
      )
        return this.closeReason ?? disconnected();
      return new EarmarkError(
        'internal',
        'The daemon returned an error that is not in the protocol; update Earmark on ' +
          'both sides.',
      );
    }
    return this.closeReason ?? disconnected(error);
  }

  private end(reason: EarmarkError | undefined): void {
    if (this.closeReason) return;
    this.closeReason = this.wire.farewell ?? reason ?? disconnected();
    for (const { reject } of this.audioPending.values()) reject(this.closeReason);
    this.wire.destroy();
    this.connection.dispose();
    this.close.fire(this.closeReason);
    this.listeners.clear();
    this.close.dispose();
    this.invalid.dispose();
  }
}

function disconnected(cause?: unknown): EarmarkError {
  return new EarmarkError(
    'rpc.disconnected',
    'The connection to the Earmark daemon was lost; try again.',
    cause === undefined ? {} : { cause },
  );
}

/** Reports a failed write to its listener only. */
class SafeWriter extends AbstractMessageWriter implements MessageWriter {
  constructor(
    private readonly writer: MessageWriter,
    private readonly listener: () => ((error: unknown) => void) | undefined,
  ) {
    super();
  }

  write(message: Message): Promise<void> {
    const unsent = this.listener();
    return this.writer.write(message).catch((error: unknown) => unsent?.(error));
  }

  end(): void {
    this.writer.end();
  }
}
