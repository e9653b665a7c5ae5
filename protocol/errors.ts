/**
 * The error catalogue. On the wire an error is a JSON-RPC error whose `data` is an `ErrorData`; no
 * client parses a message. A message gives the cause and the next step.
 */
import { z } from 'zod';

/**
 * Effect of a retry. `no`: the same call fails again. `later`: it may work after `retryAfterMs` or
 * by itself. `fix`: it may work after the user changes something.
 */
export type Retry = 'no' | 'later' | 'fix';

interface Entry {
  readonly rpc: number;
  readonly user: boolean;
  readonly retry: Retry;
}
const e = (rpc: number, user: boolean, retry: Retry): Entry => ({ rpc, user, retry });

/** code → JSON-RPC code, whether the user sees it, whether a retry helps. */
export const ERRORS = {
  // transport and protocol
  'rpc.parse': e(-32700, false, 'no'),
  'rpc.invalidRequest': e(-32600, false, 'no'),
  'rpc.unknownMethod': e(-32601, false, 'no'),
  'rpc.invalidParams': e(-32602, false, 'no'),
  'rpc.messageTooLarge': e(-32010, true, 'no'),
  'rpc.unauthorized': e(-32011, true, 'fix'),
  'rpc.versionMismatch': e(-32012, true, 'fix'),
  'rpc.draining': e(-32013, false, 'later'),
  'rpc.tooMany': e(-32014, true, 'later'),
  'rpc.disconnected': e(-32015, true, 'later'),
  'rpc.timeout': e(-32016, true, 'later'),
  'daemon.startFailed': e(-32017, true, 'fix'),
  'rpc.expired': e(-32018, true, 'fix'),
  /**
   * The token is valid, but its scope does not permit the method; or the request comes from a web
   * page.
   */
  'rpc.forbidden': e(-32019, true, 'fix'),
  'rpc.tooFast': e(-32020, true, 'later'),
  /** The remote daemon's certificate is not the expected one. */
  'rpc.untrusted': e(-32021, true, 'fix'),
  'token.notFound': e(-32022, true, 'no'),
  // people of a team's server
  'organisation.notFound': e(-32023, true, 'fix'),
  'organisation.exists': e(-32024, true, 'fix'),
  'user.notFound': e(-32025, true, 'fix'),
  'user.taken': e(-32026, true, 'fix'),
  'signIn.failed': e(-32027, true, 'fix'),
  'rpc.cancelled': e(-32800, false, 'no'),
  internal: e(-32603, true, 'later'),
  // sessions
  'session.notFound': e(-32100, true, 'no'),
  'session.wrongState': e(-32101, false, 'no'),
  'session.tooMany': e(-32102, true, 'later'),
  'segment.notFound': e(-32104, false, 'no'),
  'speaker.notFound': e(-32106, false, 'no'),
  'insight.notFound': e(-32105, false, 'no'),
  'speaker.noVoice': e(-32107, true, 'no'),
  // audio
  'audio.unsupportedFormat': e(-32200, true, 'fix'),
  'audio.oddFrame': e(-32201, false, 'no'),
  'audio.badBase64': e(-32202, false, 'no'),
  'audio.unknownSource': e(-32203, false, 'no'),
  'audio.afterStop': e(-32204, false, 'no'),
  'audio.tooFast': e(-32205, false, 'later'),
  /** A user or organisation has reached its audio limit. */
  'audio.overLimit': e(-32214, true, 'later'),
  'audio.noRecorder': e(-32206, true, 'fix'),
  'audio.deviceNotFound': e(-32207, true, 'fix'),
  'audio.recorderFailed': e(-32208, true, 'later'),
  'audio.notAudio': e(-32209, true, 'no'),
  'audio.empty': e(-32210, true, 'no'),
  'audio.notKept': e(-32213, true, 'no'),
  'audio.truncated': e(-32211, true, 'no'),
  /** The recording is missing, is a folder, or may not be read. */
  'audio.unreadable': e(-32212, true, 'fix'),
  // models and engines
  'model.unknown': e(-32300, true, 'fix'),
  'model.missing': e(-32301, true, 'fix'),
  'model.corrupt': e(-32302, true, 'fix'),
  'model.incompatible': e(-32303, true, 'fix'),
  'model.checksum': e(-32304, true, 'later'),
  'model.download': e(-32305, true, 'later'),
  'model.offline': e(-32306, true, 'fix'),
  'model.diskFull': e(-32307, true, 'fix'),
  'model.busy': e(-32308, true, 'later'),
  'engine.unavailable': e(-32310, true, 'fix'),
  'engine.crashed': e(-32311, true, 'later'),
  'engine.timeout': e(-32312, true, 'later'),
  'engine.language': e(-32313, true, 'fix'),
  /** A remote engine refuses the key, model or request; a retry does not help. */
  'engine.refused': e(-32314, true, 'fix'),
  /** A provider takes no more requests for a while. */
  'engine.rateLimited': e(-32315, true, 'later'),
  // notes
  'note.unwritable': e(-32400, true, 'fix'),
  'note.leaseLost': e(-32401, false, 'later'),
  'note.tooLarge': e(-32402, true, 'no'),
  // store
  'store.unwritable': e(-32500, true, 'fix'),
  'store.corrupt': e(-32501, true, 'fix'),
  /** Stored data is encrypted, and the key is missing or wrong. */
  'store.locked': e(-32502, true, 'fix'),
  // analysis
  'analysis.badInput': e(-32620, true, 'fix'),
} as const satisfies Record<string, Entry>;

export type ErrorCode = keyof typeof ERRORS;

export const ErrorCodes = Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]];

export const ErrorData = z.object({
  /** Name in the catalogue. */
  code: z.enum(ErrorCodes),
  /** Is `message` meant for the user? */
  user: z.boolean(),
  retry: z.enum(['no', 'later', 'fix']),
  /** Milliseconds to wait before a retry, if known. */
  retryAfterMs: z.number().optional(),
  /** Details for users or programs, never spoken text. */
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
});
export type ErrorData = z.infer<typeof ErrorData>;

export interface ErrorOptions {
  readonly retryAfterMs?: number;
  readonly details?: Record<string, string | number | boolean>;
  readonly cause?: unknown;
}

/**
 * The only error type that crosses a boundary. `message` is a sentence with the next step for the
 * user.
 */
export class EarmarkError extends Error {
  readonly code: ErrorCode;
  readonly retryAfterMs: number | undefined;
  readonly details: Record<string, string | number | boolean> | undefined;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'EarmarkError';
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
    this.details = options.details;
  }

  get rpcCode(): number {
    return ERRORS[this.code].rpc;
  }

  /** `later` if a retry time is known, whatever the kind of error. */
  get retry(): Retry {
    return this.retryAfterMs === undefined ? ERRORS[this.code].retry : 'later';
  }

  toData(): ErrorData {
    const entry = ERRORS[this.code];
    return {
      code: this.code,
      user: entry.user,
      retry: this.retry,
      ...(this.retryAfterMs === undefined ? {} : { retryAfterMs: this.retryAfterMs }),
      ...(this.details === undefined ? {} : { details: this.details }),
    };
  }

  /** Rebuilds an error from a JSON-RPC error; undefined for foreign `data`. */
  static fromData(message: string, data: unknown): EarmarkError | undefined {
    const parsed = ErrorData.safeParse(data);
    if (!parsed.success) return undefined;
    const { code, retryAfterMs, details } = parsed.data;
    return new EarmarkError(code, message, {
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(details === undefined ? {} : { details }),
    });
  }
}

export function isEarmarkError(x: unknown, code?: ErrorCode): x is EarmarkError {
  // Compared by name: a separately loaded bundle has its own class.
  return (
    x instanceof Error &&
    x.name === 'EarmarkError' &&
    'code' in x &&
    (code === undefined || x.code === code)
  );
}
