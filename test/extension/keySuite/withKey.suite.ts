/**
 * A window that encrypts: the key lies in the editor's secret storage, and a daemon that starts
 * anew, also after a change of the key, is opened with it.
 */
import { deepEqual, equal, notEqual } from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ensureDaemon, isAlive, readDaemonFile, stateFolder } from '../../../client';
import { DaemonShutdown } from '../../../protocol/health';
import { PrivacyStorage } from '../../../protocol/privacy';
import { SessionList } from '../../../protocol/session';
import { app, quiet, run, say, testApi, until } from '../suite/support';

const WORD = 'quagga';

/**
 * Files of the state folder in which the word stands, but for the one that tells the recorder what
 * to say.
 */
function filesWithWord(): string[] {
  return readdirSync(stateFolder(), { recursive: true, encoding: 'utf8' }).filter(
    (name) =>
      name !== 'says.json' &&
      statSync(join(stateFolder(), name), { throwIfNoEntry: false })?.isFile() &&
      readFileSync(join(stateFolder(), name)).includes(WORD),
  );
}

describe('a window that encrypts', function () {
  this.timeout(90_000);
  after(async () => {
    say();
    await quiet();
  });

  it('keeps the key, changes it, and opens with it what a new daemon finds', async () => {
    const { parts } = await (await testApi()).app();
    const key = await parts.key.getOrMake();
    // One in the clear would be encrypted at its next start only.
    await app({ EARMARK_KEY: key });
    await parts.consent.give('meeting');
    say(`The ${WORD} is here.`);
    await run('startMeeting');
    await until('it was heard', () =>
      parts.meeting.model?.view().segments.some(({ text }) => text.includes(WORD)),
    );
    await run('stopMeeting');
    await until('it is done', () => parts.meeting.model?.state === 'DONE');
    const connection = await parts.daemon.ready();
    const { sessions } = await connection.request(SessionList, {});
    deepEqual(
      {
        sessions: sessions.length,
        encrypted: (await connection.request(PrivacyStorage, {})).encrypted,
        files: filesWithWord(),
      },
      { sessions: 1, encrypted: true, files: [] },
    );

    await parts.key.change(connection);
    notEqual(await parts.key.get(), key);
    const pid = readDaemonFile(stateFolder())?.pid ?? -1;
    const client = await ensureDaemon({
      stateDir: stateFolder(),
      client: { name: 'tests', version: '0' },
    });
    await client.request(DaemonShutdown, {}).catch(() => undefined);
    client.dispose();
    await until('the daemon ends', () => !isAlive(pid), 30_000);
    // Whoever starts the next one: it has the new key from the window, or is told it.
    await app();
    const found = await until(
      'the window is back',
      async () => (await parts.daemon.ready()).request(SessionList, {}).catch(() => undefined),
      60_000,
    );
    deepEqual(
      found.sessions.map(({ id }) => id),
      sessions.map(({ id }) => id),
    );
    notEqual(readDaemonFile(stateFolder())?.pid, pid);
    equal(filesWithWord().length, 0);
  });
});
