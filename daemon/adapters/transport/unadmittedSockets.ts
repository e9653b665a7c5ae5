/**
 * Sockets between accept and admission: one deadline for TLS, request and token check together, and
 * bounds per address and in total. At a bound the oldest socket ends, because a client that is
 * admitted needs far less time than a silent one.
 */
import { isIPv6, type Socket } from 'node:net';

export interface UnadmittedLimits {
  /** Time from accept to admission. */
  readonly handshakeMs: number;
  readonly unadmitted: number;
  readonly unadmittedPerAddress: number;
}

interface Stranger {
  readonly socket: Socket;
  readonly address: string;
  readonly timer: NodeJS.Timeout;
}

export class UnadmittedSockets {
  /** Oldest first, by remote address and port: TLS wraps a socket into another one. */
  private readonly waiting = new Map<string, Stranger>();
  private readonly addresses = new Map<string, Set<string>>();

  constructor(
    private readonly limits: UnadmittedLimits,
    /** Called for each socket that a bound or the deadline ends. */
    private readonly onEnded: (reason: 'tooMany' | 'time') => void,
  ) {}

  get size(): number {
    return this.waiting.size;
  }

  add(socket: Socket): void {
    const key = keyOf(socket);
    if (key === undefined) return void socket.destroy();
    const address = addressOf(socket.remoteAddress ?? '');
    const own = this.addresses.get(address) ?? new Set();
    if (own.size >= this.limits.unadmittedPerAddress) this.end([...own][0], 'tooMany');
    else if (this.waiting.size >= this.limits.unadmitted)
      this.end(this.waiting.keys().next().value, 'tooMany');
    const timer = setTimeout(() => this.end(key, 'time'), this.limits.handshakeMs);
    this.waiting.set(key, { socket, address, timer });
    this.addresses.set(address, own.add(key));
    socket.once('close', () => this.waiting.get(key)?.socket === socket && this.forget(key));
  }

  /** @returns false if the socket has been ended */
  admit(socket: Socket): boolean {
    const key = keyOf(socket);
    return key !== undefined && this.forget(key) !== undefined;
  }

  close(): void {
    for (const key of [...this.waiting.keys()]) this.forget(key)?.socket.destroy();
  }

  private end(key: string | undefined, reason: 'tooMany' | 'time'): void {
    const stranger = key === undefined ? undefined : this.forget(key);
    if (!stranger) return;
    this.onEnded(reason);
    stranger.socket.destroy();
  }

  private forget(key: string): Stranger | undefined {
    const stranger = this.waiting.get(key);
    if (!stranger) return undefined;
    clearTimeout(stranger.timer);
    this.waiting.delete(key);
    const own = this.addresses.get(stranger.address);
    own?.delete(key);
    if (own?.size === 0) this.addresses.delete(stranger.address);
    return stranger;
  }
}

function keyOf({ remoteAddress, remotePort }: Socket): string | undefined {
  return remotePort === undefined ? undefined : `${remoteAddress} ${remotePort}`;
}

/** A host has a whole /64 of IPv6, so its first four groups count as the address. */
export function addressOf(remote: string): string {
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(remote)?.[1];
  if (mapped !== undefined || !isIPv6(remote)) return mapped ?? remote;
  const [head = '', tail = ''] = remote.split('%')[0]!.split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail === '' ? [] : tail.split(':');
  const groups = [...first, ...Array<string>(8 - first.length - last.length).fill('0'), ...last];
  return groups.slice(0, 4).join(':');
}
