/** Checks the alert conditions every few seconds and announces changes. */
import type { Clock } from '../base/clock';
import { type Disposable, DisposableStore } from '../base/disposable';
import { Emitter } from '../base/emitter';
import type { Logger } from '../base/logger';
import {
  type Alert,
  type AlertChange,
  type AlertSample,
  NO_ALERTS,
  raisedAlerts,
  stepAlerts,
} from './alerts';

const EVERY_MS = 5_000;

export interface AlertWatchSetup {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly sample: () => AlertSample;
}

export class AlertWatch implements Disposable {
  private state = NO_ALERTS;
  private readonly disposables = new DisposableStore();
  private readonly changes = this.disposables.add(new Emitter<AlertChange>());
  readonly onDidChange = this.changes.event;

  constructor(private readonly setup: AlertWatchSetup) {
    this.disposables.add(setup.clock.setInterval(() => this.look(), EVERY_MS));
  }

  get raised(): readonly Alert[] {
    return raisedAlerts(this.state);
  }

  dispose(): void {
    this.disposables.dispose();
  }

  private look(): void {
    const { state, changes } = stepAlerts(this.state, this.setup.sample());
    this.state = state;
    for (const change of changes) {
      if (change.op === 'raised') this.setup.logger.error('alert.raised', { alert: change.id });
      else this.setup.logger.info('alert.cleared', { alert: change.id });
      this.changes.fire(change);
    }
  }
}
