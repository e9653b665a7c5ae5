/**
 * What survives what: `npm run fault -- kill --count 1000` (the daemon is killed while real speech
 * is pushed) and `npm run fault -- damage --count 500` (bytes flipped in database and spool, ends
 * cut off); both with `--seed N`. `--engine moonshine` kills the shipped daemon with its models.
 * `--part first`, then `--part next`: runs whose rows are kept and added up. Argument: folder of
 * the models.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { damageRounds } from '../testing/faults/damageRounds';
import {
  killCommand,
  killRounds,
  type KillRoundsResult,
  productCommand,
  stateFolderForRounds,
} from '../testing/faults/killRounds';
import { faultSpeech } from '../testing/faults/speech';
import { percentile } from '../testing/scoring/statistics';
import { reportResults, type Row } from './report';
import { findModels, type SpeechModels } from '../testing/harness/speechPath';

function killRow(what: string, result: KillRoundsResult, seconds: number): Row {
  const { restartMs, ...counts } = result;
  return {
    what,
    ...counts,
    'restart p50 ms': Math.round(percentile(restartMs, 0.5)),
    'restart p95 ms': Math.round(percentile(restartMs, 0.95)),
    seconds,
  };
}

/**
 * Rows of a run that is made in parts, each under its own seed: kept until `--part first` begins
 * anew.
 */
const PARTS = resolve(__dirname, '..', 'out', 'fault', 'parts.json');

type Parts = { readonly kills: readonly Row[]; readonly damage: readonly Row[] };

function partsBefore(part: string | undefined): Parts {
  return part === 'next' && existsSync(PARTS)
    ? (JSON.parse(readFileSync(PARTS, 'utf8')) as Parts)
    : { kills: [], damage: [] };
}

/** Counts added up; a row's times stay its own. */
function sumOf(rows: readonly Row[]): Row {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter(
    (name) => name !== 'what' && !name.startsWith('restart'),
  );
  return {
    what: 'sum',
    ...Object.fromEntries(
      names.map((name) => [name, rows.reduce((sum, row) => sum + Number(row[name] ?? 0), 0)]),
    ),
  };
}

function report({ kills, damage }: Parts, about: string): void {
  mkdirSync(dirname(PARTS), { recursive: true });
  writeFileSync(PARTS, JSON.stringify({ kills, damage }));
  const sum = sumOf(kills);
  const damaged = (name: string): number => damage.reduce((n, row) => n + Number(row[name]), 0);
  const events = damaged('events');
  reportResults({
    about,
    rows: [...kills, ...(kills.length > 1 ? [sum] : []), ...damage],
    metrics: {
      ...(kills.length > 0
        ? {
            'acknowledged frames lost after killed daemons': {
              value: Number(sum['acknowledgedLost']),
              better: 'lower' as const,
              noise: 0,
              mark: 0,
            },
            'finals lost or doubled after killed daemons': {
              value: Number(sum['eventsMissing']) + Number(sum['finalsDoubled']),
              better: 'lower' as const,
              noise: 0,
              mark: 0,
            },
          }
        : {}),
      ...(events > 0
        ? {
            'share of events kept after damage': {
              value: 1 - damaged('eventsLost') / events,
              better: 'higher' as const,
              noise: 0.02,
            },
            'failed starts, altered entries, unreported losses': {
              value: damaged('failedStarts') + damaged('altered') + damaged('unreported'),
              better: 'lower' as const,
              mark: 0,
            },
          }
        : {}),
    },
  });
}

async function kill(
  models: SpeechModels,
  folder: string,
  { count, seed, engine, part }: Asked,
): Promise<void> {
  const speech = await faultSpeech(models);
  const home = stateFolderForRounds();
  const begun = performance.now();
  const product = engine === 'moonshine';
  let notified = 0;
  const result = await killRounds(
    {
      count,
      seed,
      speech,
      command: product ? productCommand(folder, home) : await killCommand(speech, home),
      ...(product ? { latestKillMs: PRODUCT_KILL_MS } : {}),
      onNotDone: (state, log) =>
        process.stderr.write(
          `A session was left in ${state === '' ? 'no state that a client saw' : state}. ` +
            `The daemon's log ends so:\n${log}\n`,
        ),
      onProgress: (kills, sessions) => {
        if (kills - notified < 50) return;
        notified = kills;
        process.stderr.write(
          `${kills} kills, ${sessions} sessions, ${Math.round((performance.now() - begun) / 1000)} s\n`,
        );
      },
    },
    home,
  );
  const before = partsBefore(part);
  report(
    {
      ...before,
      kills: [
        ...before.kills,
        killRow(
          `${product ? 'Moonshine' : 'words by place'}, seed ${seed}`,
          result,
          Math.round((performance.now() - begun) / 1000),
        ),
      ],
    },
    `${KILL_ABOUT} ${speech.about}. ${HOW}`,
  );
  const {
    acknowledgedLost,
    eventsMissing,
    eventsRepeated,
    finalsDoubled,
    sessionsThatDiffer,
    damagedPhrases,
    notDone,
    childrenLeft,
  } = result;
  if (
    acknowledgedLost +
      eventsMissing +
      eventsRepeated +
      finalsDoubled +
      (product ? 0 : sessionsThatDiffer) +
      damagedPhrases +
      notDone +
      childrenLeft >
    0
  )
    process.exitCode = 1;
}

const KILL_ABOUT = 'The daemon is killed with SIGKILL at random points while a client pushes';
const HOW = [
  '"Words by place": the texts of one Moonshine run, chosen by their place in the audio; a fixed',
  'level finds the speech, so that every session must have the words of the undisturbed run.',
  '"Moonshine": the shipped daemon with its models; a phrase in flight may be decoded again with',
  'other bounds.',
  '"Damage": one to eight bytes of a database or a spool are flipped, or its end is cut off;',
  'then it is opened as at the next start.',
].join(' ');

function damage({ count, seed, part }: Asked): void {
  const result = damageRounds({ count, seed });
  const before = partsBefore(part);
  report(
    { ...before, damage: [...before.damage, { what: `damage, seed ${seed}`, ...result }] },
    HOW,
  );
  if (result.failedStarts + result.altered + result.unreported > 0) process.exitCode = 1;
}

interface Asked {
  readonly count: number;
  readonly seed: number;
  readonly engine: string | undefined;
  readonly part: string | undefined;
}

/** Long enough after a client is back that Moonshine is loaded and decodes. */
const PRODUCT_KILL_MS = 5_000;

async function main(argv: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      count: { type: 'string' },
      seed: { type: 'string', default: '1' },
      engine: { type: 'string' },
      part: { type: 'string' },
    },
  });
  const [folder, what = 'kill'] = positionals;
  const models = findModels(folder);
  if (!models) throw new Error('The models are not there; run "npm run setup" first.');
  const asked = (count: number): Asked => ({
    count: Number(values.count ?? count),
    seed: Number(values.seed),
    engine: values.engine,
    part: values.part,
  });
  if (what === 'kill') await kill(models, String(folder), asked(1000));
  else if (what === 'damage') damage(asked(500));
  else throw new Error(`There is no fault "${what}"; choose from kill, damage.`);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
