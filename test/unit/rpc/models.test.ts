// `models/recommend` and `session/setModel` over the handlers.
import { deepEqual, equal } from 'node:assert/strict';
import { ScriptedEngine, scriptedEngines } from '../../../testing/fakes/scripted/scriptedEngine';
import { FakeModels } from '../../../testing/fakes/fakeModels';
import { ModelsRecommend } from '../../../protocol/models';
import { SessionSetModel } from '../../../protocol/session';
import { PUSHED, RpcHarness } from '../../../testing/harness/rpcHarness';

describe('messages about models', () => {
  let rpc: RpcHarness;
  afterEach(() => rpc.dispose());

  /** The engines of the harness on a machine with the scripted model alone. */
  const withModel = (languages: readonly string[]): void => {
    const models = new FakeModels();
    const list = models.list;
    models.list = () => list().then((all) => all.map((view) => ({ ...view, languages })));
    const engines = scriptedEngines(new ScriptedEngine());
    const { machine } = engines;
    const targets = [{ provider: 'scripted', model: 'script', device: 'cpu' as const }];
    rpc = new RpcHarness({
      models,
      engines: { ...engines, machine: { ...machine, choice: { ...machine.choice, targets } } },
    });
  };

  it('recommend an installed model that recognises the language', async () => {
    withModel(['de']);
    const client = await rpc.client();
    const found = async (language: string): Promise<unknown> =>
      (await client.ask(ModelsRecommend, { language })).recommendations.map(
        ({ purpose, model, gains }) => [purpose, model.id, gains],
      );
    deepEqual(
      [await found('de-AT'), await found('fr')],
      [
        [
          ['dictation', 'script', []],
          ['meeting', 'script', []],
        ],
        [],
      ],
    );
  });

  it('are open to people who may read, or record', async () => {
    withModel(['*']);
    const as = (scope: 'read' | 'record'): ReturnType<RpcHarness['client']> =>
      rpc.client({}, { kind: 'remote', user: 'ann', scopes: [scope], tokenId: scope });
    const reader = await as('read');
    equal(await reader.code(ModelsRecommend.method, {}), 'ok');
    equal(await reader.code(SessionSetModel.method, { sessionId: 'x' }), 'rpc.forbidden');
    equal(
      await (await as('record')).code(SessionSetModel.method, { sessionId: 'x' }),
      'session.notFound',
    );
  });

  it('change the model of a running session', async () => {
    withModel(['*']);
    const client = await rpc.client();
    const { session } = (await client.raw('session/start', PUSHED)) as { session: { id: string } };
    const answer = await client.ask(SessionSetModel, { sessionId: session.id, model: 'script' });
    equal(answer.session.model, 'script');
  });
});
