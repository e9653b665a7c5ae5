/** What the store makes of a database that is damaged, of another time, or not its to write. */
import { deepEqual, throws } from 'node:assert/strict';
import { mkdirSync, mkdtempSync, openSync, closeSync, readdirSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { openStore } from '../../daemon/adapters/store/openStore';
import type { SessionRecord } from '../../daemon/session/events';

const record: SessionRecord = {
  id: 'a', kind: 'meeting', title: 'Title', state: 'IDLE', startedAt: '2026-01-05T09:00:00+00:00', createdMs: 1, durationMs: 0, sources: [], language: 'en',
  provider: 'p', model: 'm', partials: true, insights: true, ephemeral: false, keepAudio: false,
};

describe('database file', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'earmark-db-'));
    file = join(folder, 'state', 'earmark.db');
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const now = (): number => Date.UTC(2026, 0, 5, 9);

  it('is readable by its owner only, like everything beside it', () => {
    const { store } = openStore({ file });
    store.createSession(record);
    const modes = readdirSync(join(folder, 'state')).map((name) => [name, statSync(join(folder, 'state', name)).mode & 0o777]);
    deepEqual(modes, [['earmark.db', 0o600], ['earmark.db-shm', 0o600], ['earmark.db-wal', 0o600]]);
    store.close();
  });

  it('is set aside when it is no database, and a new one is begun', () => {
    mkdirSync(join(folder, 'state'));
    writeFileSync(file, 'this is no database '.repeat(500));
    const { store, setAside } = openStore({ file, now });
    store.createSession(record);
    deepEqual({ setAside, size: statSync(setAside ?? '').size, there: store.getSession('a')?.title }, { setAside: `${file}.damaged-2026-01-05T09-00-00-000Z`, size: 10_000, there: 'Title' });
    store.close();
  });

  it('is set aside when its pages are damaged', () => {
    openStore({ file }).store.close();
    const fd = openSync(file, 'r+');
    const { size } = statSync(file);
    writeSync(fd, Buffer.alloc(size - 100, 0xee), 0, size - 100, 100);
    closeSync(fd);
    const { store, setAside } = openStore({ file, now });
    deepEqual([typeof setAside, store.listSessions({ limit: 9, offset: 0 })], ['string', []]);
    store.close();
  });

  it('of a newer Earmark is left alone, in words', () => {
    openStore({ file }).store.close();
    const db = new Database(file);
    db.exec('PRAGMA user_version = 999');
    db.close();
    throws(() => openStore({ file }), { code: 'store.corrupt', message: /newer Earmark/ });
    deepEqual(readdirSync(join(folder, 'state')).filter((name) => name.includes('damaged')), []);
  });

  it('is used again as it was, not migrated twice', () => {
    for (let i = 0; i < 2; i++) {
      const { store, setAside } = openStore({ file });
      if (i === 0) store.createSession(record);
      deepEqual([setAside, store.getSession('a')?.title], [undefined, 'Title']);
      store.close();
    }
  });

  it('that cannot be made is an error in words', () => {
    writeFileSync(join(folder, 'state'), 'a file in the way');
    throws(() => openStore({ file }), { code: 'store.unwritable', message: /EARMARK_HOME/ });
  });

  it('that another program holds is an error in words, and is well afterwards', function () {
    this.timeout(20_000);
    const { store } = openStore({ file, busySeconds: 0.1 });
    store.createSession(record);
    const other = new Database(file);
    other.exec('BEGIN IMMEDIATE');
    throws(() => store.append('a', [{ kind: 'state', from: 'IDLE', to: 'STARTING', cause: 'start', seq: 1, time: 0 }]), { code: 'store.unwritable', message: /Another program/ });
    other.exec('ROLLBACK');
    other.close();
    store.append('a', [{ kind: 'state', from: 'IDLE', to: 'STARTING', cause: 'start', seq: 1, time: 0 }]);
    deepEqual(store.counts('a').lastSeq, 1);
    store.close();
  });
});
