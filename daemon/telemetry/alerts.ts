/** Alert conditions: a pure reducer over samples. OPERATIONS.md gives the action for each alert. */
import { DEGRADATION_LEVELS, type DegradationLevel } from '../degrade/degradation';

export const ALERTS = [
  'engine.failed',
  'engine.slow',
  'errors.repeated',
  'load.emergency',
  'inference.wait',
  'latency.final',
  'frames.dropped',
  'phrase.dead',
  'disk.low',
  'memory.high',
  'store.memory',
  'settings.wrong',
  'debug.dump',
] as const;
export type AlertId = (typeof ALERTS)[number];

export interface AlertSample {
  readonly nowMs: number;
  /** Sentences of engines that are in ERROR. */
  readonly failedEngines: readonly string[];
  /** Real-time factor over the decodes of the last minute; undefined if none ended. */
  readonly rtf: number | undefined;
  readonly errorsInRow: number;
  /** Lowest degradation level of any session. */
  readonly degradationLevel: DegradationLevel;
  /** Age of the oldest final that waits or is being decoded. */
  readonly oldestWaitMs: number;
  /**
   * 95th percentile of the time from the end of speech to the final, over five minutes; undefined
   * with too few finals.
   */
  readonly finalP95Ms: number | undefined;
  /** Frames that the disk refused since the start. */
  readonly framesLost: number;
  /**
   * Number of phrases that failed on every worker of the team; undefined without a team or without
   * an answer from NATS.
   */
  readonly deadLetters: number | undefined;
  readonly diskFreeBytes: number | undefined;
  /** Memory of the daemon and its workers. */
  readonly residentBytes: number;
  /** Reason why transcripts are kept only in memory; undefined if they are on disk. */
  readonly inMemory: string | undefined;
  /** Problems of the settings. */
  readonly settingProblems: readonly string[];
  /** Sentence for the user about the debug audio dump; undefined if it is off. */
  readonly dump: string | undefined;
}

export interface AlertLimits {
  readonly rtf: number;
  readonly rtfMs: number;
  readonly errorsInRow: number;
  readonly waitMs: number;
  readonly finalP95Ms: number;
  readonly finalMs: number;
  readonly diskFreeBytes: number;
  readonly residentBytes: number;
  readonly memoryMs: number;
  /** Duration of an alert after a lost frame. */
  readonly droppedMs: number;
  /** Duration of an alert after a dead letter. */
  readonly deadMs: number;
  /** Time that an ended alert stays raised, against flicker. */
  readonly clearMs: number;
}

const defaultAlertLimits: AlertLimits = {
  rtf: 2,
  rtfMs: 60_000,
  errorsInRow: 5,
  waitMs: 30_000,
  finalP95Ms: 3_000,
  finalMs: 60_000,
  diskFreeBytes: 500_000_000,
  // Twice the models of the largest tier.
  residentBytes: 6_000_000_000,
  memoryMs: 60_000,
  droppedMs: 60_000,
  // Long enough for an operator who checks only now and then.
  deadMs: 10 * 60_000,
  clearMs: 30_000,
};

interface Watched {
  /** Start of the current fault; undefined without a fault. */
  readonly wrongSinceMs?: number;
  /** Time of the last fault. */
  readonly wrongMs?: number;
  readonly raisedMs?: number;
  readonly message?: string;
}

/** These states are certain and do not flicker, so they clear immediately. */
const STEADY: ReadonlySet<AlertId> = new Set(['settings.wrong', 'debug.dump']);

export interface AlertState {
  readonly watched: Readonly<Partial<Record<AlertId, Watched>>>;
  readonly framesLost: number;
  readonly lostMs: number | undefined;
  /** The count at the first sample raises no alert. */
  readonly deadLetters: number | undefined;
  readonly deadMs: number | undefined;
}

export const NO_ALERTS: AlertState = {
  watched: {},
  framesLost: 0,
  lostMs: undefined,
  deadLetters: undefined,
  deadMs: undefined,
};

export interface Alert {
  readonly id: AlertId;
  /** Message for the operator, with the action. */
  readonly message: string;
  /** Time by the daemon's clock. */
  readonly sinceMs: number;
}

export interface AlertChange {
  readonly id: AlertId;
  readonly op: 'raised' | 'cleared';
  readonly message: string;
}

interface Finding {
  readonly message: string;
  /** Minimum duration before the alert. */
  readonly forMs: number;
}

export function stepAlerts(
  state: AlertState,
  sample: AlertSample,
  limits: AlertLimits = defaultAlertLimits,
): { readonly state: AlertState; readonly changes: readonly AlertChange[] } {
  const { nowMs } = sample;
  const lostMs = sample.framesLost > state.framesLost ? nowMs : state.lostMs;
  const deadMs = (sample.deadLetters ?? 0) > (state.deadLetters ?? Infinity) ? nowMs : state.deadMs;
  const found = findings(sample, { lostMs, deadMs }, state, limits);
  const watched: Partial<Record<AlertId, Watched>> = {};
  const changes: AlertChange[] = [];
  for (const id of ALERTS) {
    const before = state.watched[id] ?? {};
    const finding = found[id];
    let now: Watched = before;
    if (finding) {
      const wrongSinceMs = before.wrongSinceMs ?? nowMs;
      now = { ...before, wrongSinceMs, wrongMs: nowMs, message: finding.message };
      if (before.raisedMs === undefined && nowMs - wrongSinceMs >= finding.forMs) {
        now = { ...now, raisedMs: nowMs };
        changes.push({ id, op: 'raised', message: finding.message });
      }
    } else {
      const { wrongSinceMs: _over, ...rest } = before;
      now = rest;
      if (
        before.raisedMs !== undefined &&
        nowMs - (before.wrongMs ?? nowMs) >= (STEADY.has(id) ? 0 : limits.clearMs)
      ) {
        now = {};
        changes.push({ id, op: 'cleared', message: before.message ?? '' });
      }
    }
    if (Object.keys(now).length > 0) watched[id] = now;
  }
  return {
    state: {
      watched,
      framesLost: sample.framesLost,
      lostMs,
      deadLetters: sample.deadLetters ?? state.deadLetters,
      deadMs,
    },
    changes,
  };
}

export function raisedAlerts({ watched }: AlertState): readonly Alert[] {
  return ALERTS.flatMap((id) => {
    const { raisedMs, message } = watched[id] ?? {};
    return raisedMs === undefined ? [] : [{ id, message: message ?? '', sinceMs: raisedMs }];
  });
}

function findings(
  sample: AlertSample,
  { lostMs, deadMs }: Pick<AlertState, 'lostMs' | 'deadMs'>,
  state: AlertState,
  limits: AlertLimits,
): Partial<Record<AlertId, Finding>> {
  const now = (message: string): Finding => ({ message, forMs: 0 });
  const gb = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
  const slow = state.watched['engine.slow'];
  // A decode longer than a minute leaves the window without a value; while speech waits, that is no
  // recovery.
  const rtf =
    sample.rtf ?? (slow?.wrongSinceMs !== undefined && sample.oldestWaitMs > 0 ? Infinity : 0);
  return {
    ...(sample.failedEngines[0] === undefined
      ? {}
      : { 'engine.failed': now(sample.failedEngines[0]) }),
    ...(rtf > limits.rtf
      ? {
          'engine.slow': {
            message:
              `Recognition takes ${rtf === Infinity ? 'much more than' : rtf.toFixed(1)} ` +
              'times as long as the speech. Close other programs, or choose a smaller model.',
            forMs: limits.rtfMs,
          },
        }
      : {}),
    ...(sample.errorsInRow > limits.errorsInRow
      ? {
          'errors.repeated': now(
            `Recognition failed for ${sample.errorsInRow} phrases in a row; run "earmark ` +
              'doctor --retry".',
          ),
        }
      : {}),
    ...(DEGRADATION_LEVELS.indexOf(sample.degradationLevel) >=
    DEGRADATION_LEVELS.indexOf('EMERGENCY')
      ? {
          'load.emergency': now(
            'Recognition is too slow and has switched to another engine. Close other ' +
              'programs, or choose a smaller model.',
          ),
        }
      : {}),
    ...(sample.oldestWaitMs > limits.waitMs
      ? {
          'inference.wait': now(
            `Speech has waited ${seconds(sample.oldestWaitMs)} for recognition; nothing is ` +
              'lost. Stop a session, or choose a smaller model.',
          ),
        }
      : {}),
    ...((sample.finalP95Ms ?? 0) > limits.finalP95Ms
      ? {
          'latency.final': {
            message:
              `Text appears ${seconds(sample.finalP95Ms ?? 0)} after the speech. Close other ` +
              'programs, or choose a smaller model.',
            forMs: limits.finalMs,
          },
        }
      : {}),
    ...(lostMs !== undefined && sample.nowMs - lostMs < limits.droppedMs
      ? {
          'frames.dropped': now(
            'Audio is being lost because Earmark cannot write to the disk; free some space ' +
              'now.',
          ),
        }
      : {}),
    ...(deadMs !== undefined && sample.nowMs - deadMs < limits.deadMs
      ? {
          'phrase.dead': now(
            'Every worker failed to decode a phrase, so it is left out. Search the ' +
              'workers\' logs for "phrase.dead".',
          ),
        }
      : {}),
    ...(sample.diskFreeBytes !== undefined && sample.diskFreeBytes < limits.diskFreeBytes
      ? {
          'disk.low': now(
            `Only ${gb(sample.diskFreeBytes)} are free on the disk of Earmark's sessions. ` +
              'Free some space, or set EARMARK_HOME to another disk.',
          ),
        }
      : {}),
    ...(sample.inMemory === undefined ? {} : { 'store.memory': now(sample.inMemory) }),
    ...(sample.settingProblems[0] === undefined
      ? {}
      : { 'settings.wrong': now(sample.settingProblems[0]) }),
    ...(sample.dump === undefined ? {} : { 'debug.dump': now(sample.dump) }),
    ...(sample.residentBytes > limits.residentBytes
      ? {
          'memory.high': {
            message:
              `Earmark uses ${gb(sample.residentBytes)} of memory. Choose a smaller model, ` +
              'or restart it with "earmark daemon stop".',
            forMs: limits.memoryMs,
          },
        }
      : {}),
  };
}
