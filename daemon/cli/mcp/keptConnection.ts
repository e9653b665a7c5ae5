/**
 * A connection to the daemon that is made by the first question and let go some time after the
 * last: an agent that only waits keeps no daemon alive.
 */
import { createConnection, type Connection, type ConnectOptions } from '../../../client';

const IDLE_MS = 60_000;

export class ReusedConnection {
  private connection: Connection | undefined;
  private uses = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly options: ConnectOptions,
    private readonly idleMs = IDLE_MS,
  ) {}

  async use<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    clearTimeout(this.timer);
    this.uses++;
    try {
      const connection = (this.connection ??= createConnection(this.options));
      connection.retry();
      await connection.whenConnected();
      return await work(connection);
    } finally {
      if (--this.uses === 0) this.timer = setTimeout(() => this.dispose(), this.idleMs).unref();
    }
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.connection?.dispose();
    this.connection = undefined;
  }
}
