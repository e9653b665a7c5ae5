/** Recovery of a session after a crash, by its last state. */
import { isEarmarkError } from '../../../protocol/errors';
import type { Clock } from '../../base/clock';
import type { Disposable } from '../../base/disposable';
import { SessionProjection } from '../events/sessionProjection';
import type { WarningCode } from '../../../protocol/vocabulary';
import type { Progress } from '../../speech/contract';
import type { SessionCounts, SessionStats, SessionStore } from '../contract/store';
import { RECOVERED, type StateMachine } from '../stateMachine';

/** Number of events in a page of the search for the last state change. */
const CAUSE_PAGE = 200;
/** Interval at which a recovered session checks for a client. */
const LOOK_MS = 250;

export interface Left {
  readonly machine: StateMachine;
  readonly clock: Clock;
  readonly recoverCaptureMs: number;
  readonly captured: boolean;
  readonly nowMs: () => number;
  readonly attended: () => boolean;
  /** The session comes from another server, which may have had no fault. */
  readonly moved: boolean;
  readonly warn: (code: WarningCode, message: string) => void;
  readonly finish: (cause: string) => void;
  readonly stop: (cause: string) => void;
  readonly resume: (cause: string) => Promise<unknown>;
  readonly add: (disposable: Disposable) => void;
}

/** Notifies the user once and continues from the stored state. */
export function takeUp(left: Left): void {
  const { machine, clock } = left;
  if (machine.name === 'FAILED' || machine.name === 'DONE')
    machine.to({ name: 'FINALIZING' }, 'recover');
  left.warn(
    'recovered',
    left.moved
      ? 'Another server of the team has taken over the session. Everything recorded so ' +
          'far is safe.'
      : 'Earmark ended unexpectedly. The session continues, and everything recorded so ' +
          'far is safe.',
  );
  switch (machine.name) {
    case 'STARTING':
      if (left.captured) return left.stop(RECOVERED);
      return machine.to(
        { name: 'STREAMING', token: machine.begin(), sinceMs: left.nowMs() },
        RECOVERED,
      );
    case 'STREAMING':
      return left.captured ? awaitClient(left) : undefined;
    case 'PAUSED':
      // The daemon crashed again before a client returned from the first crash.
      if (left.captured && machine.state.name === 'PAUSED' && machine.state.by === 'crash')
        return awaitClient(left);
      return left.add(
        clock.setTimeout(() => !left.attended() && left.stop(RECOVERED), left.recoverCaptureMs),
      );
    default:
      return left.finish(RECOVERED);
  }
}

/** After a crash, the microphone opens only for an attached client. */
function awaitClient(left: Left): void {
  const { machine, clock } = left;
  if (machine.name !== 'PAUSED')
    machine.to({ name: 'PAUSED', sinceMs: left.nowMs(), by: 'crash' }, RECOVERED);
  const deadline = clock.now() + left.recoverCaptureMs;
  const look = clock.setInterval(() => {
    const { state } = machine;
    // Any other pause belongs to a person, and only a person ends it. That includes a pause
    // requested meanwhile.
    if (state.name !== 'PAUSED' || state.by === 'person') look.dispose();
    else if (left.attended() && state.by === 'crash') {
      look.dispose();
      left
        .resume(RECOVERED)
        .catch((error: unknown) =>
          left.warn(
            'source.lost',
            isEarmarkError(error)
              ? error.message
              : 'Could not restart the recorder; resume or stop the session.',
          ),
        );
    } else if (clock.now() >= deadline) {
      look.dispose();
      if (!left.attended()) left.stop(RECOVERED);
    }
  }, LOOK_MS);
  left.add(look);
}

/** Stored data of a resumed session. */
export interface Stored {
  readonly counts: SessionCounts;
  readonly stats: SessionStats;
  readonly progress: readonly Progress[];
  readonly projection: SessionProjection;
  /** Cause of the last state change. */
  readonly cause: string | undefined;
}

export async function storedOf(store: SessionStore, id: string): Promise<Stored> {
  const [counts, stats, progress, projection] = await Promise.all([
    store.counts(id),
    store.stats(id),
    store.progress(id),
    SessionProjection.load(store, id),
  ]);
  return { counts, stats, progress, projection, cause: await lastCause(store, id, counts.lastSeq) };
}

/** Reads the cause of the last state change, searching from the end. */
async function lastCause(
  store: SessionStore,
  id: string,
  lastSeq: number,
): Promise<string | undefined> {
  for (let end = lastSeq; end > 0; end -= CAUSE_PAGE) {
    const page = await store.readEvents(
      id,
      Math.max(0, end - CAUSE_PAGE),
      Math.min(CAUSE_PAGE, end),
    );
    const last = page.filter((event) => event.kind === 'state').at(-1);
    if (last?.kind === 'state') return last.cause;
  }
  return undefined;
}
