/** Addresses of servers that the user configured, and their answers. */
import { EarmarkError } from '../../protocol/errors';

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

export interface EndpointRules {
  /** Kind of server, for the message: `speech server`. */
  readonly what: string;
  /** Content that plain http would expose: `speech`. */
  readonly sent: string;
  /** Setting to correct. */
  readonly setting: string;
  /** Permits plain http to other machines; to this machine it is always permitted. */
  readonly allowPlainHttp?: boolean | undefined;
  /** `/chat/completions`; added if the address does not end with it. */
  readonly path: string;
}

/** @throws EarmarkError engine.unavailable with the setting to correct */
export function endpointUrl(
  endpoint: string,
  { what, sent, setting, allowPlainHttp, path }: EndpointRules,
): URL {
  const bad = (why: string): EarmarkError =>
    new EarmarkError(
      'engine.unavailable',
      `The address of the ${what} ${why}; set "${setting}" to one like https://host/v1.`,
    );
  let url: URL;
  try {
    url = new URL(endpoint);
  } catch {
    throw bad('cannot be read');
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw bad('is neither https nor http');
  if (url.username !== '' || url.password !== '') throw bad('has a name or password in it');
  if (url.protocol === 'http:' && !LOOPBACK.test(url.hostname) && allowPlainHttp !== true)
    throw bad(`is not encrypted, so ${sent} would be readable on the way`);
  const plain = url.href.replace(/(?<!\/)\/+$/, '');
  return new URL(plain.endsWith(path) ? plain : `${plain}${path}`);
}

/** Returns the body as text; empty if it is longer than `maxBytes`. */
export async function boundedText(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > maxBytes) return '';
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
