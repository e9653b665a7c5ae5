/** `insights/analyze` in a built daemon: on a thread, bounded and cancellable. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import type { DaemonClient } from '../../../client';
import { isEarmarkError } from '../../../protocol/errors';
import { DaemonHealth } from '../../../protocol/health';
import { ANALYSIS_SEGMENT_MAX, InsightAnalyze } from '../../../protocol/insights';
import { builtClient, DaemonFolder, until } from '../../../testing/processes/daemonProcess';
import { loopStalls, loopWorkMs } from '../../../testing/harness/loopStalls';

const segment = (text: string, id = 'a') => ({
  id,
  start: 0,
  end: 1,
  source: 'system',
  speaker: 'Ben',
  text,
});
/** Odd things that held the event loop for seconds before. */
const ODD = ['a.', 'uh ', ' ', '- ', 'a@a.', 'https://', 'one ', '(', 'I will do it. '];
/** Other work on the machine only adds to a stall, so the best of these runs counts. */
const RUNS = 4;

describe('insights/analyze', function () {
  this.timeout(240_000);
  let folder: DaemonFolder;
  const clients: DaemonClient[] = [];
  const come = async (): Promise<DaemonClient> => {
    const client = await builtClient(folder.path);
    clients.push(client);
    return client;
  };
  const code = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'ok',
      (error: unknown) => (isEarmarkError(error) ? error.code : 'other'),
    );

  before(() => (folder = new DaemonFolder()));
  after(async () => {
    for (const client of clients) client.dispose();
    await folder.remove();
  });

  it('promise: no text holds the event loop, and other clients get answers meanwhile', async () => {
    const innocent = await come();
    for (const odd of ODD) {
      let longest = Infinity;
      for (let run = 0; run < RUNS && longest > 50; run++)
        longest = Math.min(longest, await stallOf(odd, innocent));
      ok(longest <= 50, `"${odd}" held the loop for ${longest} ms`);
    }
  });

  /** @returns the daemon's longest stall in milliseconds at the start of an analysis, or the work */
  async function stallOf(odd: string, innocent: DaemonClient): Promise<number> {
    const client = await come();
    const { pid } = client.daemon;
    const stalls = await loopStalls(folder.path);
    const workMs = loopWorkMs(pid);
    let over = false;
    const asked = code(
      client.request(InsightAnalyze, { segments: [segment(odd.repeat(50_000 / odd.length))] }),
    ).finally(() => (over = true));
    await new Promise((resolve) => setTimeout(resolve, 800));
    const worked = (loopWorkMs(pid) ?? 0) - (workMs ?? 0);
    const longest = (await loopStalls(folder.path)).sumMs - stalls.sumMs;
    for (let i = 0; i < 10 && !over; i++) await innocent.request(DaemonHealth, {});
    client.dispose();
    await asked;
    return workMs === undefined ? longest : Math.min(longest, worked);
  }

  it('is bounded: long texts and a fifth request are refused, and a closed client frees its place', async () => {
    const slow = { segments: [segment('https://'.repeat(20_000))] };
    const [first, second] = [await come(), await come()];
    equal(
      await code(
        first.request(InsightAnalyze, {
          segments: [segment('a'.repeat(ANALYSIS_SEGMENT_MAX + 1))],
        }),
      ),
      'analysis.badInput',
    );
    equal(
      await code(
        first.request(InsightAnalyze, {
          segments: Array.from({ length: 20 }, (_, i) => segment('a'.repeat(150_000), `${i}`)),
        }),
      ),
      'analysis.badInput',
    );
    const waiting = Array.from({ length: 4 }, () => code(first.request(InsightAnalyze, slow)));
    // Requests of a connection are taken in their order.
    await first.request(DaemonHealth, {});
    equal(await code(second.request(InsightAnalyze, slow)), 'rpc.tooMany');
    first.dispose();
    deepEqual(await Promise.all(waiting), Array(4).fill('rpc.disconnected'));
    await until(
      async () =>
        (await code(
          second.request(InsightAnalyze, { segments: [segment('I will call Anna.')] }),
        )) === 'ok',
      'the closed client has freed its places',
    );
  });
});
