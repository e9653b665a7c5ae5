/** Sessions that are begun by a key, so that who asks twice gets one. */
import { deepEqual, rejects } from 'node:assert/strict';
import { EarmarkError } from '../../../protocol/errors';
import { Harness, say } from '../../../testing/harness/sessionHarness';

describe('sessions by key', () => {
  let h: Harness;
  beforeEach(() => (h = new Harness()));
  afterEach(() => h.dispose());

  it('begins anew by the same key where the store kept a session and its answer was lost', async () => {
    const request = {
      key: 'k',
      kind: 'file',
      sources: [{ source: 'file', origin: { type: 'push' } }],
      partials: false,
      insights: false,
    } as const;
    const { store } = h;
    const [createSession, deleteSession] = [
      store.createSession.bind(store),
      store.deleteSession.bind(store),
    ];
    const away = new EarmarkError('store.unwritable', 'The database does not answer.');
    store.createSession = async (record) => {
      await createSession(record);
      throw away;
    };
    store.deleteSession = () => Promise.reject(away);
    await rejects(h.manager.start(request), (error) => error === away);
    const kept = await store.findByKey('k');
    Object.assign(store, { createSession, deleteSession });
    const { session } = await h.manager.start(request);
    const { id } = session.record;
    h.push(id, 'file', 0, say(1));
    await h.manager.stop(id, 'user');
    await h.manager.whenEnded(id);
    deepEqual(
      {
        kept: kept?.state,
        other: id !== kept?.id,
        gone: await store.getSession(kept?.id ?? ''),
        state: session.record.state,
        texts: await h.texts(id),
      },
      { kept: 'IDLE', other: true, gone: undefined, state: 'STREAMING', texts: ['w1'] },
    );
  });
});
