/** Following a session: every durable event once and in order, whatever the connection does. */
import { deepEqual, rejects } from 'node:assert/strict';
import type { DaemonClient } from '../../../client';
import { Subscription } from '../../../client/sessionSubscription';
import { EarmarkError } from '../../../protocol/errors';
import type { SessionEvent, SessionInfo } from '../../../protocol/session';
import { settle } from './fakeConnection';

const final = (seq: number) => ({ kind: 'final', seq, time: 0 }) as unknown as SessionEvent;
const level = () => ({ kind: 'level', afterSeq: 0, time: 0 }) as unknown as SessionEvent;

describe('session subscription', () => {
  function setup(
    answer: (method: string, params: { afterSeq?: number }) => unknown = () => ({
      session: { id: 's' },
      sources: [],
    }),
  ) {
    const asked: string[] = [];
    const noteReceived: (number | string)[] = [];
    const client = {
      closed: false,
      request: (type: { method: string }, params: { afterSeq?: number }) => (
        asked.push(`${type.method} ${params.afterSeq ?? ''}`.trim()),
        Promise.resolve().then(() => answer(type.method, params))
      ),
    } as unknown as DaemonClient;
    const subscription = new Subscription(
      's',
      { id: 's' } as SessionInfo,
      0,
      (e) => void noteReceived.push('seq' in e ? e.seq : e.kind),
      () => undefined,
    );
    return { asked, noteReceived, client, subscription };
  }

  it('hands on in order and drops repeats', () => {
    const { subscription, client, noteReceived } = setup();
    subscription.attachedBy(client);
    for (const seq of [1, 2, 2, 1, 3]) subscription.handle(client, final(seq));
    subscription.handle(client, level());
    deepEqual(noteReceived, [1, 2, 3, 'level']);
  });

  it('asks again from the last good one when something is missing', async () => {
    const { subscription, client, noteReceived, asked } = setup();
    subscription.attachedBy(client);
    subscription.handle(client, final(1));
    subscription.handle(client, final(3));
    subscription.handle(client, final(4));
    for (const seq of [2, 3, 4]) subscription.handle(client, final(seq));
    await settle();
    deepEqual({ noteReceived, asked }, { noteReceived: [1, 2, 3, 4], asked: ['session/attach 1'] });
  });

  it('hears nothing from a connection that is not its own any more', async () => {
    const { subscription, client, noteReceived } = setup();
    const other = setup().client;
    subscription.attachedBy(client);
    subscription.handle(client, final(1));
    subscription.disconnected();
    subscription.handle(client, final(2));
    await subscription.attach(other);
    subscription.handle(client, final(2));
    subscription.handle(other, final(2));
    deepEqual(noteReceived, [1, 2]);
  });

  it('takes a lost connection for no loss of the session', async () => {
    const { subscription, client } = setup(() => {
      throw new EarmarkError('rpc.disconnected', 'Lost.');
    });
    const lost: string[] = [];
    subscription.onDidLose((e) => lost.push(e.code));
    await subscription.attach(client);
    deepEqual(lost, []);
  });

  it('asks again when it is told to, whatever keeps the daemon from it', async () => {
    let tries = 0;
    const { subscription, client, asked } = setup(() => {
      if (++tries === 1)
        throw new EarmarkError('store.unwritable', 'The database does not answer; wait.', {
          retryAfterMs: 1,
        });
      return { session: { id: 's' }, sources: [] };
    });
    const lost: string[] = [];
    subscription.onDidLose((e) => lost.push(e.code));
    const attached = new Promise((resolve) => subscription.onDidAttach(resolve));
    await subscription.attach(client);
    await attached;
    deepEqual({ lost, asked }, { lost: [], asked: ['session/attach 0', 'session/attach 0'] });
  });

  it('is over when the daemon does not know the session', async () => {
    const { subscription, client } = setup(() => {
      throw new EarmarkError('session.notFound', 'Gone.');
    });
    const lost: string[] = [];
    subscription.onDidLose((e) => lost.push(e.code));
    await rejects(subscription.attach(client), { code: 'session.notFound' });
    await subscription.attach(client);
    deepEqual(lost, ['session.notFound']);
  });

  it('detaches when it is disposed', async () => {
    const { subscription, client, asked } = setup();
    subscription.attachedBy(client);
    subscription.dispose();
    subscription.dispose();
    await settle();
    deepEqual(asked, ['session/detach']);
  });
});
