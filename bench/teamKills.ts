/**
 * A team whose processes are killed and stopped at random while people talk: `npm run bench --
 * teamKills [--rounds N] [--seed S] [--stop SECONDS[,SECONDS…]] [--people N] [--places N]`. Places
 * are whole teams side by side, each with its share of the rounds. Every process is as likely as
 * any other, killed as often as stopped; `--kind KIND` and `--stopped` leave the others out.
 */
import { parseArgs } from 'node:util';
import { natsServer, natsVersion } from '../test/fakes/natsServers';
import { percentile } from './statistics';
import { reportResults, type Row } from './report';
import {
  GATEWAYS,
  type Kind,
  NODES,
  randomFaults,
  RECOVERED_MS,
  type Round,
  teamRounds,
  type TeamRoundsResult,
  WITHOUT_SUITE,
  WORKERS,
} from './fault/teamRounds';

const WORDS = 24;
const KINDS: readonly Kind[] = ['gateway', 'worker', 'NATS node', 'PostgreSQL'];

const seconds = (ms: number): number => Math.round(ms / 100) / 10;

const struckClients = ({ clients, index }: Round): number => clients[index % clients.length] ?? 0;

function rowOf(what: string, rounds: readonly Round[]): Row {
  const recovery = rounds.map(({ recoveryMs }) => recoveryMs);
  return {
    what,
    rounds: rounds.length,
    'recovery p50, s': seconds(percentile(recovery, 0.5)),
    'p95, s': seconds(percentile(recovery, 0.95)),
    'longest, s': seconds(Math.max(...recovery)),
    'over 10 s': recovery.filter((ms) => ms > RECOVERED_MS).length,
    'reconnects of one client, most': Math.max(...rounds.map(({ reconnects }) => reconnects)),
  };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '200' },
      seed: { type: 'string', default: '1' },
      stop: { type: 'string', default: '30' },
      people: { type: 'string', default: '6' },
      places: { type: 'string', default: '2' },
      kind: { type: 'string' },
      stopped: { type: 'boolean', default: false },
    },
  });
  const [count, seed, people, places] = [
    Number(values.rounds),
    Number(values.seed),
    Number(values.people),
    Number(values.places),
  ];
  const stops = values.stop.split(',').map((s) => Number(s) * 1000);
  const faults = randomFaults(count, seed, stops).filter(
    ({ kind, stopMs }) =>
      (values.kind === undefined || kind.startsWith(values.kind)) &&
      (!values.stopped || stopMs !== undefined),
  );
  const results = await Promise.all(
    Array.from({ length: places }, (_, place): Promise<TeamRoundsResult> =>
      teamRounds(WITHOUT_SUITE, {
        faults: faults.filter((__, i) => i % places === place),
        seed: seed + place,
        people,
        words: WORDS,
        onBad: (text) => process.stderr.write(`${text}\n`),
        onRound: (
          { kind, index, stopMs, recoveryMs, latest, reconnects, allReconnects, clients },
          n,
        ) =>
          process.stderr.write(
            `${new Date().toISOString()} ${place}.${n} ${kind} ${index} ${stopMs === undefined ? 'killed' : `stopped for ${stopMs / 1000} s`}: ${seconds(recoveryMs)} s${latest ? ` (${latest.what} ${latest.nth} of person ${latest.person}, said at ${seconds(latest.saidMs)} s, kept at ${seconds(latest.keptMs)} s)` : ''}, ${reconnects} / ${allReconnects} reconnects, clients ${clients.join(' ')}\n`,
          ),
      }),
    ),
  );
  const rounds = results.flatMap((result) => result.rounds);
  const sum = (of: (result: TeamRoundsResult) => number): number =>
    results.reduce((total, result) => total + of(result), 0);
  const parts = KINDS.flatMap((kind) =>
    [false, true].flatMap((stopped) => {
      const own = rounds.filter(
        (round) => round.kind === kind && (round.stopMs !== undefined) === stopped,
      );
      return own.length > 0 ? [rowOf(`${kind} ${stopped ? 'stopped' : 'killed'}`, own)] : [];
    }),
  );
  const lost = sum((r) => r.acknowledgedLost + r.dropped);
  const words = sum((r) => r.wordsLost + r.wordsDoubled);
  const failed = results.flatMap((result) => result.failed);
  for (const why of failed) process.stderr.write(`A session did not come to its end: ${why}\n`);
  reportResults({
    about: `${rounds.length} faults, seed ${seed}, in ${places} teams side by side, each of ${NODES} NATS nodes (${natsVersion(natsServer() ?? 'nats-server')}), PostgreSQL, ${GATEWAYS} gateways behind a balancer that probes them, ${WORKERS} workers and ${people} people who talk without end in sessions of ${WORDS} words. Killed with SIGKILL and started again within 2 s in its folder, or stopped for ${values.stop} s. ${sum((r) => r.sessions)} sessions, ${sum((r) => r.finals)} finals: ${sum((r) => r.acknowledgedLost)} acknowledged frames lost, ${sum((r) => r.dropped)} frames left out by a client, ${sum((r) => r.wordsLost)} finals lost, ${sum((r) => r.wordsDoubled)} doubled, ${sum((r) => r.eventsMissing)} events out of order, ${sum((r) => r.otherBounds)} sessions with a segment whose bounds differ by more than a frame from the undisturbed run, ${failed.length} that did not end, ${sum((r) => r.reconnectsBetween)} reconnects without a fault. Recovery: from the fault until sound is acknowledged within 1.5 s and finals come within 3 s of their word; from the end of a stop for what was not late until then, and for finals without their database. Fewest clients of a gateway when it was struck: ${Math.min(...rounds.filter(({ kind }) => kind === 'gateway').map(struckClients), people)}.`,
    rows: [...parts, rowOf('all', rounds)],
    ratios: {
      'acknowledged frames lost': { value: lost, noise: 0, better: 'lower' },
      'finals lost or doubled': { value: words, noise: 0, better: 'lower' },
    },
  });
  const missed = rounds.filter(
    (round) => round.recoveryMs > RECOVERED_MS || round.reconnects > 1 || round.clients.includes(0),
  ).length;
  if (lost + words + failed.length + missed + sum((r) => r.otherBounds + r.eventsMissing) > 0)
    process.exitCode = 1;
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
