/**
 * A WebSocket as a wire: one JSON-RPC object in each text message, audio in binary messages. `ws`
 * checks lengths in the frame header (`maxPayload`) before it stores the message. Both ends send
 * keepalives.
 */
import {
  AbstractMessageReader,
  AbstractMessageWriter,
  type DataCallback,
  type Disposable,
  Message,
  type MessageReader,
  type MessageWriter,
} from 'vscode-jsonrpc/node';
import type WebSocket from 'ws';
import { EarmarkError } from '../../protocol/errors';
import { CLOSINGS, closeCodeOf, type CloseCode } from '../../protocol/remote';
import { lastWordsOf, refusalMessage, type WireLimits } from './socketWire';
import type { AudioWire, Wire } from './wire';
import { STOPPED_READING, messageTooLarge } from '../errors';
import { isCounted, written } from './jsonRpc';

/** Limit of parsed messages that wait for dispatch; above it the socket is not read. */
const UNDISPATCHED_MAX = 256;
/**
 * Throughput of a link that carries speech (16,000 samples a second, 16 bits). It sets the time
 * that a long request may be in transit.
 */
const SPEECH_BYTES_PER_MS = 32;
/** Events are expected for this time after the last audio, even if all requests are answered. */
const AWAITED_MS = 30_000;
/** Time limit for the peer to answer a close. */
const LINGER_MS = 1_000;
/**
 * A refused message is not parsed. Its id is found at the front, where every client writes it, or
 * anywhere in a short message.
 */
const ID_AT_FRONT = /^\{"jsonrpc":"2\.0","id":(\d{1,15}|"[^"\\]{1,100}")[,}]/;
const FRONT_BYTES = 160;
const SHORT_BYTES = 4 * 1024;

export interface WebSocketLimits extends WireLimits {
  readonly keepaliveMs: number;
  readonly deadMs: number;
  /** Silence limit while an answer is expected. Absent: this end sends no requests. */
  readonly answerDeadMs?: number;
}

export interface WebSocketHooks {
  /**
   * Runs before a message is parsed, with its length in bytes. An error refuses the message and is
   * sent as its answer. Reading then pauses for the error's retry time.
   */
  readonly gate?: (bytes: number) => EarmarkError | undefined;
  /** Round-trip time of a ping, milliseconds. */
  readonly onRoundTrip?: (ms: number) => void;
  /** Called every `keepaliveMs`. */
  readonly onTick?: () => void;
  /** Total of received bytes: a long answer does not count as silence. */
  readonly bytesRead?: () => number;
}

export function webSocketWire(
  ws: WebSocket,
  limits: WebSocketLimits,
  hooks: WebSocketHooks = {},
): Wire {
  return new WebSocketWire(ws, limits, hooks);
}

class WebSocketWire implements Wire {
  readonly reader: Reader;
  readonly writer: MessageWriter;
  readonly audio: AudioWire;
  private audioListener: ((message: Uint8Array) => void) | undefined;
  private lastWords: EarmarkError | undefined;
  private closing: EarmarkError | undefined;
  private lastReceivedAt = 0;
  private pingedAt: number | undefined;
  /** Requests without their answer, by id. */
  private readonly asked = new Set<string | number>();
  /** Time of the last sent audio. */
  private lastAudioAt = -Infinity;
  /** Start of the wait for input; silence before it does not count. */
  private askedAt = 0;
  /** Received bytes at the last check. */
  private bytesRead = 0;
  private watching: NodeJS.Timeout | undefined;
  private readonly timer: NodeJS.Timeout;
  private dead = false;

  constructor(
    private readonly ws: WebSocket,
    private readonly limits: WebSocketLimits,
    private readonly hooks: WebSocketHooks,
  ) {
    // Registered before the reader's own listener, which reports the end.
    ws.on('close', (code, reason) => {
      clearInterval(this.timer);
      clearTimeout(this.watching);
      this.closing = closingError(code, reason.toString('utf8'));
    });
    this.reader = new Reader(ws);
    this.writer = new Writer(
      (message) => this.sendMessage(message),
      () => this.end(),
    );
    this.audio = {
      send: (message) => this.sendAudio(message),
      onMessage: (listener) => (this.audioListener = listener),
    };
    ws.on('message', (data: Buffer, isBinary: boolean) => this.take(data, isBinary));
    ws.on('pong', () => {
      this.noteReceived();
      if (this.pingedAt !== undefined)
        this.hooks.onRoundTrip?.(this.lastReceivedAt - this.pingedAt);
      this.pingedAt = undefined;
    });
    ws.on('ping', () => this.noteReceived());
    // The close code that follows gives the reason.
    ws.on('error', () => undefined);
    this.timer = setInterval(() => this.tick(), limits.keepaliveMs);
    this.noteReceived();
    this.ping();
  }

  get queuedBytes(): number {
    return this.ws.bufferedAmount;
  }

  dispatched(message: Message): void {
    this.reader.dispatched(message);
    this.lastWords ??= lastWordsOf(message);
  }

  onRefused(listener: (error: EarmarkError) => void): Disposable {
    return this.reader.onError((error) => error instanceof EarmarkError && listener(error));
  }

  onClosed(listener: () => void): void {
    this.ws.on('close', listener);
  }

  get farewell(): EarmarkError | undefined {
    return this.lastWords ?? this.closing;
  }

  end(reason?: EarmarkError): void {
    this.dead = true;
    if (this.ws.readyState !== this.ws.OPEN) return this.destroy();
    if (reason) this.send(JSON.stringify(refusalMessage(reason)));
    // A reason has at most 123 bytes (RFC 6455, section 5.5); the full sentence was sent before.
    this.ws.close(reason ? closeCodeOf(reason.code) : 1000, reason?.code ?? '');
    // The rest of an excessive input is not read.
    if (reason?.code === 'rpc.tooFast') this.ws.pause();
    const timer = setTimeout(() => this.destroy(), LINGER_MS);
    this.ws.once('close', () => clearTimeout(timer));
  }

  destroy(): void {
    clearInterval(this.timer);
    clearTimeout(this.watching);
    this.ws.terminate();
  }

  private tick(): void {
    this.hooks.onTick?.();
    if (performance.now() - this.lastReceivedAt > this.limits.deadMs) return this.destroy();
    this.ping();
  }

  private ping(): void {
    if (this.ws.readyState !== this.ws.OPEN || this.pingedAt !== undefined) return;
    this.pingedAt = performance.now();
    this.ws.ping();
  }

  private noteReceived(): void {
    this.lastReceivedAt = performance.now();
    this.bytesRead = this.hooks.bytesRead?.() ?? 0;
  }

  private get waits(): boolean {
    return this.asked.size > 0 || performance.now() - this.lastAudioAt < AWAITED_MS;
  }

  /** @param bytes size of the sent message, if it may take long to arrive */
  private expect(bytes = 0): void {
    if (this.limits.answerDeadMs === undefined) return;
    this.askedAt =
      (this.waits ? Math.max(this.askedAt, this.lastReceivedAt) : performance.now()) +
      bytes / SPEECH_BYTES_PER_MS;
    if (this.watching === undefined)
      this.watch(this.limits.answerDeadMs, this.limits.answerDeadMs / 2);
  }

  private watch(deadMs: number, inMs: number): void {
    // Input that arrived while this process was busy is read first.
    this.watching = setTimeout(() => setImmediate(() => this.look(deadMs)), inMs);
  }

  /** Detects a hung or dead peer, which closes nothing: the ping stays unanswered too. */
  private look(deadMs: number): void {
    this.watching = undefined;
    if (!this.waits || this.ws.readyState !== this.ws.OPEN) return;
    const bytesRead = this.hooks.bytesRead?.() ?? 0;
    if (bytesRead !== this.bytesRead)
      [this.lastReceivedAt, this.bytesRead] = [performance.now(), bytesRead];
    const silentMs = performance.now() - Math.max(this.lastReceivedAt, this.askedAt);
    if (silentMs >= deadMs) return this.destroy();
    if (silentMs >= deadMs / 2) this.ping();
    this.watch(deadMs, Math.max(1, (silentMs >= deadMs / 2 ? deadMs : deadMs / 2) - silentMs));
  }

  private take(data: Buffer, isBinary: boolean): void {
    this.noteReceived();
    if (this.dead) return;
    const refusal = this.hooks.gate?.(data.length);
    if (refusal) {
      if (this.dead) return;
      this.refuse(data, isBinary, refusal);
      return this.reader.hold(refusal.retryAfterMs ?? 0);
    }
    if (isBinary) return this.audioListener?.(data);
    const tooLong = this.limits.refusal?.(data);
    if (tooLong) {
      this.dead = true;
      return this.reader.refused(tooLong);
    }
    const message = parse(data);
    if (message) {
      if (Message.isResponse(message) && message.id !== null) this.asked.delete(message.id);
      return this.reader.deliver(message);
    }
    this.dead = true;
    this.reader.refused(new EarmarkError('rpc.parse', 'A message is not a JSON-RPC object.'));
  }

  /**
   * Answers the refused request with the error; a refused notification gets an error without id.
   */
  private refuse(data: Buffer, isBinary: boolean, error: EarmarkError): void {
    const id = isBinary ? (data.length >= 8 ? `audio/${data.readUInt32LE(4)}` : null) : idOf(data);
    this.writer.write({ ...refusalMessage(error), id } as never).catch(() => undefined);
  }

  private sendAudio(message: Uint8Array): void {
    this.send(message);
    if (!this.waits) this.expect();
    this.lastAudioAt = performance.now();
  }

  private sendMessage(message: Message): void {
    const text = JSON.stringify(message);
    this.send(text);
    if (!Message.isRequest(message) || message.id === null) return;
    this.expect(text.length);
    this.asked.add(message.id);
  }

  private send(data: string | Uint8Array): void {
    if (this.ws.readyState !== this.ws.OPEN)
      throw new EarmarkError('rpc.disconnected', 'The connection to the Earmark daemon is closed.');
    const bytes = typeof data === 'string' ? Buffer.byteLength(data) : data.length;
    if (bytes > this.limits.writeBytes) throw messageTooLarge(bytes, this.limits.writeBytes);
    if (this.ws.bufferedAmount + bytes > this.limits.queuedBytes) {
      this.destroy();
      throw new EarmarkError('rpc.disconnected', STOPPED_READING);
    }
    this.ws.send(data, { binary: typeof data !== 'string' });
  }
}

class Reader extends AbstractMessageReader implements MessageReader {
  private callback: DataCallback | undefined;
  private early: Message[] = [];
  private undispatched = 0;
  private closing = false;
  private held: NodeJS.Timeout | undefined;

  constructor(private readonly ws: WebSocket) {
    super();
    ws.on('close', () => {
      // Messages received before the end are dispatched before the end.
      this.closing = true;
      clearTimeout(this.held);
      if (this.undispatched === 0) this.fireClose();
    });
  }

  listen(callback: DataCallback): Disposable {
    this.callback = callback;
    for (const message of this.early.splice(0)) callback(message);
    return { dispose: () => (this.callback = undefined) };
  }

  deliver(message: Message): void {
    if (isCounted(message)) this.undispatched++;
    if (this.undispatched >= UNDISPATCHED_MAX) this.ws.pause();
    if (this.callback) this.callback(message);
    else this.early.push(message);
  }

  dispatched(message: Message): void {
    if (!isCounted(message)) return;
    this.undispatched--;
    if (this.closing && this.undispatched === 0) setImmediate(() => this.fireClose());
    this.readOn();
  }

  /** Pauses reading for `ms`; further input waits at the sender. */
  hold(ms: number): void {
    this.ws.pause();
    this.held ??= setTimeout(() => {
      this.held = undefined;
      this.readOn();
    }, ms);
  }

  private readOn(): void {
    if (this.held === undefined && this.undispatched < UNDISPATCHED_MAX / 2 && this.ws.isPaused)
      this.ws.resume();
  }

  refused(error: EarmarkError): void {
    this.fireError(error);
  }
}

class Writer extends AbstractMessageWriter implements MessageWriter {
  constructor(
    private readonly send: (message: Message) => void,
    private readonly close: () => void,
  ) {
    super();
  }

  /** @throws EarmarkError rpc.messageTooLarge, rpc.disconnected */
  write(message: Message): Promise<void> {
    return written((one) => this.send(one), message);
  }

  end(): void {
    this.close();
  }
}

function idOf(data: Buffer): string | number | null {
  const front = ID_AT_FRONT.exec(data.toString('latin1', 0, FRONT_BYTES))?.[1];
  if (front !== undefined) return JSON.parse(front) as string | number;
  return (
    (data.length <= SHORT_BYTES
      ? (parse(data) as { id?: string | number } | undefined)?.id
      : undefined) ?? null
  );
}

function parse(data: Buffer): Message | undefined {
  try {
    const value: unknown = JSON.parse(data.toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Message)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Error of a close code; undefined for an end without a reason, which is a lost connection. */
function closingError(code: number, reason: string): EarmarkError | undefined {
  if (!Object.hasOwn(CLOSINGS, code)) return undefined;
  const { error, doc } = CLOSINGS[code as CloseCode];
  return new EarmarkError(
    error,
    `The remote Earmark daemon closed the connection (${code}` +
      `${reason === '' ? '' : `, ${reason.slice(0, 100)}`}): ${doc}`,
  );
}
