/** What becomes of a session that a crash left, by the state in which it was left. */
import { isEarmarkError } from '../../protocol/errors';
import type { Clock } from '../base/clock';
import type { Disposable } from '../base/disposable';
import type { WarningCode } from './events';
import type { StateMachine } from './stateMachine';

/** How often a session without a client looks for one. */
const LOOK_MS = 250;

export interface Left {
  readonly machine: StateMachine;
  readonly clock: Clock;
  readonly recoverCaptureMs: number;
  readonly captured: boolean;
  readonly nowMs: () => number;
  readonly attended: () => boolean;
  /** Somebody asked for a pause since. */
  readonly held: () => boolean;
  readonly warn: (code: WarningCode, message: string) => void;
  readonly finish: (cause: string) => void;
  readonly stop: (cause: string) => void;
  readonly resume: (cause: string) => Promise<unknown>;
  readonly add: (disposable: Disposable) => void;
}

/** Tells the user once, and goes on where the session stood. */
export function takeUp(left: Left): void {
  const { machine, clock } = left;
  if (machine.name === 'FAILED' || machine.name === 'DONE') machine.to({ name: 'FINALIZING' }, 'recover');
  left.warn('recovered', 'Earmark ended unexpectedly; the session goes on, and what was said before is kept.');
  switch (machine.name) {
    case 'STARTING':
      if (left.captured) return left.stop('recovered');
      return machine.to({ name: 'STREAMING', token: machine.begin(), sinceMs: left.nowMs() }, 'recovered');
    case 'STREAMING':
      return left.captured ? awaitClient(left) : undefined;
    case 'PAUSED':
      return left.add(clock.setTimeout(() => !left.attended() && left.stop('recovered'), left.recoverCaptureMs));
    default:
      return left.finish('recovered');
  }
}

/** After a crash the microphone opens again only for a client that is there. */
function awaitClient(left: Left): void {
  const { machine, clock } = left;
  machine.to({ name: 'PAUSED', sinceMs: left.nowMs() }, 'recovered');
  const { state } = machine;
  const deadline = clock.now() + left.recoverCaptureMs;
  const look = clock.setInterval(() => {
    // Another pause is a person's, and so is one that was asked for meanwhile: it ends when they say so.
    if (machine.state !== state) look.dispose();
    else if (left.attended() && !left.held()) {
      look.dispose();
      left.resume('recovered').catch((error: unknown) => left.warn('source.lost', isEarmarkError(error) ? error.message : 'The recorder could not be started again; resume or stop the session.'));
    } else if (clock.now() >= deadline) {
      look.dispose();
      if (!left.attended()) left.stop('recovered');
    }
  }, LOOK_MS);
  left.add(look);
}
