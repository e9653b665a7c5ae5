/**
 * A TCP proxy that does to a link what networks do: delays, cuts, swallows bytes while the
 * connection seems to stand (half-open), reads slowly, refuses, and holds an older connection back
 * while a newer one goes ahead.
 */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export interface LinkFaults {
  /** One way, milliseconds. */
  latencyMs: number;
  /** Bytes a second towards the daemon and back; 0 is without limit. */
  bytesPerSecond: number;
  /** Connections that come are ended at once. */
  refuse: boolean;
  /** Connections that come stand, and nothing they send arrives. */
  swallow: boolean;
  /** Cut every connection after so many bytes towards the daemon; 0 is never. */
  cutAfterBytes: number;
}

interface Link {
  readonly near: Socket;
  readonly far: Socket;
  readonly port: number;
  swallowing: boolean;
  /** Added to what this connection carries from now on. */
  heldMs: number;
}

export class LinkProxy {
  readonly faults: LinkFaults = {
    latencyMs: 0,
    bytesPerSecond: 0,
    refuse: false,
    swallow: false,
    cutAfterBytes: 0,
  };
  private readonly links = new Set<Link>();
  private readonly server: Server;
  /** Connections that came. */
  accepted = 0;

  constructor(private readonly target: { readonly host: string; readonly port: number }) {
    this.server = createServer((near) => this.accept(near));
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Connections to a port of the target that stand. */
  standing(port: number): number {
    return [...this.links].filter((link) => link.port === port).length;
  }

  /** Ends every connection; `reset` without a goodbye of TCP. */
  cut(reset = false): void {
    for (const { near, far } of this.links) {
      if (reset) near.resetAndDestroy();
      else near.destroy();
      far.destroy();
    }
  }

  /** The connections that stand now carry nothing any more, and nobody is told. */
  halfOpen(): void {
    for (const link of this.links) link.swallowing = true;
  }

  /** The daemon's side is closed, the client's stands. */
  closeFar(): void {
    for (const link of this.links) {
      link.swallowing = true;
      link.far.destroy();
    }
  }

  /** What the connections of now carry comes so much later: newer ones overtake them. */
  hold(ms: number): void {
    for (const link of this.links) link.heldMs = ms;
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private accept(near: Socket): void {
    this.accepted++;
    near.on('error', () => undefined);
    if (this.faults.refuse) return void near.destroy();
    // Read once: the port of a target may be another one each time.
    const { host, port } = this.target;
    const far = connect({ host, port });
    const link: Link = { near, far, port, swallowing: this.faults.swallow, heldMs: 0 };
    this.links.add(link);
    far.on('error', () => undefined);
    this.carry(link, near, far, true);
    this.carry(link, far, near, false);
    near.on('close', () => {
      this.links.delete(link);
      // A half-open link: the daemon does not learn that the client went.
      if (!link.swallowing) far.destroy();
      else setTimeout(() => far.destroy(), 2_000).unref();
    });
    far.on('close', () => !link.swallowing && near.destroy());
  }

  private carry(link: Link, from: Socket, to: Socket, out: boolean): void {
    let carried = 0;
    /** When the last byte of what came before is through. */
    let freeAt = 0;
    from.on('data', (chunk: Buffer) => {
      if (link.swallowing) return;
      const { latencyMs, bytesPerSecond, cutAfterBytes } = this.faults;
      const now = performance.now();
      carried += chunk.length;
      if (out && cutAfterBytes > 0 && carried > cutAfterBytes) {
        // Half a frame may be through.
        to.write(chunk.subarray(0, chunk.length >> 1));
        from.destroy();
        return;
      }
      const sendMs = bytesPerSecond > 0 ? (chunk.length * 1000) / bytesPerSecond : 0;
      freeAt = Math.max(freeAt, now + latencyMs + link.heldMs) + sendMs;
      if (freeAt <= now + 1) return void to.write(chunk);
      from.pause();
      setTimeout(() => {
        if (!link.swallowing) to.write(chunk);
        if (!from.destroyed) from.resume();
      }, freeAt - now);
    });
  }
}
