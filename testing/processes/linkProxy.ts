/**
 * A TCP proxy that simulates network faults. It delays, cuts, reads slowly, refuses, and drops
 * bytes while the connection seems open (half-open). It can also delay an older connection so that
 * a newer one overtakes it.
 */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export interface LinkFaults {
  /** One way, in milliseconds. */
  latencyMs: number;
  /** Bytes per second in each direction; 0 is unlimited. */
  bytesPerSecond: number;
  /** New connections are closed at once. */
  refuse: boolean;
  /** New connections stay open, but their data is dropped. */
  swallow: boolean;
  /** Cuts every connection after this number of bytes towards the daemon; 0 is never. */
  cutAfterBytes: number;
}

interface Link {
  readonly near: Socket;
  readonly far: Socket;
  readonly port: number;
  swallowing: boolean;
  /** Delay added to later data of this connection, in milliseconds. */
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
  /** Number of accepted connections. */
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

  /** Number of open connections to a port of the target. */
  standing(port: number): number {
    return [...this.links].filter((link) => link.port === port).length;
  }

  /** Closes every connection; `reset` sends a TCP reset. */
  cut(reset = false): void {
    for (const { near, far } of this.links) {
      if (reset) near.resetAndDestroy();
      else near.destroy();
      far.destroy();
    }
  }

  /** Drops all data of the open connections without closing them. */
  halfOpen(): void {
    for (const link of this.links) link.swallowing = true;
  }

  /** Closes the daemon's side; the client's side stays open. */
  closeFar(): void {
    for (const link of this.links) {
      link.swallowing = true;
      link.far.destroy();
    }
  }

  /** Delays data of the open connections, so newer connections overtake them. */
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
    // Read once, because the port of a target may change with each read.
    const { host, port } = this.target;
    const far = connect({ host, port });
    const link: Link = { near, far, port, swallowing: this.faults.swallow, heldMs: 0 };
    this.links.add(link);
    far.on('error', () => undefined);
    this.carry(link, near, far, true);
    this.carry(link, far, near, false);
    near.on('close', () => {
      this.links.delete(link);
      // Half-open: the daemon does not learn of the client's disconnection.
      if (!link.swallowing) far.destroy();
      else setTimeout(() => far.destroy(), 2_000).unref();
    });
    far.on('close', () => !link.swallowing && near.destroy());
  }

  private carry(link: Link, from: Socket, to: Socket, out: boolean): void {
    let carried = 0;
    /** Time at which the last byte so far has been sent. */
    let freeAt = 0;
    from.on('data', (chunk: Buffer) => {
      if (link.swallowing) return;
      const { latencyMs, bytesPerSecond, cutAfterBytes } = this.faults;
      const now = performance.now();
      carried += chunk.length;
      if (out && cutAfterBytes > 0 && carried > cutAfterBytes) {
        // May send half a frame.
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
