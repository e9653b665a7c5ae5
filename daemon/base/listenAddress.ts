/** `HOST:PORT` of a daemon that listens for other machines. */
import { EarmarkError } from '../../protocol/errors';

export interface ListenAddress {
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
}

/**
 * IPv6 addresses need brackets.
 * @param option name of the option for the message
 * @throws EarmarkError rpc.invalidParams
 */
export function listenAddress(text: string, option = '--listen'): ListenAddress {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/.exec(text.trim());
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined || port > 65_535)
    throw new EarmarkError(
      'rpc.invalidParams',
      `${option} takes HOST:PORT, for example 0.0.0.0:7443 or [::1]:7443.`,
    );
  return { host, port };
}

/** True if only this machine can reach the address; TLS may be omitted only then. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}
