// A language model that an editor lends: who is asked, whose answer counts, and what happens when
// the editor goes.
import { deepEqual, equal, rejects } from 'node:assert/strict';
import type { OfferedModel } from '../../../daemon/rpc/offeredModel';
import { RpcHarness, type TestClient } from '../../../testing/harness/rpcHarness';

const SCHEMA = { type: 'object' };

describe('a language model that is lent', () => {
  let rpc: RpcHarness;
  let model: OfferedModel;
  beforeEach(() => {
    rpc = new RpcHarness();
    model = rpc.offeredModel;
  });
  afterEach(() => rpc.dispose());

  const lender = async (name = 'Test Model'): Promise<TestClient> => {
    const client = await rpc.client();
    await client.raw('languageModel/offer', { name });
    return client;
  };
  const ask = (
    content = 'What was agreed?',
    signal = new AbortController().signal,
  ): Promise<string> => model.complete([{ role: 'user', content }], SCHEMA, signal);
  const asked = (client: TestClient): { id: number; messages: { content: string }[] }[] =>
    client.notes
      .filter(({ method }) => method === 'languageModel/ask')
      .map(({ params }) => params as { id: number; messages: { content: string }[] });
  const answer = (client: TestClient, id: number, outcome: object): Promise<object> =>
    client.raw('languageModel/answer', { id, outcome });

  it('is there as long as somebody offers it', async () => {
    const before = model.available;
    const client = await lender();
    const during = [model.available, model.name];
    await client.raw('languageModel/offer', {});
    deepEqual(
      [before, during, model.available],
      [false, [true, 'The language model Test Model'], false],
    );
  });

  it('promise: a language model gets no secret', async () => {
    const client = await lender();
    const text = ask('The password is hunter2secret99, said Ben.');
    const [question] = asked(client);
    equal(/hunter2/.test(JSON.stringify(question)), false);
    await answer(client, question?.id ?? 0, { kind: 'text', text: '{"items":[]}' });
    equal(await text, '{"items":[]}');
  });

  it('answers through the client alone that was asked', async () => {
    const [first, second] = [await lender('A'), await lender('B')];
    const text = ask();
    const id = asked(first)[0]?.id ?? 0;
    await answer(second, id, { kind: 'text', text: 'from elsewhere' });
    await answer(first, id, { kind: 'text', text: 'from A' });
    deepEqual([await text, asked(second)], ['from A', []]);
  });

  it('goes with its window: what was asked fails, and the next offer counts', async () => {
    const [first, second] = [await lender('A'), await lender('B')];
    const lost = ask();
    first.handler.closed();
    await rejects(lost, { code: 'engine.unavailable' });
    const text = ask();
    await answer(second, asked(second)[0]?.id ?? 0, { kind: 'text', text: 'from B' });
    equal(await text, 'from B');
  });

  it('says that the user does not allow it', async () => {
    const client = await lender();
    const text = ask();
    await Promise.all([
      rejects(text, { code: 'engine.refused' }),
      answer(client, asked(client)[0]?.id ?? 0, { kind: 'failed', reason: 'refused' }),
    ]);
  });

  it('is told when nobody waits any more', async () => {
    const client = await lender();
    const abortion = new AbortController();
    const text = ask('What was agreed?', abortion.signal);
    abortion.abort();
    await rejects(text, { code: 'rpc.cancelled' });
    equal(client.notes.at(-1)?.method, 'languageModel/cancel');
    deepEqual(await answer(client, asked(client)[0]?.id ?? 0, { kind: 'text', text: 'late' }), {});
  });

  it('promise: no other machine lends its language model', async () => {
    const remote = await rpc.client(
      {},
      { kind: 'remote', user: 'ann', scopes: ['admin'], tokenId: 'ann' },
    );
    equal(await remote.code('languageModel/offer', { name: 'Test Model' }), 'rpc.forbidden');
  });

  it('fails at once where nobody lends one', () => rejects(ask(), { code: 'engine.unavailable' }));
});
