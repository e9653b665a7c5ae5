/**
 * Tenants of a team server. Each has its own sessions, store and handlers, created for its first
 * user. Tenants share no data, so a handler serves a single tenant.
 */
import { EarmarkError } from '../../protocol/errors';
import type { TokenGate, Tokens } from '../base/identity';
import type { AcceptPeer } from '../base/peer';
import { type Disposable, DisposableStore } from '../base/disposable';
import type { Sessions } from '../session/contract/api';
import type { FencedStore } from './ownership';

/** Stores organisations and admits users. */
export interface TeamHome {
  readonly gate: TokenGate;
  store(organisation: string): FencedStore;
  tokens(organisation: string): Tokens;
  /** @throws EarmarkError store.unwritable if the database does not respond */
  reachable(): Promise<void>;
  close(): Promise<void>;
}

export interface Tenant extends Disposable {
  readonly sessions: Pick<Sessions, 'activeCount' | 'running' | 'drain' | 'shutdown'>;
  readonly accept: AcceptPeer;
  readonly clientCount: number;
  goodbye(reason: 'idle' | 'drain' | 'shutdown'): void;
}

/** Maximum number of organisations on a server. */
const TENANTS_MAX = 1_000;

export class Tenants<T extends Tenant> implements Disposable {
  private readonly tenants = new Map<string, T>();
  private readonly disposables = new DisposableStore();

  constructor(private readonly make: (organisation: string) => T) {}

  get list(): readonly T[] {
    return [...this.tenants.values()];
  }

  /** Refuses users without an organisation. */
  readonly accept: AcceptPeer = (peer) => {
    const organisation = peer.identity.kind === 'remote' ? peer.identity.organisation : undefined;
    if (organisation === undefined)
      throw new EarmarkError(
        'rpc.forbidden',
        'This token belongs to no organisation; ask for a new one.',
      );
    return this.of(organisation).accept(peer);
  };

  /** @throws EarmarkError rpc.tooMany */
  of(organisation: string): T {
    const there = this.tenants.get(organisation);
    if (there) return there;
    if (this.tenants.size >= TENANTS_MAX)
      throw new EarmarkError(
        'rpc.tooMany',
        'This server has reached its limit of organisations; use another one.',
        { retryAfterMs: 60_000 },
      );
    const tenant = this.disposables.add(this.make(organisation));
    this.tenants.set(organisation, tenant);
    return tenant;
  }

  dispose(): void {
    this.disposables.dispose();
    this.tenants.clear();
  }
}
