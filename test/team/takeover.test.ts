// Gateways that are killed, or told to end, while people record: another one goes on with each
// session as it is.
import { deepEqual } from 'node:assert/strict';
import { until } from '../../testing/processes/daemonProcess';
import { FIRST_WORD, type Recorded, record } from '../../testing/processes/teamClient';
import { logged, TeamDeployment } from '../../testing/processes/teamPlace';

const WORDS = Array.from({ length: 26 }, (_, i) => i + FIRST_WORD);
const SESSIONS = 4;
/**
 * The words before which a gateway is told to end, and those before which everybody waits until it
 * is gone.
 */
const DRAINS = [
  { begins: 6, over: 10 },
  { begins: 14, over: 18 },
];
const ALL_THERE = 3;
const PACE_MS = 150;

interface Deferred {
  readonly promise: Promise<void>;
  resolve(): void;
}

function deferred(): Deferred {
  let resolve!: () => void;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}

for (const database of [false, true]) {
  describe(`servers that go on for one another, ${database ? 'with PostgreSQL' : 'over JetStream alone'}`, function () {
    this.timeout(180_000);
    let place: TeamDeployment;
    before(async function () {
      place = await TeamDeployment.start(this, {
        database,
        gateways: 3,
        workers: 2,
        env: { EARMARK_TEST_SLOWER: '3' },
      });
    });
    after(() => place?.stop());

    const taken = (): readonly number[] =>
      place.gateways.flatMap((gateway) => logged(gateway, 'session.taken').map(({ atMs }) => atMs));

    it('lose and double nothing that was acknowledged where one is killed, and are there within 10 s', async () => {
      const [killed, ...others] = place.gateways;
      if (!killed) throw new Error('There is a gateway.');
      for (const other of others) await place.leaveOut(other);
      let killedMs = Infinity;
      const kill = async (): Promise<void> => {
        await place.leaveOut(killed);
        for (const other of others) await place.sendTo(other);
        killedMs = Date.now();
        await killed.kill('SIGKILL');
      };
      const recognised = await record({
        ...place.client,
        words: WORDS,
        paceMs: PACE_MS,
        at: { 12: kill },
      });
      deepEqual(
        { words: recognised.words, dropped: recognised.dropped },
        { words: WORDS.map((n) => `w${n}`), dropped: 0 },
      );
      deepEqual(
        taken().map((atMs) => atMs - killedMs < 10_000),
        [true],
      );
    });

    it('leave every transcript as it is where one after the other is told to end, and are gone within 30 s', async () => {
      const undisturbed = await record({ ...place.client, words: WORDS });
      const old = place.gateways.slice(1);
      // In place of an upgraded one: it is there before the last old one goes.
      const next = place.addGateway();
      const ends: { readonly code: number | null; readonly ms: number }[] = [];
      const takenBefore = taken().length;
      const given = (): readonly { readonly count: number; readonly late: unknown }[] =>
        old
          .flatMap((gateway) => logged(gateway, 'sessions.givenUp'))
          .map(({ count, late }) => ({ count: Number(count), late }));
      const moved = (): number => given().reduce((sum, { count }) => sum + count, 0);
      const drain = async (i: number): Promise<void> => {
        const gateway = old[i];
        if (!gateway) throw new Error('There are as many as drains.');
        await next;
        await until(
          () => taken().length - takenBefore >= moved(),
          'what was given up was taken',
          60_000,
        );
        await place.leaveOut(gateway);
        const begun = performance.now();
        const code = await gateway.kill('SIGTERM');
        ends.push({ code, ms: performance.now() - begun });
      };
      // One session's words bring the drains about; the others go on meanwhile and wait for it a
      // little later.
      const [allThere, ...drained] = [deferred(), ...DRAINS.map(deferred)];
      let there = 0;
      const arrive = (): Promise<void> | undefined => (
        ++there === SESSIONS ? allThere?.resolve() : undefined,
        allThere?.promise
      );
      const failed: unknown[] = [];
      const leading = Object.fromEntries(
        DRAINS.map(({ begins }, i) => [
          begins,
          () =>
            void drain(i)
              .catch((error: unknown) => failed.push(error))
              .finally(() => drained[i]?.resolve()),
        ]),
      );
      const waiting = Object.fromEntries(
        DRAINS.map(({ over }, i) => [over, () => drained[i]?.promise]),
      );
      const sessions = await Promise.all(
        Array.from({ length: SESSIONS }, (_, i) =>
          record({
            ...place.client,
            words: WORDS,
            paceMs: PACE_MS,
            at: { [ALL_THERE]: arrive, ...waiting, ...(i === 0 ? leading : {}) },
          }),
        ),
      );
      deepEqual(failed, []);
      const said = ({ segments, dropped }: Recorded): unknown => ({ segments, dropped });
      deepEqual(
        sessions.map(said),
        sessions.map(() => said(undisturbed)),
      );
      deepEqual(
        ends.map(({ code, ms }) => [code, ms < 30_000]),
        old.map(() => [0, true]),
      );
      // Each had sessions, and gave them up in time: nobody waited for a lease to run out.
      deepEqual(
        given().map(({ count, late }) => [count > 0, late]),
        old.map(() => [true, false]),
      );
      // Each move is one new connection of one client, which is told that it is for a restart.
      const closings = sessions.flatMap((session) => session.closings);
      deepEqual([closings.length, taken().length - takenBefore], [moved(), moved()]);
      deepEqual(
        closings.filter((closing) => !/^Another server of the team|making room for/.test(closing)),
        [],
      );
    });
  });
}
