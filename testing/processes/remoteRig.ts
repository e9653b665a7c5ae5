/**
 * A remote transport in this process: its own tokens, a handler from the test, clients over real
 * sockets.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureDaemon, type DaemonClient, type RemoteProfile } from '../../client';
import { type Certificate, ownCertificate } from '../../daemon/adapters/transport/certificate';
import { defaultRemoteLimits, type RemoteLimits } from '../../daemon/adapters/transport/limits';
import { openRemote, type RemoteTransport } from '../../daemon/adapters/transport/remoteServer';
import { TokenFile } from '../../daemon/adapters/transport/tokenFile';
import type { AccessScope, TokenGate } from '../../daemon/base/identity';
import { silentLogger } from '../../daemon/base/logger';
import type { AcceptPeer } from '../../daemon/base/peer';

export class RemoteRig {
  readonly folder = mkdtempSync(join(tmpdir(), 'earmark-remote-'));
  wallMs = Date.now();
  readonly tokens = new TokenFile(join(this.folder, 'tokens.json'), () => this.wallMs);
  certificate: Certificate | undefined;
  transport!: RemoteTransport;

  async open(
    accept: AcceptPeer,
    options: {
      readonly tls?: boolean;
      readonly limits?: Partial<RemoteLimits>;
      readonly port?: number;
      /** In place of this rig's tokens. */
      readonly gate?: TokenGate;
    } = {},
  ): Promise<void> {
    this.certificate =
      options.tls === false
        ? undefined
        : (this.certificate ?? ownCertificate(this.folder, () => this.wallMs));
    this.transport = await openRemote({
      host: '127.0.0.1',
      port: options.port ?? 0,
      ...(this.certificate ? { certificate: this.certificate } : {}),
      tokens: options.gate ?? this.tokens,
      accept,
      logger: silentLogger,
      limits: { ...defaultRemoteLimits, ...options.limits },
      now: () => performance.now(),
    });
  }

  get port(): number {
    return Number(new URL(this.transport.url).port);
  }

  async token(
    user = 'ann',
    scopes: readonly AccessScope[] = ['record'],
    expiresInMs?: number,
  ): Promise<string> {
    return (
      await this.tokens.create(
        user,
        scopes,
        'test',
        expiresInMs === undefined ? undefined : this.wallMs + expiresInMs,
      )
    ).secret;
  }

  profile(token: string, change: Partial<RemoteProfile> = {}): RemoteProfile {
    return {
      url: this.transport.url,
      token,
      ...(this.certificate ? { fingerprint: this.certificate.fingerprint } : {}),
      ...change,
    };
  }

  client(token: string, change: Partial<RemoteProfile> = {}): Promise<DaemonClient> {
    return ensureDaemon({
      stateDir: this.folder,
      client: { name: 'test', version: '0' },
      remote: this.profile(token, change),
    });
  }

  async dispose(): Promise<void> {
    await this.transport.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
