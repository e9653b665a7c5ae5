/**
 * A connection to the daemon that opens with the first request and closes some time after the last:
 * an idle agent keeps no daemon running.
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
