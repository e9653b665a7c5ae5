// A session changes to another engine while it runs: no phrase is lost, the new engine is loaded
// first, and stand-ins stay.
import { deepEqual, equal, rejects } from 'node:assert/strict';
import type { ManagedEngines } from '../../../daemon/asr/contract/enginesApi';
import { ManualClock } from '../../../daemon/base/clock';
import type { EngineLease, EngineRequest } from '../../../daemon/asr/contract/engine';
import { EarmarkError } from '../../../protocol/errors';
import {
  type SlowModel,
  Speaker,
  slowEngines,
  slowModel,
  turn,
} from '../../../testing/fakes/slowEngines';

const LIVE: EngineRequest = { language: 'en', live: true };

describe('a change of engine', () => {
  let clock: ManualClock;
  let small: SlowModel;
  let large: SlowModel;
  let engines: ManagedEngines;
  beforeEach(() => {
    clock = new ManualClock();
    small = slowModel('one', 'small', 0.1);
    large = slowModel('two', 'large', 0.2, 4_000);
    engines = slowEngines(clock, [large, small]);
  });
  afterEach(() => engines.dispose());

  const until = async (work: Promise<unknown>, ms = 5_000): Promise<void> => {
    let done = false;
    const finish = (): void => void (done = true);
    work.then(finish, finish);
    for (let t = 0; !done && t < ms; t += 100) {
      clock.advance(100);
      await turn();
    }
    await work;
  };
  const decode = async (
    lease: EngineLease,
    number: number,
    seconds = 1,
  ): Promise<string | undefined> => {
    const pcm = new Float32Array(seconds * 16_000).fill(0.5).fill(number / 10_000, 0, 100);
    const result = await lease.decode(pcm, { language: 'en', priority: 'final', sessionId: 's' });
    return result?.text;
  };
  const open = async (request: Partial<EngineRequest>): Promise<EngineLease> => {
    const lease = engines.open({ ...LIVE, ...request });
    await until(lease.ready());
    return lease;
  };

  it('follows an installed better model in a running session, without a lost phrase', async () => {
    large.installed = false;
    await engines.refresh();
    const lease = await open({});
    const speaker = new Speaker(clock, lease, 1_000);
    await speaker.speak(10_000);
    large.installed = true;
    await engines.refresh();
    await speaker.speak(10_000);
    await speaker.silence(3_000);
    deepEqual(
      speaker.recognised.map(({ text }) => text),
      Array.from({ length: 20 }, (_, i) => `phrase ${i + 1}`),
    );
    deepEqual(
      [lease.model, small.decoded.length + large.decoded.length, large.decoded.at(-1)],
      ['large', 20, 'phrase 20'],
    );
    // The former engine decodes while the new one loads for 4 s.
    equal(small.decoded.length >= 13, true, `${small.decoded.length} phrases of the former engine`);
    lease.dispose();
  });

  it('leaves a session alone that named its model', async () => {
    const lease = await open({ model: 'small' });
    await engines.refresh();
    await turn();
    equal(lease.model, 'small');
  });

  it('leaves a recording alone', async () => {
    large.installed = false;
    await engines.refresh();
    const lease = await open({ live: false });
    large.installed = true;
    await engines.refresh();
    await until(Promise.resolve());
    equal(lease.model, 'small');
  });

  it('finishes running phrases on the former engine', async () => {
    const lease = await open({ model: 'small' });
    const running = decode(lease, 1, 20);
    await until(lease.change({ model: 'large' }), 6_000);
    const next = decode(lease, 2);
    await until(Promise.all([running, next]));
    deepEqual([small.decoded, large.decoded], [['phrase 1'], ['phrase 2']]);
  });

  it('keeps the former engine if the new one cannot load', async () => {
    large.fails = new EarmarkError('model.corrupt', 'The model is damaged.');
    const lease = await open({ model: 'small' });
    await rejects(until(lease.change({ model: 'large' })), { code: 'model.corrupt' });
    await rejects(lease.change({ model: 'none' }), { code: 'model.unknown' });
    await until(decode(lease, 3));
    deepEqual([lease.model, small.decoded], ['small', ['phrase 3']]);
  });

  it('takes the last of two choices', async () => {
    const lease = await open({ model: 'small' });
    const both = [lease.change({ model: 'large' }), lease.change({ model: 'small' })];
    await until(Promise.all(both));
    equal(lease.model, 'small');
  });

  it('keeps stand-ins: a failed new engine hands its phrase to the former', async () => {
    const lease = await open({ model: 'small' });
    await until(lease.change({ model: 'large' }));
    await until(decode(lease, 4));
    large.fails = new EarmarkError('engine.crashed', 'The engine ended.');
    const text = decode(lease, 5);
    await until(text);
    deepEqual([await text, large.decoded, small.decoded], ['phrase 5', ['phrase 4'], ['phrase 5']]);
  });

  it('reports warnings of the new engine alone', async () => {
    const lease = await open({ model: 'small' });
    const warnings: string[] = [];
    lease.onDidWarn(({ code }) => warnings.push(code));
    await until(lease.change({ model: 'large' }));
    await until(decode(lease, 4));
    large.fails = new EarmarkError('engine.crashed', 'The engine ended.');
    await until(decode(lease, 5));
    deepEqual(warnings, ['engine.failover']);
  });

  it('gives the new engine no tokens of the former', async () => {
    small.tokens = { own: [1, 2], received: [] };
    large.tokens = { own: [3], received: [] };
    const lease = await open({ model: 'small' });
    const withDraft = async (draft: readonly number[]): Promise<readonly number[]> => {
      const work = lease.decode(new Float32Array(16_000).fill(0.1), {
        language: 'en',
        priority: 'final',
        sessionId: 's',
        context: { draft },
      });
      await until(work);
      return (await work)?.tokens ?? [];
    };
    const tokens = await withDraft([]);
    await withDraft(tokens);
    await until(lease.change({ model: 'large' }));
    const others = await withDraft(tokens);
    await withDraft(others);
    deepEqual([small.tokens.received, large.tokens.received], [[[], [1, 2]], [[3]]]);
  });

  it('gives dictation and meetings an order of their own', async () => {
    engines.dispose();
    engines = slowEngines(clock, [large, small], undefined, { forDictation: ['small', 'large'] });
    deepEqual(
      [engines.open({ ...LIVE, dictation: true }).model, engines.open(LIVE).model],
      ['small', 'large'],
    );
  });

  it('releases the former engine, which unloads when idle', async () => {
    const lease = await open({ model: 'small' });
    await until(lease.change({ model: 'large' }));
    clock.advance(11 * 60_000);
    await turn();
    const states = engines.list().map(({ model, state, sessions }) => [model, state, sessions]);
    deepEqual(states, [
      ['large', 'READY', 1],
      ['small', 'UNINITIALIZED', 0],
    ]);
  });
});
