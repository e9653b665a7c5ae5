/** Errors of the catalogue on their way between threads. */
import { EarmarkError, type ErrorCode } from '../../protocol/errors';

export interface SentError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryAfterMs?: number | undefined;
  readonly details?: EarmarkError['details'];
}

export function sent({ code, message, retryAfterMs, details }: EarmarkError): SentError {
  return { code, message, retryAfterMs, details };
}

export function received({ code, message, retryAfterMs, details }: SentError): EarmarkError {
  return new EarmarkError(code, message, {
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(details ? { details } : {}),
  });
}
