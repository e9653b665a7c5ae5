/** One suite over every SessionStore: the real one in libSQL and the fake that other tests use. */
import { deepEqual, throws } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../daemon/adapters/store/openStore';
import type { DurableEvent, DurableEventBody, SessionRecord } from '../../daemon/session/events';
import type { SessionStore } from '../../daemon/session/ports';
import type { SearchQuery } from '../../daemon/session/search';
import type { Insight } from '../../daemon/analysis/types';
import type { Segment } from '../../daemon/transcript/types';
import { MemoryStore } from '../fakes/memoryStore';

const record = (id: string, change: Partial<SessionRecord> = {}): SessionRecord => ({
  id, kind: 'meeting', title: `Title of ${id}`, state: 'IDLE', startedAt: '2026-01-05T09:00:00+00:00', createdMs: 1000, durationMs: 0,
  sources: [{ source: 'mic', origin: { type: 'capture' } }], language: 'en', provider: 'scripted', model: 'script',
  partials: true, insights: true, ephemeral: false, keepAudio: false, ...change,
});
const segment = (id: string, text: string, change: Partial<Segment> = {}): Segment => ({ id, startMs: 0, endMs: 900, source: 'mic', speaker: 'You', text, confidence: 0.9, revision: 0, ...change });
const insight = (id: string, change: Partial<Insight> = {}): Insight => ({ id, kind: 'action', text: 'Fix it', status: 'open', confidence: 0.8, evidence: [{ segmentId: 's1', startMs: 0, endMs: 900, quote: 'fix it' }], symbols: [], ...change });
const numbered = (from: number, ...bodies: DurableEventBody[]): DurableEvent[] => bodies.map((body, i) => ({ ...body, seq: from + i, time: (from + i) * 100 }));
const code = (wanted: string) => (error: unknown): boolean => (error as { code?: string }).code === wanted;

interface Subject {
  readonly store: SessionStore;
  /** The store as the next start of the daemon finds it. */
  reopen(): SessionStore;
  end(): void;
}

const subjects: Readonly<Record<string, () => Subject>> = {
  memory: () => {
    const store = new MemoryStore();
    return { store, reopen: () => store, end: () => undefined };
  },
  libsql: () => {
    const folder = mkdtempSync(join(tmpdir(), 'earmark-store-'));
    const open: SessionStore[] = [];
    const next = (): SessionStore => {
      open.at(-1)?.close();
      open.push(openStore({ file: join(folder, 'earmark.db') }).store);
      return open.at(-1) as SessionStore;
    };
    return {
      store: next(),
      reopen: next,
      end: () => {
        open.at(-1)?.close();
        rmSync(folder, { recursive: true });
      },
    };
  },
};

for (const [name, make] of Object.entries(subjects)) {
  describe(`store: ${name}`, () => {
    let subject: Subject;
    let store: SessionStore;
    beforeEach(() => {
      subject = make();
      store = subject.store;
    });
    afterEach(() => subject.end());

    it('keeps events, state, segments, speakers, insights, progress and figures over a restart', () => {
      store.createSession(record('a', { key: 'k' }));
      const events = numbered(
        1,
        { kind: 'state', from: 'IDLE', to: 'STREAMING', cause: 'start' },
        { kind: 'speaker', speaker: { id: 'mic', name: 'You', source: 'mic' } },
        { kind: 'final', segment: segment('s1', 'please fix it') },
        { kind: 'action', op: 'add', insight: insight('i1') },
        { kind: 'warning', code: 'source.gap', message: 'A gap.', source: 'mic' },
      );
      store.append('a', events, [{ source: 'mic', finalThrough: 41 }]);
      store.updateSession('a', { title: 'New', durationMs: 900, stats: { phrases: 1 } });
      const again = subject.reopen();
      deepEqual(
        { record: again.findByKey('k'), counts: again.counts('a'), events: again.readEvents('a', 0, 100), segments: again.segments('a'), speakers: again.speakers('a'), insights: again.insights('a'), progress: again.progress('a'), stats: again.stats('a') },
        {
          record: record('a', { key: 'k', state: 'STREAMING', title: 'New', durationMs: 900 }),
          counts: { lastSeq: 5, lastTime: 500, segments: 1 },
          events,
          segments: [segment('s1', 'please fix it')],
          speakers: [{ id: 'mic', name: 'You', source: 'mic' }],
          insights: [insight('i1')],
          progress: [{ source: 'mic', finalThrough: 41 }],
          stats: { phrases: 1 },
        },
      );
    });

    it('refuses an event that does not follow, and keeps nothing of its batch', () => {
      store.createSession(record('a'));
      store.append('a', numbered(1, { kind: 'final', segment: segment('s1', 'one') }));
      for (const from of [1, 3]) throws(() => store.append('a', numbered(from, { kind: 'final', segment: segment('s2', 'two') }), [{ source: 'mic', finalThrough: 9 }]), code('internal'));
      const [second] = numbered(2, { kind: 'final', segment: segment('s2', 'two') });
      throws(() => store.append('a', [second as DurableEvent, ...numbered(2, { kind: 'final', segment: segment('s3', 'three') })]), code('internal'));
      deepEqual({ counts: store.counts('a'), segments: store.segments('a').length, progress: store.progress('a') }, { counts: { lastSeq: 1, lastTime: 100, segments: 1 }, segments: 1, progress: [] });
    });

    it('applies revisions and changes of insights', () => {
      store.createSession(record('a'));
      const edited = segment('s1', 'one', { revision: 1 });
      const added = segment('s1.2', 'two', { startMs: 500 });
      store.append('a', numbered(
        1,
        { kind: 'final', segment: segment('s1', 'one two') },
        { kind: 'action', op: 'add', insight: insight('i1') },
        { kind: 'action', op: 'add', insight: insight('i2') },
        { kind: 'revision', revision: { segmentId: 's1', revision: 1, op: 'split', by: 'machine', segment: edited, added: [added] } },
        { kind: 'action', op: 'update', insight: insight('i1', { status: 'done' }) },
        { kind: 'action', op: 'remove', insight: insight('i2') },
      ));
      deepEqual({ segments: store.segments('a'), insights: store.insights('a'), count: store.counts('a').segments }, { segments: [edited, added], insights: [insight('i1', { status: 'done' })], count: 2 });
    });

    it('moves progress forwards only', () => {
      store.createSession(record('a'));
      for (const finalThrough of [10, 4, 12]) store.append('a', [], [{ source: 'mic', finalThrough }]);
      deepEqual(store.progress('a'), [{ source: 'mic', finalThrough: 12 }]);
    });

    it('pages events and lists sessions newest first', () => {
      for (const [id, createdMs] of [['a', 1], ['b', 3], ['c', 2]] as const) store.createSession(record(id, { createdMs }));
      store.append('c', numbered(1, { kind: 'state', from: 'IDLE', to: 'FAILED', cause: 'x' }, { kind: 'error', code: 'internal', message: 'm' }, { kind: 'error', code: 'internal', message: 'n' }));
      const ids = (filter: { limit: number; offset: number; active?: boolean }): string[] => store.listSessions(filter).map(({ id }) => id);
      deepEqual(
        { all: ids({ limit: 9, offset: 0 }), page: ids({ limit: 1, offset: 1 }), active: ids({ limit: 9, offset: 0, active: true }), over: ids({ limit: 9, offset: 0, active: false }), events: store.readEvents('c', 1, 1).map(({ seq }) => seq) },
        { all: ['b', 'c', 'a'], page: ['c'], active: ['b', 'a'], over: ['c'], events: [2] },
      );
    });

    it('finds words, also after a person changed them, and nothing of a deleted session', () => {
      for (const id of ['a', 'b']) {
        store.createSession(record(id));
        store.append(id, numbered(1, { kind: 'final', segment: segment('s1', 'Fix the token refresh') }, { kind: 'final', segment: segment('s2', 'and "quote" it') }));
      }
      store.append('a', numbered(3, { kind: 'revision', revision: { segmentId: 's1', revision: 1, op: 'edit', by: 'person', segment: segment('s1', 'Fix the cache', { revision: 1 }) } }));
      store.deleteSession('b');
      const found = (words: string) => store.search({ words: words.split(' ').filter(Boolean), kind: 'transcript', limit: 9 }).map((hit) => [hit.sessionId, 'segment' in hit && hit.segment.id]);
      deepEqual(
        { old: found('token'), now: found('cache fix'), quote: found('"quote'), gone: store.getSession('b'), events: store.readEvents('b', 0, 9) },
        { old: [], now: [['a', 's1']], quote: [['a', 's2']], gone: undefined, events: [] },
      );
    });

    it('searches by speaker, time, repository, branch, symbol and kind', () => {
      for (const [id, createdMs, branch] of [['a', 1_000, 'main'], ['b', 2_000, 'fix']] as const) {
        store.createSession({ ...record(id), createdMs, workspace: { repository: 'shop', branch } });
        store.append(id, numbered(1,
          { kind: 'speaker', speaker: { id: 'v1', name: 'Ben', source: 'mic' } },
          { kind: 'final', segment: segment('s1', 'Fix the cache', { speaker: 'v1' }) },
          { kind: 'final', segment: segment('s2', 'Ship the cache', { speaker: 'Nina' }) },
          { kind: 'action', op: 'add', insight: insight('i1', { text: 'Fix the cache', owner: 'Ben', symbols: [{ name: 'cacheKey' }], evidence: [{ segmentId: 's1', startMs: 0, endMs: 1, quote: 'Fix' }] }) },
          { kind: 'action', op: 'add', insight: insight('i2', { text: 'Ship 100% of it', status: 'dismissed' }) }));
      }
      const found = (query: Partial<SearchQuery>) => store.search({ words: [], kind: 'transcript', limit: 9, ...query }).map((hit) => `${hit.sessionId} ${'segment' in hit ? hit.segment.id : hit.insight.id}`).sort();
      deepEqual(
        { ben: found({ words: ['cache'], speaker: 'ben' }), nina: found({ speaker: 'NINA', branch: 'Fix' }), since: found({ words: ['fix'], sinceMs: 2_000 }), until: found({ words: ['fix'], untilMs: 2_000 }), other: found({ words: ['fix'], repository: 'other' }), symbol: found({ symbol: 'cachekey', branch: 'main' }), actions: found({ kind: 'action' }), words: found({ kind: 'action', words: ['cache', 'ben'], branch: 'main' }), wild: found({ kind: 'action', words: ['%'] }), decisions: found({ kind: 'decision' }) },
        { ben: ['a s1', 'b s1'], nina: ['b s2'], since: ['b s1'], until: ['a s1'], other: [], symbol: ['a s1'], actions: ['a i1', 'b i1'], words: ['a i1'], wild: [], decisions: [] },
      );
    });

    it('purges a session and says what went; forgets kinds of another, and numbers what is left from 1', () => {
      for (const id of ['a', 'b']) {
        store.createSession(record(id));
        store.append(id, numbered(1, { kind: 'state', from: 'IDLE', to: 'STARTING', cause: 'start' }, { kind: 'final', segment: segment('s1', 'one') }, { kind: 'action', op: 'add', insight: insight('i1') }));
      }
      const removed = store.purgeSession('a');
      const left = { a: store.getSession('a'), b: store.segments('b').length };
      store.forget('b', { transcript: true, insights: false });
      const half = { segments: store.counts('b').segments, found: store.search({ words: ['one'], kind: 'transcript', limit: 9 }), insights: store.insights('b').length, seqs: store.readEvents('b', 0, 9).map(({ seq, kind }) => [seq, kind]), last: store.counts('b').lastSeq };
      store.forget('b', { transcript: false, insights: true });
      store.append('b', numbered(2, { kind: 'state', from: 'DONE', to: 'FINALIZING', cause: 'recover' }));
      deepEqual(
        { removed, left, half, insights: store.insights('b'), last: store.counts('b').lastSeq },
        { removed: { events: 3, segments: 1, insights: 1, setAside: 0 }, left: { a: undefined, b: 1 }, half: { segments: 0, found: [], insights: 1, seqs: [[1, 'state'], [2, 'action']], last: 2 }, insights: [], last: 2 },
      );
    });

    it('keeps settings', () => {
      const before = store.setting('x');
      for (const value of ['1', '2']) store.setSetting('x', value);
      deepEqual([before, subject.reopen().setting('x')], [undefined, '2']);
    });

    it('knows nothing of a session that is not there', () => {
      deepEqual({ record: store.getSession('x'), key: store.findByKey('x'), counts: store.counts('x'), stats: store.stats('x') }, { record: undefined, key: undefined, counts: { lastSeq: 0, lastTime: 0, segments: 0 }, stats: {} });
      throws(() => store.append('x', numbered(1, { kind: 'final', segment: segment('s1', 'one') })), code('session.notFound'));
    });

    it('refuses writes when it is closed', () => {
      store.createSession(record('a'));
      store.close();
      throws(() => store.append('a', numbered(1, { kind: 'final', segment: segment('s1', 'one') })), code('store.unwritable'));
    });
  });
}
