/**
 * Sends clients to the servers of a team that are ready, as a cluster does: each is probed, and
 * left out after so many failures, with the numbers of deploy/helm (templates/server.yaml).
 * Connections that stand are left alone.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Gateway } from '../processes/teamClient';
import type { TeamDeployment } from '../processes/teamPlace';

const PERIOD_MS = 2_000;
const TIMEOUT_MS = 1_000;
const FAILURES = 2;

interface Seen {
  failures: number;
  out: boolean;
}

export class ProbingBalancer {
  private readonly seen = new WeakMap<Gateway, Seen>();
  private stopped = false;
  private readonly running: Promise<void>;

  constructor(private readonly place: TeamDeployment) {
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.running;
  }

  isOut(gateway: Gateway): boolean {
    return this.seen.get(gateway)?.out === true;
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      const begun = performance.now();
      await Promise.all([...this.place.gateways].map((gateway) => this.look(gateway)));
      await delay(Math.max(0, PERIOD_MS - (performance.now() - begun)));
    }
  }

  private async look(gateway: Gateway): Promise<void> {
    const seen = this.seen.get(gateway) ?? { failures: 0, out: false };
    this.seen.set(gateway, seen);
    const ready = await ask(gateway);
    seen.failures = ready ? 0 : seen.failures + 1;
    // One that was replaced meanwhile is nobody's concern.
    if (!this.place.gateways.includes(gateway)) return;
    if (!seen.out && seen.failures >= FAILURES) {
      seen.out = true;
      await this.place.leaveOut(gateway);
    } else if (seen.out && ready) {
      seen.out = false;
      await this.place.sendTo(gateway);
    }
  }
}

async function ask(gateway: Gateway): Promise<boolean> {
  try {
    return (
      await fetch(`${await gateway.health()}/readyz`, { signal: AbortSignal.timeout(TIMEOUT_MS) })
    ).ok;
  } catch {
    return false;
  }
}
