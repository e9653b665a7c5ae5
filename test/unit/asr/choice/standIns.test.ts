// Which engine stands in for a slow one, when the first choice is back, and how an engine that
// cannot load rests. The clock is simulated.
import { deepEqual, equal, ok } from 'node:assert/strict';
import { ManualClock } from '../../../../daemon/base/clock';
import type { EngineTarget } from '../../../../daemon/asr/contract/machineChoice';
import type { ManagedEngines } from '../../../../daemon/asr/contract/enginesApi';
import { LoadBackoff } from '../../../../daemon/asr/choice/loadBackoff';
import { pickStandIn, standInsOf } from '../../../../daemon/asr/choice/standIns';
import type { EngineLease } from '../../../../daemon/asr/contract/engine';
import { EarmarkError } from '../../../../protocol/errors';
import {
  type SlowModel,
  slowEngines,
  slowModel,
  Speaker,
} from '../../../../testing/fakes/slowEngines';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;

const target = (model: string): EngineTarget => ({ provider: 'p', model, device: 'cpu' });

describe('choice of a stand-in', () => {
  const works: Record<string, number> = { first: 10, half: 5, tenth: 1, equal: 10, slow: 30 };
  const costs = {
    ratio: (first: EngineTarget, other: EngineTarget) => {
      const [a, b] = [works[first.model], works[other.model]];
      return a === undefined || b === undefined ? undefined : b / a;
    },
    bytes: ({ model }: EngineTarget) => (model === 'half' ? 2e9 : 1e9),
  };
  const items = ['first', 'slow', 'equal', 'tenth', 'unknown', 'half'].map((model) => ({
    target: target(model),
  })) as [{ target: EngineTarget }, ...{ target: EngineTarget }[]];
  const names = (smaller: boolean): string[] =>
    standInsOf(items, costs, smaller).map(({ item }) => item.target.model);

  it('leaves out what is slower, as slow or unknown, and orders the rest by speed', () =>
    deepEqual(names(false), ['half', 'tenth']));
  it('leaves out what needs as much memory where memory is tight', () =>
    deepEqual(names(true), []));
  it('takes the one that keeps up, or else the fastest', () => {
    const standIns = standInsOf(items, costs, false);
    deepEqual(
      [1.2, 3, 50, Infinity].map((rtf) => pickStandIn(standIns, rtf, 0.7)?.target.model),
      ['half', 'tenth', 'tenth', 'tenth'],
    );
  });
});

describe('an overloaded machine', function () {
  this.timeout(60_000);

  interface Outcome {
    readonly maxLagMs: number;
    /** From the end of the overload until the first choice decodes again. */
    readonly backMs: number;
    readonly reported: readonly string[];
    readonly loads: readonly number[];
  }

  /** Speaks for 20 s, 60 s with every engine slowed down, and 60 s after it. */
  async function overload(models: readonly SlowModel[], slowdown: number): Promise<Outcome> {
    const clock = new ManualClock();
    const engines = slowEngines(clock, models);
    const engine = engines.open({ language: 'en', live: true });
    const reported: string[] = [];
    engine.onDidWarn(({ code }) => reported.push(`${code} ${engine.degradationLevel}`));
    const speaker = new Speaker(clock, engine);
    const ready = engine.ready();
    await speaker.silence(2 * SECOND);
    await ready;
    await speaker.speak(20 * SECOND);
    for (const model of models) model.rtf *= slowdown;
    await speaker.speak(MINUTE);
    for (const model of models) model.rtf /= slowdown;
    const ended = clock.now();
    let back = engine.actions.engine === 'preferred' ? ended : Infinity;
    while (clock.now() - ended < MINUTE) {
      await speaker.speak(SECOND);
      if (engine.actions.engine !== 'preferred') back = Infinity;
      else if (back === Infinity) back = clock.now();
    }
    await speaker.silence(5 * MINUTE, SECOND);
    equal(speaker.recognised.length, speaker.said);
    engines.dispose();
    return {
      maxLagMs: Math.max(...speaker.recognised.map(({ lagMs }) => lagMs)),
      backMs: back - ended,
      reported,
      loads: models.map(({ loads }) => loads),
    };
  }
  const first = (): SlowModel => slowModel('one', 'first', 0.1);
  function noWorse(alone: Outcome, both: Outcome): void {
    const line = `lag ${both.maxLagMs} ms, alone ${alone.maxLagMs} ms; back after ${both.backMs} ms`;
    ok(both.maxLagMs <= alone.maxLagMs, line);
    ok(both.backMs <= 30 * SECOND, line);
  }

  for (const slowdown of [9, 12, 20, 40])
    describe(`that is ${slowdown} times slower`, () => {
      let alone: Outcome;
      before(async () => (alone = await overload([first()], slowdown)));

      it('never uses a slower second model', async () => {
        const both = await overload([first(), slowModel('one', 'second', 0.3)], slowdown);
        noWorse(alone, both);
        equal(both.loads[1], 0);
      });
      it('never uses a second model of another provider whose speed is unknown', async () => {
        const second = slowModel('two', 'second', 0.3);
        second.work = undefined;
        const both = await overload([first(), second], slowdown);
        noWorse(alone, both);
        equal(both.loads[1], 0);
      });
      it('gains by a faster second model', async () => {
        const both = await overload([first(), slowModel('one', 'second', 0.03)], slowdown);
        noWorse(alone, both);
        if (slowdown >= 20) ok(both.maxLagMs < alone.maxLagMs / 2, `${both.maxLagMs}`);
      });
      it('waits for the words of the first while the second loads slowly', async () => {
        const second = slowModel('one', 'second', 0.05, 15 * SECOND);
        noWorse(alone, await overload([first(), second], slowdown));
      });
      it('leaves a second model that is slower than expected', async () => {
        const second = slowModel('one', 'second', 0.12);
        second.work = 0.05;
        const both = await overload([first(), second], slowdown);
        const mark = 1.3 * alone.maxLagMs + 5 * SECOND;
        ok(both.maxLagMs <= mark, `lag ${both.maxLagMs} ms, mark ${mark} ms`);
        ok(both.backMs <= 30 * SECOND, `back after ${both.backMs} ms`);
      });
    });

  it('shows no level that changes nothing, with one model installed', async () => {
    const { reported } = await overload([first()], 40);
    deepEqual(
      reported.filter((line) => /EMERGENCY|FAILOVER/.test(line)),
      [],
    );
    ok(reported.includes('engine.degraded DEGRADE'), reported.join());
  });
});

describe('an engine that cannot load', function () {
  this.timeout(30_000);

  async function begin(): Promise<{
    clock: ManualClock;
    engines: ManagedEngines;
    broken: SlowModel;
    session: () => { lease: EngineLease; speaker: Speaker; messages: string[] };
  }> {
    const clock = new ManualClock();
    const broken = slowModel('one', 'broken', 0.1);
    broken.fails = new EarmarkError('engine.unavailable', 'It cannot start.');
    const engines = slowEngines(clock, [broken, slowModel('two', 'second', 0.1)]);
    const session = () => {
      const lease = engines.open({ language: 'en', live: true });
      const messages: string[] = [];
      lease.onDidWarn(({ message }) => messages.push(message));
      void lease.ready().catch(() => undefined);
      return { lease, speaker: new Speaker(clock, lease), messages };
    };
    return Promise.resolve({ clock, engines, broken, session });
  }

  it('is tried three times in a day, across sessions, and says so once', async () => {
    const { engines, broken, session } = await begin();
    const one = session();
    await one.speaker.speak(10 * MINUTE, 500);
    const loads = broken.loads;
    one.lease.dispose();
    const two = session();
    await two.speaker.speak(5 * MINUTE, 500);
    await two.speaker.silence(2 * SECOND);
    const tomorrow = [...one.messages, ...two.messages].filter((text) => text.includes('tomorrow'));
    engines.dispose();
    deepEqual([loads, broken.loads, tomorrow.length, two.messages], [3, 3, 1, []]);
    equal(two.speaker.recognised.length, two.speaker.said);
  });

  it('is tried again after a request', async () => {
    const { engines, broken, session } = await begin();
    const one = session();
    await one.speaker.speak(3 * MINUTE, 500);
    broken.fails = undefined;
    const retried = engines.retry({ model: 'broken' });
    await one.speaker.silence(2 * SECOND);
    await retried;
    await one.speaker.speak(10 * SECOND);
    engines.dispose();
    deepEqual([broken.loads, one.lease.degradationLevel], [4, 'NORMAL']);
  });

  it('rests for 15 s, a minute and a day', () => {
    const clock = new ManualClock();
    const backoff = new LoadBackoff(clock);
    const engine = target('m');
    const rests: boolean[] = [];
    for (const ms of [15 * SECOND, MINUTE, DAY]) {
      rests.push(backoff.failed(engine));
      clock.advance(ms - 1);
      equal(backoff.allows(engine), false);
      clock.advance(1);
      equal(backoff.allows(engine), true);
    }
    deepEqual(rests, [false, false, true]);
    backoff.failed(engine);
    backoff.reset(engine);
    equal(backoff.allows(engine), true);
  });
});
