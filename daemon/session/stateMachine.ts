/** The states of a session: a tagged union with a single setter that reports old and new state. */
import { EarmarkError } from '../../protocol/errors';
import type { SessionState } from '../../protocol/vocabulary';

/** Number of a start. Reports of an older start are dropped. */
export type StartToken = number;

/**
 * Origin of a pause. `held`: a person asked for a pause after a crash, so a returning client does
 * not end it.
 */
export type PausedBy = 'person' | 'crash' | 'held';

/** Cause of changes made by a crash and the start after it. */
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
  /** Cause of the change: `start`, `stop.request`, `sigterm`, `idle`, `limit.length`, … */
  readonly cause: string;
}

const NEXT: Readonly<Record<SessionState, readonly SessionState[]>> = {
  IDLE: ['STARTING', 'FAILED'],
  STARTING: ['STREAMING', 'STOPPING', 'FAILED'],
  STREAMING: ['PAUSED', 'STOPPING', 'FAILED'],
  // A person's pause may follow the pause of a crash.
  PAUSED: ['STREAMING', 'PAUSED', 'STOPPING', 'FAILED'],
  STOPPING: ['FINALIZING', 'FAILED'],
  FINALIZING: ['DONE', 'FAILED'],
  // The session is resumed to complete its insights or to recognise the remaining audio.
  DONE: ['FINALIZING'],
  FAILED: ['FINALIZING'],
};

export class StateMachine {
  private current: State;
  private tokens: StartToken = 0;

  /** @param onChange called after every change */
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

  /** Returns a new token and invalidates all older tokens. */
  begin(): StartToken {
    return ++this.tokens;
  }

  isCurrent(token: StartToken): boolean {
    return token === this.tokens;
  }

  /** @throws Error if the table lacks the change: a programming error */
  to(next: State, cause: string): void {
    const from = this.current;
    if (!this.may(next.name))
      throw new Error(`A session does not go from ${from.name} to ${next.name}.`);
    this.current = next;
    this.onChange({ from, to: next, cause });
  }
}

/**
 * First state of a session: the stored state after a crash, otherwise IDLE.
 * @param cause of the last change of the stored state
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
