/**
 * Odd requests of every method to a built daemon, beside a client that works. EARMARK_FUZZ_SECONDS
 * sets how long; `npm run attack` takes a minute.
 */
import { deepEqual, ok } from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { z } from 'zod';
import type { DaemonClient } from '../../../client';
import { oddRequests, Random } from '../../../testing/faults/oddMessages';
import { isEarmarkError } from '../../../protocol/errors';
import { DaemonHealth } from '../../../protocol/health';
import type { RequestType } from '../../../protocol';
import { builtClient, DaemonFolder, watchedDaemon } from '../../../testing/processes/daemonProcess';
import { longestWork } from '../../../testing/harness/loopStalls';
import { join } from 'node:path';

const SECONDS = Number(process.env['EARMARK_FUZZ_SECONDS'] ?? 5);
/** Longest work of the event loop between two turns of its timers, processor time. */
const MARK_MS = 50;
/** The profiler stops the process while it collects. */
const STOPS_TIME = ['daemon/profile'];
const ANY = z.unknown();
const AT_ONCE = 8;
/** A request may wait for a model or a device. */
const WAIT_MS = 2_000;

describe('odd requests to a daemon', function () {
  this.timeout((SECONDS + 60) * 1000);
  let folder: DaemonFolder;
  const clients: DaemonClient[] = [];
  const work = (): string => join(folder.path, 'loopWork.jsonl');
  const come = async (): Promise<DaemonClient> => {
    const client = await builtClient(folder.path, watchedDaemon(work()));
    clients.push(client);
    return client;
  };

  before(() => (folder = new DaemonFolder()));
  after(async () => {
    for (const client of clients) client.dispose();
    await folder.remove();
  });

  it('promise: no request holds the event loop or ends the connection of another client', async function () {
    const innocent = await come();
    rmSync(work(), { force: true }); // A second try measures anew.
    let ended = 0;
    innocent.onDidClose(() => ended++);
    const random = new Random(20_251_125);
    const next = oddRequests(STOPS_TIME);
    const until = Date.now() + SECONDS * 1000;
    const internal = new Set<string>();
    let sent = 0;
    const flood = async (): Promise<void> => {
      let client = await come();
      let lost = false;
      while (Date.now() < until) {
        if (lost) {
          client.dispose();
          client = await come();
          lost = false;
        }
        const { method, params } = next(random, 's');
        sent++;
        await Promise.race([
          client
            .request({ method, result: ANY } as unknown as RequestType, params as never)
            .catch((error: unknown) => {
              const code = isEarmarkError(error) ? error.code : 'internal';
              lost = code === 'rpc.disconnected';
              if (code === 'internal') internal.add(method);
            }),
          new Promise((resolve) => setTimeout(resolve, WAIT_MS)),
        ]);
      }
    };
    const floods = Promise.all(Array.from({ length: AT_ONCE }, flood));
    let answered = 0;
    while (Date.now() < until) {
      await innocent.request(DaemonHealth, {});
      answered++;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await floods;
    const seconds = longestWork(work());
    const over = seconds.filter(([ms]) => ms > MARK_MS);
    const [longest = [NaN, NaN]] = seconds;
    console.log(
      `      ${sent} odd requests in ${SECONDS} s; ${answered} answers beside them; ` +
        `longest work of the loop ${longest[0].toFixed(1)} ms of processor time ` +
        `(${longest[1].toFixed(0)} ms on the clock); ${over.length} of ${seconds.length} seconds over ${MARK_MS}`,
    );
    deepEqual({ ended, internal: [...internal] }, { ended: 0, internal: [] });
    ok(answered > SECONDS * 5, `${answered} answers in ${SECONDS} s`);
    if (process.platform !== 'linux') return;
    ok(seconds.length > 0, 'the loop was measured');
    deepEqual(over, []);
  });
});
