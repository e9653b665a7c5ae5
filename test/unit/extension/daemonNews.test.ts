/** What goes from the editor's settings to the daemon, and the daemon's alerts as one notice. */
import { deepEqual, equal } from 'node:assert/strict';
import {
  DAEMON_SETTINGS,
  retentionToSend,
  settingsToSend,
} from '../../../extension/daemon/daemonSettings';
import { Alerts } from '../../../extension/panel/alerts';
import manifest from '../../../package.json';
import { ALERT_IDS } from '../../../protocol/metrics';
import { DEFAULT_SETTINGS, Settings } from '../../../protocol/settings';

describe('settings of the daemon in the editor', () => {
  const declared = manifest.contributes.configuration.flatMap(({ properties }) =>
    Object.entries<{ readonly scope: string; readonly default: unknown }>(properties),
  );
  for (const name of DAEMON_SETTINGS) {
    it(`${name} is the same on both sides, and no workspace can set it`, () => {
      const [, found] = declared.find(([key]) => key === `earmark.${name}`) ?? [];
      deepEqual(
        {
          scope: found?.scope,
          default: found?.default,
          fits: Settings.shape[name].safeParse(found?.default).success,
        },
        { scope: 'machine', default: DEFAULT_SETTINGS[name], fits: true },
      );
    });
  }

  it('only what the user set is sent; what is taken back is taken back there too', () => {
    const user: Record<string, unknown> = { 'models.offline': true, 'speech.language': 'de' };
    deepEqual(
      settingsToSend((name) => user[name], ['models.proxy', 'models.offline']),
      { values: { 'models.proxy': null, 'models.offline': true }, sent: ['models.offline'] },
    );
    deepEqual(
      settingsToSend(() => undefined, []),
      { values: {}, sent: [] },
    );
  });

  it('0 days are no limit', () =>
    deepEqual(retentionToSend({ audioDays: 7, transcriptDays: 0, insightsDays: 0.5 }), {
      audioDays: 7,
      insightsDays: 0.5,
    }));
});

describe('alerts in the panel', () => {
  it('are one notice, the worst first, that goes with the last of them', () => {
    const alerts = new Alerts();
    const reported = (): unknown =>
      alerts.notice === undefined ? undefined : [alerts.notice.severity, alerts.notice.text];
    deepEqual(reported(), undefined);
    alerts.change({ id: 'engine.slow', op: 'raised', message: 'It is slow.' });
    deepEqual(reported(), ['warning', 'It is slow.']);
    alerts.change({ id: 'disk.low', op: 'raised', message: 'Free some space.' });
    alerts.change({ id: 'settings.wrong', op: 'raised', message: 'Correct it.' });
    deepEqual(reported(), ['error', 'Free some space. It is slow. Run Doctor to see 1 more.']);
    alerts.change({ id: 'disk.low', op: 'cleared', message: 'Free some space.' });
    deepEqual(reported(), ['warning', 'It is slow. Correct it.']);
    alerts.reset([]);
    deepEqual(reported(), undefined);
  });

  it('know every alert of the daemon', () => {
    for (const id of ALERT_IDS) {
      const alerts = new Alerts();
      alerts.reset([
        { id, message: 'x' },
        { id: 'unheard of', message: 'y' },
      ]);
      equal(alerts.notice?.text, 'x y', id);
    }
  });
});
