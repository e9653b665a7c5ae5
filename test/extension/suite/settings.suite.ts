/**
 * What the user sets in the editor holds in the daemon at once, stays in its config.json, and goes
 * when it is taken back; what is wrong is told in the panel.
 */
import { deepEqual, equal, match } from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { stateFolder } from '../../../client';
import { PrivacyRetention } from '../../../protocol/privacy';
import { SettingsGet } from '../../../protocol/settings';
import { app, until } from './support';

const set = (name: string, value: unknown): Thenable<void> =>
  vscode.workspace
    .getConfiguration('earmark')
    .update(name, value, vscode.ConfigurationTarget.Global);
const kept = (): Record<string, unknown> => {
  const file = join(stateFolder(), 'config.json');
  return existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>)
    : {};
};

describe('settings of the daemon', () => {
  it('hold at once, and go again', async () => {
    const { parts } = await app();
    const connection = await parts.daemon.ready();
    await set('privacy.redactTranscript', true);
    await set('privacy.audioDays', 12);
    await until('the daemon keeps it', () => kept()['privacy.redactTranscript'] === true);
    const { values, problems } = await connection.request(SettingsGet, {});
    deepEqual([values['privacy.redactTranscript'], problems], [true, []]);
    await until(
      'the days are there',
      async () => (await connection.request(PrivacyRetention, {})).retention.audioDays === 12,
    );
    await set('privacy.redactTranscript', undefined);
    await set('privacy.audioDays', undefined);
    await until('it is taken back', () => !('privacy.redactTranscript' in kept()));
    await until(
      'the days are gone',
      async () =>
        (await connection.request(PrivacyRetention, {})).retention.audioDays === undefined,
    );
  });

  it('that are wrong are told in the panel until they are right', async () => {
    const { parts } = await app();
    await parts.daemon.ready();
    const reported = (): string => parts.alerts.notice?.text ?? '';
    await set('llm.concurrency', 99);
    await until('the panel tells it', () => reported() !== '');
    match(reported(), /"llm\.concurrency": .*16; the value before it stays\./);
    equal('llm.concurrency' in kept(), false);
    await set('llm.concurrency', undefined);
    await until('it is told no more', () => reported() === '');
  });
});
