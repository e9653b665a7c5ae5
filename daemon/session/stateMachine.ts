/** The life of a session: a tagged union with one setter that tells old and new. */
import { EarmarkError } from '../../protocol/errors';
import type { SessionState } from './events';

/** A start has a number; what an older start still reports is dropped. */
export type StartToken = number;

/**
 * `held`: by a crash, and a person asked for a pause since: what a client that comes back does not
 * end.
 */
export type PausedBy = 'person' | 'crash' | 'held';

/** Cause of what a crash, and the start after it, did. */
export const RECOVERED = 'recovered';

export type State =
  | { readonly name: 'IDLE' }
  | { readonly name: 'STARTING'; readonly token: StartToken }
  | { readonly name: 'STREAMING'; readonly token: StartToken; readonly sinceMs: number }
  | { readonly name: 'PAUSED'; readonly sinceMs: number; readonly by: PausedBy }
  | { readonly name: 'STOPPING' }
  | { readonly name: 'FINALIZING' }
  | { readonly name: 'DONE' }
  | { readonly name: 'FAILED'; readonly error: EarmarkError };

export interface StateChange {
  readonly from: State;
  readonly to: State;
  /** Why: `start`, `stop.request`, `sigterm`, `idle`, `limit.length`, … */
  readonly cause: string;
}

const NEXT: Readonly<Record<SessionState, readonly SessionState[]>> = {
  IDLE: ['STARTING', 'FAILED'],
  STARTING: ['STREAMING', 'STOPPING', 'FAILED'],
  STREAMING: ['PAUSED', 'STOPPING', 'FAILED'],
  // A pause of a person's may follow that of a crash.
  PAUSED: ['STREAMING', 'PAUSED', 'STOPPING', 'FAILED'],
  STOPPING: ['FINALIZING', 'FAILED'],
  FINALIZING: ['DONE', 'FAILED'],
  // Taken up again: insights that could not be completed, audio that could not be recognised.
  DONE: ['FINALIZING'],
  FAILED: ['FINALIZING'],
};

export class StateMachine {
  private current: State;
  private tokens: StartToken = 0;

  /** @param onChange called after every change. */
  constructor(
    private readonly onChange: (change: StateChange) => void,
    initial: State = { name: 'IDLE' },
  ) {
    this.current = initial;
  }

  get state(): State {
    return this.current;
  }

  get name(): SessionState {
    return this.current.name;
  }

  get ended(): boolean {
    return this.current.name === 'DONE' || this.current.name === 'FAILED';
  }

  may(next: SessionState): boolean {
    return NEXT[this.current.name].includes(next);
  }

  /** A new token; every older one is void from now on. */
  begin(): StartToken {
    return ++this.tokens;
  }

  isCurrent(token: StartToken): boolean {
    return token === this.tokens;
  }

  /** @throws Error when the change is not in the table: a fault of the caller */
  to(next: State, cause: string): void {
    const from = this.current;
    if (!this.may(next.name))
      throw new Error(`A session does not go from ${from.name} to ${next.name}.`);
    this.current = next;
    this.onChange({ from, to: next, cause });
  }
}

/**
 * A session that a crash left enters the machine in the state it was stored in; a new one in IDLE.
 * @param cause of its last change
 */
export function stateAtStart(
  stored: SessionState,
  sinceMs: number,
  cause: string | undefined,
): State {
  switch (stored) {
    case 'STARTING':
      return { name: 'STARTING', token: 0 };
    case 'STREAMING':
      return { name: 'STREAMING', token: 0, sinceMs };
    case 'PAUSED':
      return { name: 'PAUSED', sinceMs, by: cause === RECOVERED ? 'crash' : 'person' };
    case 'STOPPING':
    case 'FINALIZING':
    case 'DONE':
      return { name: stored };
    case 'FAILED':
      return {
        name: stored,
        error: new EarmarkError('internal', 'The session failed before Earmark started.'),
      };
    default:
      return { name: 'IDLE' };
  }
}
