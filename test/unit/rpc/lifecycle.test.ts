/** When the daemon ends. */
import { deepEqual } from 'node:assert/strict';
import { ManualClock } from '../../../daemon/base/clock';
import { silentLogger } from '../../../daemon/base/logger';
import { Lifecycle } from '../../../daemon/rpc/lifecycle';

describe('daemon lifecycle', () => {
  function setup(idleMs = 10_000) {
    const clock = new ManualClock();
    const log: string[] = [];
    const world = { clients: 0, activeCount: 0 };
    const sessions = {
      get activeCount() {
        return world.activeCount;
      },
      drain: () => void log.push('drain'),
      shutdown: (within: number, cause: string) => {
        log.push(`flush ${within} ${cause}`);
        return stuck ? new Promise<void>(() => undefined) : Promise.resolve();
      },
    };
    let stuck = false;
    const lifecycle = new Lifecycle({
      sessions,
      clock,
      logger: silentLogger,
      idleMs: () => idleMs,
      clients: () => world.clients,
      goodbye: (r) => void log.push(`goodbye ${r}`),
      end: (r) => void log.push(`end ${r}`),
    });
    const pass = async (ms: number) => {
      clock.advance(ms);
      for (let i = 0; i < 5; i++) await Promise.resolve();
    };
    return { clock, log, world, lifecycle, pass, hang: () => (stuck = true) };
  }

  it('ends when nobody needed it for long enough', async () => {
    const s = setup();
    s.world.clients = 1;
    await s.pass(60_000);
    s.world.clients = 0;
    s.world.activeCount = 1;
    await s.pass(60_000);
    const before = [...s.log];
    s.world.activeCount = 0;
    await s.pass(9_000);
    const almost = [...s.log];
    await s.pass(4_000);
    deepEqual(
      { before, almost, after: s.log },
      { before: [], almost: [], after: ['drain', 'flush 10000 idle', 'goodbye idle', 'end idle'] },
    );
  });

  it('stays for clients that come and go between two looks', async () => {
    const s = setup();
    for (let i = 0; i < 6; i++) {
      await s.pass(3_100);
      s.lifecycle.needed();
    }
    deepEqual(s.log, []);
    await s.pass(13_000);
    deepEqual(s.log.at(-1), 'end idle');
  });

  it('drains once, tells how many sessions still ran, and takes nobody new', async () => {
    const s = setup();
    s.world.activeCount = 2;
    const answers = [s.lifecycle.drain(5_000), s.lifecycle.drain(1)];
    const { draining } = s.lifecycle;
    await s.pass(100);
    deepEqual(
      { answers, draining, log: s.log },
      {
        answers: [2, 2],
        draining: true,
        log: ['drain', 'flush 5000 drain', 'goodbye drain', 'end drain'],
      },
    );
  });

  it('does not wait for a session that hangs', async () => {
    const s = setup();
    s.hang();
    s.lifecycle.shutdown();
    await s.pass(9_000);
    const before = s.log.length;
    await s.pass(2_000);
    deepEqual(
      { before, log: s.log },
      { before: 2, log: ['drain', 'flush 10000 shutdown', 'goodbye shutdown', 'end shutdown'] },
    );
  });
});
