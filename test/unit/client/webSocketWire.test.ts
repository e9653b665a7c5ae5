import { deepEqual } from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type WebSocket from 'ws';
import { CLIENT_LIMITS } from '../../../client/socketWire';
import { webSocketWire } from '../../../client/webSocketWire';

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
  async function deadAfter(socket: StandingSocket, act: (send: () => void) => Promise<void>): Promise<boolean> {
    const wire = webSocketWire(socket as unknown as WebSocket, { ...CLIENT_LIMITS, keepaliveMs: 10_000, deadMs: 20_000, audioDeadMs: DEAD_MS });
    try {
      await act(() => wire.audio?.send(new Uint8Array(20)));
      return socket.terminated;
    } finally {
      wire.destroy();
    }
  }

  it('is noticed soon where audio was sent, and only there', async () => {
    const [silent, answered, idle] = [new StandingSocket(), new StandingSocket(), new StandingSocket()];
    deepEqual(
      await Promise.all([
        deadAfter(silent, async (send) => {
          send();
          await delay(4 * DEAD_MS);
        }),
        deadAfter(answered, async (send) => {
          send();
          answered.emit('message', Buffer.from('{"jsonrpc":"2.0","id":"audio/0","result":{}}'), false);
          await delay(4 * DEAD_MS);
        }),
        deadAfter(idle, () => delay(4 * DEAD_MS)),
      ]),
      [true, false, false],
    );
  });
});
