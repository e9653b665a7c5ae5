/** Protocol version, and the rule for compatible versions. */

/**
 * The same major version is compatible; a higher minor version only adds. Raise on every change of
 * a declaration.
 */
export const PROTOCOL_VERSION = { major: 1, minor: 0 } as const;

export interface ProtocolVersion {
  readonly major: number;
  readonly minor: number;
}

/**
 * First line of a client on a local socket: `EARMARK/1 <token>\n`. Nothing else is parsed before it
 * matches.
 */
export const HANDSHAKE_PREFIX = 'EARMARK/1 ';

/** Longest handshake line in bytes, newline included. A longer one closes the connection. */
export const HANDSHAKE_MAX_BYTES = 4096;

/** The daemon's answer to a matching handshake, before any JSON-RPC. */
export const HANDSHAKE_OK = 'EARMARK/1 OK\n';

/** The daemon's answer to a handshake without a match; it then closes the connection. */
export const HANDSHAKE_DENIED = 'EARMARK/1 DENIED\n';

/**
 * File of the state folder that reserves disk space; a program that needs space on a full disk
 * deletes it.
 */
export const RESERVE_FILE = 'reserve';

/** Longest JSON-RPC message in bytes, checked from its Content-Length before the body is read. */
export const MESSAGE_MAX_BYTES = 8 * 1024 * 1024;

/**
 * `ok`: continue. `drain`: the client is newer by a major version; a local client asks the daemon
 * to drain and starts its own. `updateClient`: the client is older by a major version and needs an
 * update.
 */
export type Negotiation = 'ok' | 'drain' | 'updateClient';

export function negotiate(client: ProtocolVersion, daemon: ProtocolVersion): Negotiation {
  if (client.major === daemon.major) return 'ok';
  return client.major > daemon.major ? 'drain' : 'updateClient';
}
