/**
 * A team whose processes are killed and stopped at random while people talk: `npm run bench --
 * teamKills [--rounds N] [--seed S] [--stop SECONDS[,SECONDS…]] [--people N] [--places N]`. Places
 * are whole teams side by side, each with its share of the rounds. Every process is as likely as
 * any other, killed as often as stopped; `--kind KIND` and `--stopped` leave the others out.
 */
import { parseArgs } from 'node:util';
import { natsServer, natsVersion } from '../testing/processes/natsServers';
import { percentile } from '../testing/scoring/statistics';
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
} from '../testing/faults/teamRounds';

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

function progressOf(round: string, it: Round): string {
  const { kind, index, stopMs, recoveryMs, latest, reconnects, allReconnects, clients } = it;
  const how = stopMs === undefined ? 'killed' : `stopped for ${stopMs / 1000} s`;
  const last = latest
    ? ` (${latest.what} ${latest.nth} of person ${latest.person}, ` +
      `said at ${seconds(latest.saidMs)} s, kept at ${seconds(latest.keptMs)} s)`
    : '';
  return (
    `${new Date().toISOString()} ${round} ${kind} ${index} ${how}: ` +
    `${seconds(recoveryMs)} s${last}, ${reconnects} / ${allReconnects} reconnects, ` +
    `clients ${clients.join(' ')}\n`
  );
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
        onRound: (round, n) => process.stderr.write(progressOf(`${place}.${n}`, round)),
      }),
    ),
  );
  report(results, { seed, places, people, stop: values.stop });
}

interface Asked {
  readonly seed: number;
  readonly places: number;
  readonly people: number;
  /** Seconds, or several of them. */
  readonly stop: string;
}

function report(results: readonly TeamRoundsResult[], { seed, places, people, stop }: Asked): void {
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
  const struck = rounds.filter(({ kind }) => kind === 'gateway').map(struckClients);
  const lost = sum((r) => r.acknowledgedLost + r.dropped);
  const words = sum((r) => r.wordsLost + r.wordsDoubled);
  const failed = results.flatMap((result) => result.failed);
  for (const why of failed) process.stderr.write(`A session did not come to its end: ${why}\n`);
  reportResults({
    about: [
      `${rounds.length} faults, seed ${seed}, in ${places} teams side by side.`,
      `Each team has ${NODES} NATS nodes (${natsVersion(natsServer() ?? 'nats-server')}),`,
      `PostgreSQL, ${GATEWAYS} gateways behind a balancer that probes them, ${WORKERS} workers and`,
      `${people} people who talk without end in sessions of ${WORDS} words.`,
      'A process is killed with SIGKILL and started again within 2 s in its folder,',
      `or stopped for ${stop} s.`,
      `The run had ${sum((r) => r.sessions)} sessions and ${sum((r) => r.finals)} finals,`,
      `and ${sum((r) => r.reconnectsBetween)} reconnects without a fault.`,
      'Recovery runs from the fault until audio is acknowledged within 1.5 s',
      'and finals come within 3 s of their word.',
      'For later delays, and for finals without their database, it runs from the end of the stop.',
      `Fewest clients of a gateway at its fault: ${Math.min(...struck, people)}.`,
    ].join(' '),
    rows: [...parts, rowOf('all', rounds)],
    metrics: {
      'team: acknowledged frames lost': { value: lost, better: 'lower', noise: 0, mark: 0 },
      'team: finals lost or doubled': { value: words, better: 'lower', noise: 0, mark: 0 },
      'team: longest recovery': {
        value: seconds(Math.max(...rounds.map(({ recoveryMs }) => recoveryMs))),
        unit: 's',
        better: 'lower',
        mark: RECOVERED_MS / 1000,
      },
      'team: reconnects of one client, most': {
        value: Math.max(...rounds.map(({ reconnects }) => reconnects)),
        better: 'lower',
        mark: 1,
      },
      'team: events out of order': { value: sum((r) => r.eventsMissing), better: 'lower', mark: 0 },
      'team: sessions with other bounds than undisturbed': {
        value: sum((r) => r.otherBounds),
        better: 'lower',
        mark: 0,
      },
      'team: sessions that did not end': { value: failed.length, better: 'lower', mark: 0 },
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
