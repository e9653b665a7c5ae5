/** `settings/*`: user settings and their problems. */
import { EarmarkError } from '../../../protocol/errors';
import { SettingsGet, SettingsSet } from '../../../protocol/settings';
import type { RpcDeps } from '../deps';
import type { Registry } from '../registry';

export function settingsHandlers(registry: Registry, { settings }: RpcDeps): void {
  const currentSettings = () => ({
    values: { ...settings.shown },
    problems: settings.problems.map((problem) => ({ ...problem })),
  });
  registry.on(SettingsGet, currentSettings).on(SettingsSet, ({ values }, { peer }) => {
    if (peer.identity.kind !== 'local')
      throw new EarmarkError(
        'rpc.forbidden',
        "Settings can be changed only on the daemon's own machine, because they name " +
          'its programs and addresses. Edit config.json in its state folder.',
      );
    settings.set(values);
    return currentSettings();
  });
}
