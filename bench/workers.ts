/**
 * Recognition workers killed with SIGKILL at random moments while live sessions speak, and five
 * kills in a row: `npm run bench -- workers [--count N] [--seed N] [--seconds N] [--part
 * first|next]`. A run in parts begins no new round after so many seconds; its figures are added up.
 * Arguments: models folder first.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { randoms } from '../testing/faults/random';
import { percentile } from '../testing/scoring/statistics';
import { reportResults } from './report';
import { findModels, libriUtterances } from '../testing/harness/speechPath';
import { joinSessions } from '../testing/harness/streamingSessions';
import {
  type WorkerRounds,
  OwnDaemon,
  crashLoop,
  workerRounds,
} from '../testing/faults/workerRounds';

const KEPT = resolve(__dirname, '..', 'out', 'fault', 'workers.json');
/** Utterances of each set in the two sessions that speak at a time: about a minute each. */
const UTTERANCES = 8;

function added(a: WorkerRounds, b: WorkerRounds): WorkerRounds {
  const sum = Object.fromEntries(
    Object.entries(a).map(([name, value]) => [
      name,
      typeof value === 'number'
        ? value + Number(b[name as keyof WorkerRounds])
        : [...(value as number[]), ...(b[name as keyof WorkerRounds] as number[])],
    ]),
  );
  return sum as unknown as WorkerRounds;
}

async function main(argv: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      count: { type: 'string', default: '200' },
      seed: { type: 'string', default: '1' },
      seconds: { type: 'string' },
      part: { type: 'string' },
    },
  });
  const [models = ''] = positionals;
  if (!findModels(models) || libriUtterances().length === 0)
    throw new Error(
      'This bench needs the models of `npm run setup` and the LibriSpeech sets beside the repository.',
    );
  const speech = joinSessions(libriUtterances(), UTTERANCES).map(({ pcm }) => pcm);
  const before =
    values.part === 'next' && existsSync(KEPT)
      ? (JSON.parse(readFileSync(KEPT, 'utf8')) as WorkerRounds)
      : undefined;
  const many = new OwnDaemon(models, 1_000_000);
  const own = new OwnDaemon(models);
  const keep = (now: WorkerRounds): WorkerRounds => {
    const all = before ? added(before, now) : now;
    mkdirSync(dirname(KEPT), { recursive: true });
    writeFileSync(KEPT, JSON.stringify(all));
    return all;
  };
  try {
    const onProgress = (kills: number): void =>
      void (kills % 20 === 0 && process.stderr.write(`${kills} kills\n`));
    const now = await workerRounds(many, {
      speech,
      count: Math.max(1, Number(values.count) - (before?.kills ?? 0)),
      random: randoms(Number(values.seed)),
      ...(values.seconds === undefined ? {} : { seconds: Number(values.seconds) }),
      onProgress,
      onRound: (soFar) => keep(soFar),
    });
    const all = keep(now);
    await many.end();
    if (all.kills < Number(values.count))
      throw new Error(
        `${all.kills} of ${values.count} kills so far; run it again with --part next.`,
      );
    const five = await crashLoop(own, (speech[0] as Int16Array).subarray(0, 24 * 16_000));
    report(all, five);
  } finally {
    await many.end();
    await own.end();
  }
}

function report(all: WorkerRounds, five: Awaited<ReturnType<typeof crashLoop>>): void {
  const seconds = (values: readonly number[], q: number): string =>
    (percentile(values, q) / 1000).toFixed(2);
  reportResults({
    about: [
      'Two live sessions at a time: LibriSpeech clean and other with pauses, Moonshine tiny in a',
      'shipped daemon.',
      'SIGKILL ends a worker at a random moment after new text.',
      'About half of the kills fall into a decode, one in six into the next load.',
      'Lost and doubled finals are counted by the times of an undisturbed run.',
    ].join(' '),
    rows: [
      {
        what: `${all.kills} kills (${all.killedWhileDecoding} in a decode, ${all.killedWhileLoading} while loading)`,
        sessions: all.sessions,
        finals: all.finals,
        lost: all.lost,
        doubled: all.doubled,
        'not done': all.notDone,
        words: all.words,
        'words that differ': all.wordsThatDiffer,
        'load p50 / max (s)': `${seconds(all.loadMs, 0.5)} / ${seconds(all.loadMs, 1)}`,
        'then text, killed in a decode, p50 / p95 / max (s)': [0.5, 0.95, 1]
          .map((share) => seconds(all.textMs, share))
          .join(' / '),
      },
      {
        what: `${five.kills} kills in a row, then retry`,
        sessions: 1,
        lost: five.lost,
        doubled: five.doubled,
        'not done': five.done ? 0 : 1,
        state:
          `${five.state}, ${five.warned ? 'reported' : 'not reported'}; ` +
          `${five.stateAfterRetry} after the retry`,
      },
    ],
    metrics: {
      'finals lost or doubled after killed workers': {
        value: all.lost + all.doubled + five.lost + five.doubled,
        better: 'lower',
        noise: 0,
        mark: 0,
      },
    },
  });
  if (all.lost + all.doubled + all.notDone + five.lost + five.doubled > 0) process.exitCode = 1;
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
