/** What the store makes of a database that is damaged, of another time, or not its to write. */
import { deepEqual, ok, throws } from 'node:assert/strict';
import {
  closeSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { openStore } from '../../daemon/adapters/store/openStore';
import type { SessionRecord } from '../../daemon/session/contract/events';
import type { LibsqlStore } from '../../daemon/adapters/store/libsqlStore';
import { EarmarkError } from '../../protocol/errors';

const record: SessionRecord = {
  id: 'a',
  kind: 'meeting',
  title: 'Title',
  state: 'IDLE',
  startedAt: '2026-01-05T09:00:00+00:00',
  createdMs: 1,
  durationMs: 0,
  sources: [],
  language: 'en',
  provider: 'p',
  model: 'm',
  live: true,
  partials: true,
  insights: true,
  ephemeral: false,
  keepAudio: false,
};

function fillSession(store: LibsqlStore, id: string, segments: number, word = 'word'): void {
  store.createSession({ ...record, id });
  store.append(id, [
    { kind: 'state', from: 'IDLE', to: 'DONE', cause: 'stop.request', seq: 1, time: 0 },
  ]);
  for (let i = 0; i < segments; i++) {
    store.append(id, [
      {
        kind: 'final',
        seq: i + 2,
        time: i,
        segment: {
          id: `s${i}`,
          startMs: i * 1000,
          endMs: i * 1000 + 900,
          source: 'mic',
          speaker: 'You',
          text: `the ${word}${i % 10} and ${word}${(i * 7) % 10} again and again`,
          confidence: 0.9,
          revision: 0,
        },
      },
    ]);
  }
}

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
    const modes = readdirSync(join(folder, 'state')).map((name) => [
      name,
      statSync(join(folder, 'state', name)).mode & 0o777,
    ]);
    deepEqual(modes, [
      ['earmark.db', 0o600],
      ['earmark.db-shm', 0o600],
      ['earmark.db-wal', 0o600],
    ]);
    store.close();
  });

  it('is set aside when it is no database, and a new one is begun', () => {
    mkdirSync(join(folder, 'state'));
    writeFileSync(file, 'this is no database '.repeat(500));
    const { store, setAside } = openStore({ file, now });
    store.createSession(record);
    deepEqual(
      { setAside, size: statSync(setAside ?? '').size, there: store.getSession('a')?.title },
      { setAside: `${file}.unread-2026-01-05T09-00-00-000Z`, size: 10_000, there: 'Title' },
    );
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
    deepEqual(
      readdirSync(join(folder, 'state')).filter((name) => name.includes('damaged')),
      [],
    );
  });

  it('is used again as it was, not migrated twice', () => {
    for (let i = 0; i < 2; i++) {
      const { store, setAside } = openStore({ file });
      if (i === 0) store.createSession(record);
      deepEqual([setAside, store.getSession('a')?.title], [undefined, 'Title']);
      store.close();
    }
  });

  it('from which sessions were deleted is no damaged one, and a broken search index is made anew', () => {
    for (let round = 0; round < 3; round++) {
      const { store, setAside } = openStore({ file });
      deepEqual([round, setAside], [round, undefined]);
      fillSession(store, `r${round}`, 20);
      store.deleteSession(`r${round}`);
      store.close();
    }
    const kept = openStore({ file }).store;
    fillSession(kept, 'kept', 20);
    kept.close();
    const db = new Database(file);
    db.exec('UPDATE segment_text_data SET block = zeroblob(length(block)) WHERE id > 10');
    db.close();
    const { store, setAside } = openStore({ file });
    deepEqual(
      [setAside, store.search({ words: ['word7'], kind: 'transcript', limit: 99 }).length],
      [undefined, 4],
    );
    store.close();
  });

  it('keeps no word of a deleted session once it is tidied', () => {
    const { store } = openStore({ file });
    for (let i = 0; i < 5; i++) fillSession(store, `a${i}`, 30);
    fillSession(store, 'b', 1, 'unrepeatable');
    store.deleteSession('b');
    store.tidy();
    store.close();
    deepEqual(
      readdirSync(join(folder, 'state')).filter((name) =>
        readFileSync(join(folder, 'state', name)).includes('unrepeatable'),
      ),
      [],
    );
  });

  it('that was being read into a new one when the power went is read again, and nothing is lost', () => {
    const whole = openStore({ file }).store;
    for (let i = 0; i < 4; i++) fillSession(whole, `a${i}`, 25);
    whole.close();
    const fd = openSync(file, 'r+');
    writeSync(fd, Buffer.from('damage'), 0, 6, 4096 + 5); // The sessions' own page or its index: what it was does not matter, only that the start notices.
    closeSync(fd);
    copyFileSync(file, `${file}.kept`);
    const states = new Set<string>();
    // After each step in turn, until one start gets to the end.
    for (let steps = 0; ; steps++) {
      for (const name of readdirSync(join(folder, 'state')))
        if (name !== 'earmark.db.kept') rmSync(join(folder, 'state', name));
      copyFileSync(`${file}.kept`, file);
      let left = steps;
      let cut = false;
      try {
        openStore({
          file,
          now,
          onStep: (step) => {
            states.add(step);
            if (left-- === 0) {
              cut = true;
              throw new EarmarkError('store.unwritable', 'The power went.');
            }
          },
        }).store.close();
      } catch (error) {
        if (!cut) throw error;
      }
      const { store } = openStore({ file, now });
      deepEqual(
        [
          steps,
          store.listSessions({ limit: 9, offset: 0 }).map(({ id }) => store.counts(id).lastSeq),
        ],
        [steps, [26, 26, 26, 26]],
      );
      store.close();
      if (!cut) break;
    }
    ok(states.size >= 4, `${[...states].join(', ')}`);
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
    throws(
      () =>
        store.append('a', [
          { kind: 'state', from: 'IDLE', to: 'STARTING', cause: 'start', seq: 1, time: 0 },
        ]),
      { code: 'store.unwritable', message: /Another program/ },
    );
    other.exec('ROLLBACK');
    other.close();
    store.append('a', [
      { kind: 'state', from: 'IDLE', to: 'STARTING', cause: 'start', seq: 1, time: 0 },
    ]);
    deepEqual(store.counts('a').lastSeq, 1);
    store.close();
  });
});
