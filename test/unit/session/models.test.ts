// A dictation and a meeting with models of their own, and a change of the model while they run.
import { deepEqual, equal, rejects } from 'node:assert/strict';
import { type SlowModel, slowEngines, slowModel } from '../../../testing/fakes/slowEngines';
import { LOUDNESS, ScriptedEngine } from '../../../testing/fakes/scripted/scriptedEngine';
import { Harness, say } from '../../../testing/harness/sessionHarness';

/** The loudest sample as a word, as the scripted engine recognises it. */
const word = (pcm: Float32Array): string =>
  `w${Math.round((pcm.reduce((peak, v) => Math.max(peak, Math.abs(v)), 0) * 32_768) / LOUDNESS)}`;

describe('models of sessions', () => {
  let quick: SlowModel;
  let large: SlowModel;
  let harness: Harness;
  beforeEach(() => {
    quick = { ...slowModel('scripted', 'quick', 0.05, 100), text: word };
    large = { ...slowModel('scripted', 'large', 0.2, 2_000), text: word };
    const { detectors } = new ScriptedEngine();
    harness = new Harness({}, undefined, undefined, (clock) =>
      slowEngines(clock, [large, quick], undefined, {
        detectors: {
          ...detectors,
          start: () => Promise.resolve(),
          stop: () => undefined,
          health: () => [],
        },
        forDictation: ['quick', 'large'],
      }),
    );
  });
  afterEach(() => harness.dispose());

  const dictation = (model?: string): Promise<string> =>
    start('dictation', ['mic'], model === undefined ? {} : { model });
  const meeting = (model?: string): Promise<string> =>
    start('meeting', ['system'], model === undefined ? {} : { model });
  const start = async (
    kind: 'meeting' | 'dictation',
    sources: readonly ('mic' | 'system')[],
    request: { readonly model?: string },
  ): Promise<string> => {
    const started = harness.recorded({
      kind,
      sources: sources.map((source) => ({ source, origin: { type: 'capture' } })),
      partials: false,
      insights: false,
      diarize: false,
      ...request,
    });
    for (let t = 0; t < 30; t++) await harness.pass(100);
    return started;
  };
  const speak = async (source: 'mic' | 'system', ...words: number[]): Promise<void> => {
    await harness.speak(source, say(...words));
    for (let t = 0; t < 10; t++) await harness.pass(100);
  };

  it('are those that dictation and meetings name', async () => {
    const ids = [await dictation('large'), await meeting('quick')];
    await speak('mic', 31, 32);
    await speak('system', 21, 22);
    deepEqual(
      [large.decoded, quick.decoded],
      [
        ['w31', 'w32'],
        ['w21', 'w22'],
      ],
    );
    deepEqual(await Promise.all(ids.map((id) => harness.texts(id))), [
      large.decoded,
      quick.decoded,
    ]);
  });

  it('are quick in dictation and best in meetings if nothing is named', async () => {
    await dictation();
    await meeting();
    await speak('mic', 31);
    await speak('system', 21);
    deepEqual([quick.decoded, large.decoded], [['w31'], ['w21']]);
  });

  it('change while a meeting speaks, without a lost or repeated word', async () => {
    const id = await meeting('quick');
    await speak('system', 21, 22);
    const changed = harness.manager.changeEngine(id, { model: 'large' });
    for (let n = 23; n < 35; n++) await speak('system', n);
    equal((await changed).record.model, 'large');
    deepEqual(
      [await harness.texts(id), quick.decoded.length + large.decoded.length, large.decoded.at(-1)],
      [Array.from({ length: 14 }, (_, i) => `w${i + 21}`), 14, 'w34'],
    );
    equal((await harness.store.getSession(id))?.model, 'large');
  });

  it('stay after a change that fails', async () => {
    const id = await meeting('quick');
    await rejects(harness.manager.changeEngine(id, { model: 'none' }), { code: 'model.unknown' });
    await speak('system', 25);
    deepEqual([await harness.texts(id), quick.decoded], [['w25'], ['w25']]);
  });

  it('do not change after the end', async () => {
    const id = await meeting('quick');
    await harness.manager.stop(id, 'test');
    for (let t = 0; t < 20; t++) await harness.pass(100);
    await rejects(harness.manager.changeEngine(id, { model: 'large' }), {
      code: 'session.wrongState',
    });
  });
});
