/**
 * One suite over every store of kept voices: the real one in libSQL and the fake that other tests
 * use.
 */
import { deepEqual } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStoreThread } from '../../daemon/adapters/store/storeThread';
import type { SessionRecord } from '../../daemon/session/contract/events';
import type { SessionStore } from '../../daemon/session/contract/store';
import type { StoredVoice, VoiceStore } from '../../daemon/session/contract/voices';
import { MemoryStore } from '../../testing/fakes/memoryStore';

const record = (id: string): SessionRecord => ({
  id,
  kind: 'meeting',
  title: id,
  state: 'IDLE',
  startedAt: '2026-01-05T09:00:00+00:00',
  createdMs: 1000,
  durationMs: 0,
  sources: [],
  language: 'en',
  provider: 'scripted',
  model: 'script',
  live: true,
  partials: true,
  insights: true,
  ephemeral: false,
  keepAudio: false,
});
type Store = SessionStore & VoiceStore;

for (const kind of ['memory', 'libsql on its thread'] as const) {
  describe(`store of voices: ${kind}`, () => {
    let folder: string;
    let store: Store;
    const file = (): string => join(folder, 'earmark.db');
    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), 'earmark-voices-'));
      store =
        kind === 'memory'
          ? new MemoryStore()
          : (await openStoreThread({ file: file(), now: Date.now })).store;
    });
    afterEach(async () => {
      await store.close();
      rmSync(folder, { recursive: true });
    });
    const reopened = async (): Promise<Store> => {
      if (kind === 'memory') return store;
      await store.close();
      const { store: opened, setAside } = await openStoreThread({ file: file(), now: Date.now });
      deepEqual(setAside, undefined);
      return opened;
    };

    it('keeps voices over a restart and the deletion of their session, forgets them by name, by owner and with a purge', async () => {
      const voice = (
        name: string,
        sessionId: string,
        change: Partial<StoredVoice> = {},
      ): StoredVoice => ({
        name,
        sessionId,
        keptMs: 1_700_000_000_000,
        speechMs: 12_000,
        centre: Float32Array.from([0.25, -0.5, 1]),
        ...change,
      });
      const names = async () =>
        (await store.voices()).map(({ owner, name, sessionId }) => [owner, name, sessionId]);
      for (const id of ['a', 'b']) await store.createSession(record(id));
      await store.keepVoice(voice('Anna', 'a', { keptMs: 1 }));
      await store.keepVoice(voice('Anna', 'a'));
      await store.keepVoice(voice('Ben', 'b'));
      await store.keepVoice(voice('Anna', 'x', { owner: 'mia' }));
      store = await reopened();
      deepEqual(
        (await store.voices()).find(({ name, owner }) => name === 'Anna' && owner === undefined),
        voice('Anna', 'a'),
      );
      await store.deleteSession('a');
      deepEqual(await names(), [
        [undefined, 'Anna', 'a'],
        [undefined, 'Ben', 'b'],
        ['mia', 'Anna', 'x'],
      ]);
      await store.purgeSession('b');
      await store.forgetVoices(undefined, 'Anna');
      deepEqual(await names(), [['mia', 'Anna', 'x']]);
      for (let i = 0; i < 10; i++) await store.keepVoice(voice('Cleo', `s${i}`));
      deepEqual(
        (await names()).filter(([, name]) => name === 'Cleo').map(([, , session]) => session),
        ['s2', 's3', 's4', 's5', 's6', 's7', 's8', 's9'],
      );
      await store.forgetVoices(undefined);
      deepEqual(await names(), [['mia', 'Anna', 'x']]);
    });
  });
}
