// Decodes of sessions as metrics: work and wait times, failures in a row, open requests.
import { deepEqual, equal } from 'node:assert/strict';
import { ManualClock } from '../../../daemon/base/clock';
import { DecodeWatch } from '../../../daemon/telemetry/decodeWatch';
import { noMetrics } from '../../../daemon/telemetry/metrics';
import { EarmarkError } from '../../../protocol/errors';
import { slowEngines, slowModel, Speaker } from '../../../testing/fakes/slowEngines';

describe('the watch of decodes', () => {
  it('follows finals from their request to their text or error', async () => {
    const clock = new ManualClock();
    const model = slowModel('one', 'only', 0.1);
    const engines = slowEngines(clock, [model]);
    const seen: string[] = [];
    const watch = new DecodeWatch(clock, {
      ...noMetrics,
      observe: (name, ms) => void seen.push(`${name} ${ms}`),
      count: (name, by, label) => void seen.push(`${name} ${by} ${label}`),
    });
    engines.onDidBeginDecode((decode) => watch.follow(decode));
    const lease = engines.open({ language: 'en', live: true });
    const speaker = new Speaker(clock, lease);
    const ready = lease.ready();
    await speaker.silence(2_000);
    await ready;
    await speaker.speak(5_000);
    await speaker.silence(200);
    equal(watch.oldestWaitMs, 200);
    await speaker.silence(1_000);
    deepEqual(
      [seen, watch.oldestWaitMs, watch.errorsInRow, watch.rtf],
      [['inference 500', 'inference_wait 0'], 0, 0, 0.1],
    );
    model.fails = new EarmarkError('engine.crashed', 'It died.');
    await speaker.speak(10_000);
    await speaker.silence(1_000);
    deepEqual([seen.slice(2), watch.errorsInRow], [Array(2).fill('errors 1 engine.crashed'), 2]);
    model.fails = undefined;
    await speaker.speak(5_000);
    await speaker.silence(1_000);
    equal(watch.errorsInRow, 0);
    engines.dispose();
  });
});
