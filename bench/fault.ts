/**
 * What survives what: `npm run fault -- kill --count 1000` (the daemon is killed while real speech is pushed) and `npm run fault -- damage --count 500`
 * (bytes flipped in database and spool, ends cut off); both with `--seed N`. Argument: folder of the models.
 */
import { parseArgs } from 'node:util';
import { damageRounds } from './fault/damageRounds';
import { killCommand, killRounds, type KillRoundsResult, stateFolderForRounds } from './fault/killRounds';
import { faultSpeech } from './fault/speech';
import { reportResults, type Row } from './report';
import { findModels, type SpeechModels } from './speechPath';

const quantile = (values: readonly number[], q: number): number => Math.round([...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))] ?? 0);

function killRow(what: string, result: KillRoundsResult, seconds: number): Row {
  const { restartMs, ...counts } = result;
  return { what, ...counts, 'restart p50 ms': quantile(restartMs, 0.5), 'restart p95 ms': quantile(restartMs, 0.95), seconds };
}

async function kill(models: SpeechModels, count: number, seed: number): Promise<void> {
  const speech = await faultSpeech(models);
  const home = stateFolderForRounds();
  const begun = performance.now();
  let told = 0;
  const result = await killRounds(
    {
      count, seed, speech,
      command: await killCommand(speech, home),
      onProgress: (kills, sessions) => {
        if (kills - told < 50) return;
        told = kills;
        process.stderr.write(`${kills} kills, ${sessions} sessions, ${Math.round((performance.now() - begun) / 1000)} s\n`);
      },
    },
    home,
  );
  reportResults({
    about: `The daemon is killed with SIGKILL at random points while a client pushes ${speech.about}; words as Moonshine heard them once, by their place in the audio, speech found by a fixed level.`,
    rows: [killRow('words by place', result, Math.round((performance.now() - begun) / 1000))],
    ratios: {
      'words of the undisturbed run': { value: result.sessions === 0 ? 0 : 1 - result.sessionsThatDiffer / result.sessions, noise: 0, better: 'higher' },
      'acknowledged frames lost': { value: result.acknowledgedLost, noise: 0, better: 'lower' },
    },
  });
  const { acknowledgedLost, eventsMissing, eventsRepeated, finalsDoubled, sessionsThatDiffer, damagedPhrases, notDone } = result;
  if (acknowledgedLost + eventsMissing + eventsRepeated + finalsDoubled + sessionsThatDiffer + damagedPhrases + notDone > 0) process.exitCode = 1;
}

function damage(count: number, seed: number): void {
  const result = damageRounds({ count, seed });
  reportResults({ about: 'One to eight bytes of a database or a spool flipped, or its end cut off, then opened as the next start does.', rows: [{ ...result }], ratios: { 'events kept': { value: 1 - result.eventsLost / result.events, noise: 0.02, better: 'higher' } } });
  if (result.failedStarts + result.altered + result.untold > 0) process.exitCode = 1;
}

async function main(argv: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options: { count: { type: 'string' }, seed: { type: 'string', default: '1' } } });
  const [folder, what = 'kill'] = positionals;
  const models = findModels(folder);
  if (!models) throw new Error('The models are not there; run "npm run setup" first.');
  const seed = Number(values.seed);
  if (what === 'kill') await kill(models, Number(values.count ?? 1000), seed);
  else if (what === 'damage') damage(Number(values.count ?? 500), seed);
  else throw new Error(`There is no fault "${what}"; choose from kill, damage.`);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
