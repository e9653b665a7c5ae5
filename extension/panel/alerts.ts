/**
 * What is wrong with the daemon now, as one notice: it is there while an alert is, in the alerts'
 * own words.
 */
import type { PanelNotice } from '../../protocol/panel';
import { t } from '../l10n';

export interface RaisedAlert {
  readonly id: string;
  readonly message: string;
}

export const ALERT_NOTICE = 'alerts';

/** Worst first: what may lose something goes before what is only slow. */
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
/** More are counted. */
const SHOWN_EACH = 2;

export class Alerts {
  private readonly raised = new Map<string, string>();

  /** All there are, as health tells them. */
  reset(all: readonly RaisedAlert[]): void {
    this.raised.clear();
    for (const { id, message } of all) this.raised.set(id, message);
  }

  change({ id, message, op }: RaisedAlert & { readonly op: 'raised' | 'cleared' }): void {
    if (op === 'raised') this.raised.set(id, message);
    else this.raised.delete(id);
  }

  /** Undefined while all is well. */
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
