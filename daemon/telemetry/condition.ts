/** State of the daemon for `daemon/health`, the local page and the bundle. */
import type { EngineHealth } from '../asr/contract/enginesApi';
import type { Alert } from './alerts';

export interface Part {
  readonly name: string;
  readonly state: 'ok' | 'degraded' | 'failed';
  /** Sentence for the user; absent while the state is ok. */
  readonly reason?: string;
}

/** An error or warning of the log, without its fields. */
export interface LoggedError {
  readonly at: string;
  readonly level: 'warn' | 'error';
  readonly component: string;
  readonly event: string;
  /** Code or name, never a message. */
  readonly error?: string;
}

export interface Condition {
  /** True if a session can start now. */
  readonly ready: boolean;
  readonly parts: readonly Part[];
  readonly alerts: readonly Alert[];
  readonly metrics: Readonly<Record<string, number>>;
  /** Newest last. */
  readonly lastErrors: readonly LoggedError[];
}

export interface PartFacts {
  readonly engines: readonly EngineHealth[];
  readonly detector:
    'starting' | 'ready' | 'busy' | 'restarting' | 'failed' | 'stopped' | undefined;
  /** Reason why the store cannot be used; undefined if it works. */
  readonly storeProblem: string | undefined;
  /** Reasons for settings that are not applied. */
  readonly settingProblems: readonly string[];
  readonly draining: boolean;
  readonly alerts: readonly Alert[];
}

export function partsOf({
  engines,
  detector,
  storeProblem,
  settingProblems,
  draining,
  alerts,
}: PartFacts): readonly Part[] {
  const alert = (id: string): string | undefined => alerts.find((a) => a.id === id)?.message;
  const part = (name: string, failed: string | undefined, degraded: string | undefined): Part =>
    failed !== undefined
      ? { name, state: 'failed', reason: failed }
      : degraded !== undefined
        ? { name, state: 'degraded', reason: degraded }
        : { name, state: 'ok' };
  const [main] = engines;
  return [
    part('store', storeProblem, alert('disk.low') ?? alert('frames.dropped')),
    part(
      'recognition',
      main?.state === 'ERROR' ? main.error : undefined,
      engines.find(({ state }) => state === 'ERROR')?.error ??
        alert('engine.slow') ??
        alert('inference.wait') ??
        alert('load.emergency'),
    ),
    // Without the model, loudness detects speech.
    part(
      'speech detector',
      undefined,
      detector === 'failed'
        ? 'The speech detector failed. Earmark finds speech by its level. Run "earmark ' +
            'doctor --retry".'
        : undefined,
    ),
    part('settings', undefined, settingProblems[0]),
    part(
      'requests',
      draining ? 'The daemon is shutting down and accepts no new sessions.' : undefined,
      undefined,
    ),
  ];
}
