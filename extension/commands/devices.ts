/** Commands that select the microphone and the audio output to record. */
import * as vscode from 'vscode';
import { AudioDevices } from '../../protocol/audio';
import type { Handlers, Parts } from '../parts';
import { UserError } from '../errors';
import { settings } from '../settings/settings';

export function deviceCommands(parts: Parts): Handlers {
  return {
    selectMicrophone: () => choose(parts, 'audio.microphone'),
    selectSystemAudio: () => choose(parts, 'audio.systemAudio'),
  };
}

async function choose(
  { daemon }: Parts,
  key: 'audio.microphone' | 'audio.systemAudio',
): Promise<void> {
  const mic = key === 'audio.microphone';
  const found = await (await daemon.ready()).request(AudioDevices, {});
  const devices = mic ? found.microphones : found.systems;
  if (devices.length === 0) {
    const none = mic
      ? vscode.l10n.t('No microphone found.')
      : vscode.l10n.t('No recordable audio output found.');
    throw new UserError([none, ...found.advice].join(' '));
  }
  const current = mic ? settings.microphone() : settings.systemAudio();
  const here = (chosen: boolean): { description?: string } =>
    chosen ? { description: vscode.l10n.t('selected') } : {};
  const items = [
    { label: vscode.l10n.t('System default'), id: '', ...here(current === '') },
    ...devices.map((d) => ({
      label: d.name,
      id: d.id,
      detail: d.isDefault ? vscode.l10n.t('default, recorded with {0}', d.recorder) : d.recorder,
      ...here(d.id === current),
    })),
  ];
  const picked = await vscode.window.showQuickPick(items, {
    placeHolder: mic
      ? vscode.l10n.t('Select the microphone to record')
      : vscode.l10n.t('Select the audio output to record'),
  });
  if (picked !== undefined) await settings.write(key, picked.id);
}
