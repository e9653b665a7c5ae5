/**
 * Current alerts of the daemon as one notice. The notice exists while at least one alert is raised,
 * and contains the messages of the alerts.
 */
import type { PanelNotice } from '../../protocol/panel';
import { t } from '../l10n';

export interface RaisedAlert {
  readonly id: string;
  readonly message: string;
}

export const ALERT_NOTICE = 'alerts';

/** Alerts by severity, worst first. Possible data loss comes before slowness. */
const ORDER = [
  'frames.dropped',
  'phrase.dead',
  'store.memory',
  'engine.failed',
  'disk.low',
  'debug.dump',
  'errors.repeated',
  'load.emergency',
  'inference.wait',
  'engine.slow',
  'latency.final',
  'memory.high',
  'settings.wrong',
];
const LOSES: ReadonlySet<string> = new Set([
  'frames.dropped',
  'store.memory',
  'engine.failed',
  'disk.low',
]);
/** Messages shown in full. Further alerts are only counted. */
const SHOWN_EACH = 2;

export class Alerts {
  private readonly raised = new Map<string, string>();

  /** Replaces all alerts with those of a health snapshot. */
  reset(all: readonly RaisedAlert[]): void {
    this.raised.clear();
    for (const { id, message } of all) this.raised.set(id, message);
  }

  change({ id, message, op }: RaisedAlert & { readonly op: 'raised' | 'cleared' }): void {
    if (op === 'raised') this.raised.set(id, message);
    else this.raised.delete(id);
  }

  /** Undefined if no alert is raised. */
  get notice(): PanelNotice | undefined {
    const rank = (id: string): number => (ORDER.includes(id) ? ORDER.indexOf(id) : ORDER.length);
    const all = [...this.raised].sort(([a], [b]) => rank(a) - rank(b));
    if (all.length === 0) return undefined;
    const more =
      all.length > SHOWN_EACH ? [t('Run Doctor to see {0} more.', all.length - SHOWN_EACH)] : [];
    return {
      id: ALERT_NOTICE,
      severity: all.some(([id]) => LOSES.has(id)) ? 'error' : 'warning',
      text: [...all.slice(0, SHOWN_EACH).map(([, message]) => message), ...more].join(' '),
      action: { label: t('Run Doctor'), command: 'doctor' },
    };
  }
}
