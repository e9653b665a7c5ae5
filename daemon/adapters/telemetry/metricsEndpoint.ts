/**
 * Where the metrics are served: moves to another port while the daemon runs, and says so where it
 * cannot. Recording goes on either way.
 */
import { EarmarkError } from '../../../protocol/errors';
import { type MetricsServer, type MetricsServerSetup, openMetrics } from './metricsServer';

type EndpointSetup = Omit<MetricsServerSetup, 'port'>;

export class MetricsEndpoint {
  private server: MetricsServer | undefined;
  private reason: string | undefined;
  /** Moves happen one after the other. */
  private last: Promise<void> = Promise.resolve();

  constructor(private readonly setup: EndpointSetup) {}

  /** Why nothing is served, or still at the port before. */
  get problem(): string | undefined {
    return this.reason;
  }

  /** The new port is taken first: where that fails the old one stays. */
  move(port: number): Promise<void> {
    this.last = this.last.then(async () => {
      try {
        const before = this.server;
        this.server = await openMetrics({ ...this.setup, port });
        this.reason = undefined;
        await before?.close();
      } catch (error) {
        this.reason =
          error instanceof EarmarkError
            ? error.message
            : "Could not serve the metrics; see the daemon's log.";
        this.setup.logger.error('metrics.notServed', { error: this.reason });
      }
    });
    return this.last;
  }

  async close(): Promise<void> {
    await this.last;
    await this.server?.close();
  }
}
