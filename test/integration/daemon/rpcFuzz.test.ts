/**
 * Odd requests of every method to a built daemon, beside a client that works. EARMARK_FUZZ_SECONDS
 * sets how long; `npm run attack` takes a minute.
 */
import { deepEqual, ok } from 'node:assert/strict';
import { z } from 'zod';
import type { DaemonClient } from '../../../client';
import { oddRequests, Random } from '../../../bench/oddMessages';
import { isEarmarkError } from '../../../protocol/errors';
import { DaemonHealth } from '../../../protocol/health';
import type { RequestType } from '../../../protocol';
import { builtClient, DaemonFolder } from '../../fakes/daemonProcess';
import { loopStalls } from '../../fakes/loopStalls';

const SECONDS = Number(process.env['EARMARK_FUZZ_SECONDS'] ?? 5);
/** Shorter runs are beside other tests, whose load stalls every program. */
const JUDGED_SECONDS = 60;
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
  const come = async (): Promise<DaemonClient> => {
    const client = await builtClient(folder.path);
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
    let ended = 0;
    innocent.onDidClose(() => ended++);
    const before = await loopStalls(folder.path);
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
    const stalls = (await loopStalls(folder.path)).over50 - before.over50;
    console.log(
      `      ${sent} odd requests in ${SECONDS} s; ${answered} answers beside them; ` +
        `${stalls} seconds with a stall over 50 ms`,
    );
    deepEqual({ ended, internal: [...internal] }, { ended: 0, internal: [] });
    ok(answered > SECONDS * 5, `${answered} answers in ${SECONDS} s`);
    if (SECONDS >= JUDGED_SECONDS) ok(stalls === 0, `${stalls} seconds with a stall over 50 ms`);
  });
});
