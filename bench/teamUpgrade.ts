/**
 * A team whose every process is replaced, one by one, while people talk: `npm run bench --
 * teamUpgrade [--people N] [--words N] [--from COMMIT]`. Gateways and workers are of that commit
 * until they are replaced. Audio comes in real time. Every transcript is compared, byte for byte,
 * with one that nothing disturbed.
 */
import { parseArgs } from 'node:util';
import { teamUpgrade } from '../testing/faults/teamUpgrade';
import { GATEWAYS, type Kind, NODES, WITHOUT_SUITE, WORKERS } from '../testing/faults/teamRounds';
import { reportResults, type Row } from './report';

/** Of a word and the silence behind it. */
const PACE_MS = 900;
const REPLACED: readonly { readonly kind: Kind; readonly count: number }[] = [
  { kind: 'worker', count: WORKERS },
  { kind: 'PostgreSQL', count: 1 },
  { kind: 'gateway', count: GATEWAYS },
  { kind: 'NATS node', count: NODES },
];

const seconds = (ms: number): number => Math.round(ms / 100) / 10;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      people: { type: 'string', default: '50' },
      words: { type: 'string', default: '150' },
      from: { type: 'string' },
    },
  });
  const [people, words] = [Number(values.people), Number(values.words)];
  const { steps, different, dropped, failed, saidBy } = await teamUpgrade(WITHOUT_SUITE, {
    people,
    words,
    paceMs: PACE_MS,
    nodes: NODES,
    gateways: GATEWAYS,
    workers: WORKERS,
    replaced: REPLACED,
    from: values.from,
    onStep: ({ kind, index, ms, reconnects, allReconnects, moved, late }) =>
      process.stderr.write(
        `${new Date().toISOString()} ${kind} ${index}: ${seconds(ms)} s, ` +
          `${reconnects} / ${allReconnects} reconnects, ` +
          `${moved} sessions moved${late ? ', too late' : ''}\n`,
      ),
  });
  for (const line of [...failed, ...different]) process.stderr.write(`${line}\n`);
  const rows = REPLACED.map(({ kind }): Row => {
    const own = steps.filter((step) => step.kind === kind);
    return {
      what: kind,
      replaced: own.length,
      'until the team is complete again, longest, s': seconds(Math.max(...own.map(({ ms }) => ms))),
      'sessions moved': own.reduce((sum, { moved }) => sum + moved, 0),
      'too late': own.filter(({ late }) => late).length,
      'reconnects of all': own.reduce((sum, { allReconnects }) => sum + allReconnects, 0),
      'reconnects of one client, most': Math.max(...own.map(({ reconnects }) => reconnects)),
    };
  });
  const most = Math.max(...steps.map(({ reconnects }) => reconnects));
  reportResults({
    about: [
      `${people} live sessions of ${words} words, ${Math.round((words * PACE_MS) / 1000)} s of audio`,
      `in real time, in a team of ${NODES} NATS nodes, PostgreSQL, ${GATEWAYS} gateways behind a`,
      `balancer and ${WORKERS} scripted workers at the speed of Moonshine.`,
      `Each process is ended and${values.from === undefined ? '' : `, in place of commit ${values.from},`}`,
      `started again in its folder, one after the other, the last at word ${saidBy}.`,
    ].join(' '),
    rows,
    metrics: {
      'upgrade: transcripts that differ from an undisturbed run': {
        value: different.length + failed.length,
        better: 'lower',
        noise: 0,
        mark: 0,
      },
      'upgrade: frames left out': { value: dropped, better: 'lower', mark: 0 },
      'upgrade: reconnects of one client for one process, most': {
        value: most,
        better: 'lower',
        noise: 0,
        mark: 1,
      },
    },
  });
  if (different.length + dropped + failed.length > 0 || most > 1) process.exitCode = 1;
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
