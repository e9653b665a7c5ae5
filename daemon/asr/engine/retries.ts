/**
 * What follows a failed decode, as a table: the same engine again, the next engine, then wait or
 * give the phrase up. The engine, the route and the phrase decoder read it.
 */
import { type ErrorCode, isEarmarkError } from '../../../protocol/errors';

export interface RetryRule {
  /** Further decodes by the same engine, at once. */
  readonly again: number;
  /** The same, if another engine can take the phrase. */
  readonly againBeforeNext: number;
  /** Another engine may succeed. */
  readonly next: boolean;
  /**
   * `wait`: the phrase waits until an engine works. `giveUp`: the phrase is at fault and is decoded
   * `decodeAttempts` times at most.
   */
  readonly then: 'wait' | 'giveUp';
}

const MODEL: RetryRule = { again: 0, againBeforeNext: 0, next: true, then: 'wait' };
const OTHER: RetryRule = { again: 0, againBeforeNext: 0, next: false, then: 'giveUp' };
/** Errors of a model that no other engine would change, such as an interrupted download. */
const OTHER_MODEL: RetryRule = { ...OTHER, then: 'wait' };

const RULES: Readonly<Partial<Record<ErrorCode, RetryRule>>> = {
  // The worker died. A second death is attributed to the phrase.
  'engine.crashed': { again: 1, againBeforeNext: 1, next: true, then: 'giveUp' },
  // A second try takes as long; another engine comes first.
  'engine.timeout': { again: 1, againBeforeNext: 0, next: true, then: 'giveUp' },
  // The decoder was lost; the engine may have others.
  'engine.unavailable': { again: 1, againBeforeNext: 1, next: true, then: 'wait' },
  'model.missing': MODEL,
  'model.corrupt': MODEL,
  'model.incompatible': MODEL,
  // The queue is full.
  'rpc.tooMany': { ...OTHER, then: 'wait' },
};

export function retryRule(error: unknown): RetryRule {
  if (!isEarmarkError(error)) return OTHER;
  return RULES[error.code] ?? (error.code.startsWith('model.') ? OTHER_MODEL : OTHER);
}
