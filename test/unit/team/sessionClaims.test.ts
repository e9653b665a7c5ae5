/**
 * The lease and the mark of a session while the stream takes nothing, as when its nodes choose a
 * leader.
 */
import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { SessionClaims } from '../../../daemon/adapters/nats/sessionClaims';
import { SessionSubjects } from '../../../daemon/adapters/nats/sessionStream';
import type { TeamBus } from '../../../daemon/adapters/nats/teamBus';
import { silentLogger } from '../../../daemon/base/logger';
import { MemoryLeases } from '../../../daemon/team/leases';
import { until } from '../../../testing/processes/daemonProcess';

const subjects = new SessionSubjects('');

/** A stream of marks that can be away. */
class Stream {
  away = true;
  readonly marks = new Map<string, string>();
  readonly bus = {
    js: {
      publish: (subject: string, name: string) =>
        this.away
          ? Promise.reject(new Error('no leader'))
          : Promise.resolve(this.marks.set(subject, name)),
    },
    jsm: {
      streams: {
        purge: (_: string, { filter }: { filter: string }) =>
          Promise.resolve(this.marks.delete(filter)),
      },
    },
  } as unknown as TeamBus;
}

const claimsOf = (stream: Stream, leases: MemoryLeases, name = 'a'): SessionClaims =>
  new SessionClaims({ bus: stream.bus, leases, subjects, name, logger: silentLogger });

describe('sessions that a server claims', function () {
  this.timeout(15_000);

  for (const way of ['claim', 'begin'] as const) {
    it(`has one by its lease while the stream takes no mark, which follows (${way})`, async () => {
      const stream = new Stream();
      const claims = claimsOf(stream, new MemoryLeases());
      await claims[way]('s');
      ok(claims.has('s'));
      claims.assertHeld('s');
      stream.away = false;
      await until(() => stream.marks.get(subjects.open('s')) === 'a', 'the mark');
    });
  }

  it('takes the mark away again of one that was over before it was in', async () => {
    const stream = new Stream();
    const claims = claimsOf(stream, new MemoryLeases());
    await claims.claim('s');
    claims.over('s');
    stream.away = false;
    await delay(1_200);
    equal(stream.marks.size, 0);
  });

  it('leaves the mark of the server that goes on with one', async () => {
    const [stream, leases] = [new Stream(), new MemoryLeases()];
    const [first, second] = [claimsOf(stream, leases, 'a'), claimsOf(stream, leases, 'b')];
    await first.claim('s');
    await first.giveUp('s');
    stream.away = false;
    await second.claim('s');
    await delay(1_200);
    deepEqual([...stream.marks.values()], ['b']);
  });

  it('says when to ask again for one that another server has', async function () {
    const leases = new MemoryLeases();
    await leases.claim(subjects.lease('s'), 'b');
    await rejects(claimsOf(new Stream(), leases).claim('s'), {
      code: 'rpc.timeout',
      retry: 'later',
    });
  });
});
