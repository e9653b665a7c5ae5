import { deepEqual } from 'node:assert/strict';
import { ManualClock } from '../../../daemon/base/clock';
import { Readiness } from '../../../daemon/telemetry/readiness';

/** Everything that is due in microtasks happens. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('readiness', () => {
  it('misses its start until all parts are named', async () => {
    const clock = new ManualClock();
    const readiness = new Readiness(clock);
    const before = await readiness.missing();
    readiness.need('model', () => true);
    readiness.started();
    deepEqual([before, await readiness.missing()], [['start'], []]);
  });

  it('names the parts that say no, fail, or do not answer in time', async () => {
    const clock = new ManualClock();
    const readiness = new Readiness(clock);
    readiness.need('nats', () => Promise.reject(new Error('gone')));
    readiness.need('model', () => false);
    readiness.need('database', () => new Promise(() => undefined));
    readiness.need('thrown', () => {
      throw new Error('broken');
    });
    readiness.need('sessions', () => Promise.resolve('anything'));
    readiness.started();
    const asked = readiness.missing();
    await settled();
    clock.advance(2_000);
    deepEqual(await asked, ['nats', 'model', 'database', 'thrown']);
  });

  it('asks the parts once a second at most, however often it is asked', async () => {
    const clock = new ManualClock();
    const readiness = new Readiness(clock);
    let asked = 0;
    let there = true;
    readiness.need('nats', () => {
      asked++;
      return there;
    });
    readiness.started();
    await Promise.all(Array.from({ length: 50 }, () => readiness.missing()));
    there = false;
    const kept = await readiness.missing();
    clock.advance(1_000);
    deepEqual([asked, kept, await readiness.missing(), asked], [1, [], ['nats'], 2]);
  });
});
