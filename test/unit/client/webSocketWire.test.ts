import { deepEqual, equal } from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Message } from 'vscode-jsonrpc/node';
import type WebSocket from 'ws';
import { CLIENT_LIMITS } from '../../../client/wire/socketWire';
import { type WebSocketHooks, webSocketWire } from '../../../client/wire/webSocketWire';
import type { Wire } from '../../../client/wire/wire';

const DEAD_MS = 40;

/** A socket that stands, whatever the other side does. */
class StandingSocket extends EventEmitter {
  readonly OPEN = 1;
  readonly readyState = 1;
  readonly bufferedAmount = 0;
  readonly isPaused = false;
  terminated = false;
  ping(): void {}
  send(): void {}
  terminate(): void {
    this.terminated = true;
  }
}

describe('the other end of a WebSocket that stands still', () => {
  async function deadAfter(
    socket: StandingSocket,
    act: (wire: Wire) => Promise<void>,
    hooks: WebSocketHooks = {},
  ): Promise<boolean> {
    const wire = webSocketWire(
      socket as unknown as WebSocket,
      { ...CLIENT_LIMITS, keepaliveMs: 10_000, deadMs: 20_000, answerDeadMs: DEAD_MS },
      hooks,
    );
    try {
      await act(wire);
      return socket.terminated;
    } finally {
      wire.destroy();
    }
  }
  const audio = (wire: Wire): void => wire.audio?.send(new Uint8Array(20));
  const ask = (wire: Wire, id: number): void =>
    void wire.writer
      .write({ jsonrpc: '2.0', id, method: 'session/start' } as Message)
      .catch(() => undefined);
  const answer = (socket: StandingSocket, id: number | string): void =>
    void socket.emit(
      'message',
      Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, result: {} })),
      false,
    );
  const long = (): Promise<void> => delay(4 * DEAD_MS);

  it('is noticed soon where audio was sent, answered or not, for its text is awaited, and only there', async () => {
    const [silent, answered, idle, awake] = [
      new StandingSocket(),
      new StandingSocket(),
      new StandingSocket(),
      new StandingSocket(),
    ];
    awake.ping = () => void setImmediate(() => awake.emit('pong'));
    deepEqual(
      await Promise.all([
        deadAfter(silent, (wire) => (audio(wire), long())),
        deadAfter(answered, (wire) => (audio(wire), answer(answered, 'audio/0'), long())),
        deadAfter(idle, long),
        deadAfter(awake, (wire) => (audio(wire), answer(awake, 'audio/0'), long())),
      ]),
      [true, true, false, false],
    );
  });

  it('is noticed as soon where a request waits, also when something else was heard since', async () => {
    const [silent, answered, reported, noted] = [
      new StandingSocket(),
      new StandingSocket(),
      new StandingSocket(),
      new StandingSocket(),
    ];
    deepEqual(
      await Promise.all([
        deadAfter(silent, (wire) => (ask(wire, 1), long())),
        deadAfter(answered, (wire) => (ask(wire, 1), answer(answered, 1), long())),
        // Its event came, and then nothing more.
        deadAfter(
          reported,
          (wire) => (
            ask(wire, 1),
            reported.emit(
              'message',
              Buffer.from('{"jsonrpc":"2.0","method":"session/event"}'),
              false,
            ),
            long()
          ),
        ),
        // Nobody answers a notification.
        deadAfter(
          noted,
          (wire) => (
            void wire.writer.write({ jsonrpc: '2.0', method: 'session/looked' } as Message),
            long()
          ),
        ),
      ]),
      [true, false, true, false],
    );
  });

  it('is noticed however often it is asked meanwhile', async () => {
    const socket = new StandingSocket();
    equal(
      await deadAfter(socket, async (wire) => {
        for (let id = 0; id < 12; id++) {
          ask(wire, id);
          await delay(DEAD_MS / 4);
        }
      }),
      true,
    );
  });

  it('is not taken for dead while it answers pings, or while a long answer comes', async () => {
    const [slow, big] = [new StandingSocket(), new StandingSocket()];
    slow.ping = () => void setImmediate(() => slow.emit('pong'));
    let bytes = 0;
    const coming = setInterval(() => (bytes += 1_000), DEAD_MS / 8);
    deepEqual(
      await Promise.all([
        deadAfter(slow, (wire) => (ask(wire, 1), long())),
        deadAfter(big, (wire) => (ask(wire, 1), long()), { bytesRead: () => bytes }),
      ]),
      [false, false],
    );
    clearInterval(coming);
  });

  it('is given the time that a long request takes on a link that carries speech', async () => {
    const socket = new StandingSocket();
    const megabyte = {
      jsonrpc: '2.0',
      id: 1,
      method: 'session/start',
      params: { text: 'x'.repeat(1_000_000) },
    } as Message;
    equal(await deadAfter(socket, (wire) => (void wire.writer.write(megabyte), long())), false);
  });
});
