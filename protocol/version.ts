/** Protocol version and the rule by which two sides decide whether they can talk. */

/** Same major works; a higher minor only adds. Raise on every change of a declaration. */
export const PROTOCOL_VERSION = { major: 1, minor: 0 } as const;

export interface ProtocolVersion {
  readonly major: number;
  readonly minor: number;
}

/**
 * First line a client sends on a local socket: `EARMARK/1 <token>\n`. Nothing else is parsed until
 * it matched.
 */
export const HANDSHAKE_PREFIX = 'EARMARK/1 ';

/** Longest handshake line in bytes, newline included. A longer one closes the connection. */
export const HANDSHAKE_MAX_BYTES = 4096;

/** What the daemon answers to a handshake that matched, before any JSON-RPC. */
export const HANDSHAKE_OK = 'EARMARK/1 OK\n';

/** What the daemon answers to a handshake that did not match, before it closes the connection. */
export const HANDSHAKE_DENIED = 'EARMARK/1 DENIED\n';

/** File of the state folder that only takes room; on a full disk whoever needs some removes it. */
export const RESERVE_FILE = 'reserve';

/** Longest JSON-RPC message in bytes, checked from its Content-Length before the body is read. */
export const MESSAGE_MAX_BYTES = 8 * 1024 * 1024;

/**
 * `ok`: go on. `drain`: the client is newer by a major version; a local client asks the daemon to
 * drain and starts its own. `updateClient`: the client is older by a major version and must be
 * updated.
 */
export type Negotiation = 'ok' | 'drain' | 'updateClient';

export function negotiate(client: ProtocolVersion, daemon: ProtocolVersion): Negotiation {
  if (client.major === daemon.major) return 'ok';
  return client.major > daemon.major ? 'drain' : 'updateClient';
}
