/**
 * The address of the metrics. It can change its port at run time and reports a failed change.
 * Recording is not affected.
 */
import { EarmarkError } from '../../../protocol/errors';
import { type MetricsServer, type MetricsServerSetup, openMetrics } from './metricsServer';

type EndpointSetup = Omit<MetricsServerSetup, 'port'>;

export class MetricsEndpoint {
  private server: MetricsServer | undefined;
  private reason: string | undefined;
  /** Serialises port changes. */
  private last: Promise<void> = Promise.resolve();

  constructor(private readonly setup: EndpointSetup) {}

  /** Reason why nothing is served, or why the old port is still in use. */
  get problem(): string | undefined {
    return this.reason;
  }

  /** Opens the new port first; if that fails, the old port stays. */
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
