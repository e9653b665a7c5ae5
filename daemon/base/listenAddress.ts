/** `HOST:PORT` of a daemon that listens for other machines. */
import { EarmarkError } from '../../protocol/errors';

export interface ListenAddress {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

/**
 * An IPv6 address stands in brackets.
 * @param option who asks for it @throws EarmarkError rpc.invalidParams
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

/** Nobody but this machine can reach it; there alone TLS may be left out. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}
