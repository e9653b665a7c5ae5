// Recognition workers of a daemon as it ships, killed at random moments while live sessions speak:
// the short form of `npm run bench -- workers`.
import { deepEqual, match, ok } from 'node:assert/strict';
import { randoms } from '../../testing/faults/random';
import { joinSessions } from '../../testing/harness/streamingSessions';
import { findModels, libriUtterances, readAudio } from '../../testing/harness/speechPath';
import { OwnDaemon, crashLoop, workerRounds } from '../../testing/faults/workerRounds';
import { join } from 'node:path';
import { skip } from '../../testing/harness/skip';

const KILLS = 10;
const SECONDS = 18;

/** Two recordings of some seconds. */
function speech(): Int16Array[] {
  const sessions = joinSessions(libriUtterances(), 4).map(({ pcm }) => pcm);
  const all =
    sessions.length > 1
      ? sessions
      : [0, 30].map((from) =>
          readAudio(join(__dirname, '../../demo/standup.flac')).subarray(from * 16_000),
        );
  return all.slice(0, 2).map((pcm) => pcm.subarray(0, SECONDS * 16_000));
}

describe('recognition workers killed in live sessions', function () {
  this.timeout(240_000);
  let daemon: OwnDaemon | undefined;
  afterEach(() => daemon?.end());

  function own(context: Mocha.Context, crashes?: number): OwnDaemon {
    const models = process.env['EARMARK_MODELS'];
    if (models === undefined || !findModels(models))
      skip(context, 'no models: run it with "npm test"');
    return (daemon = new OwnDaemon(models, crashes));
  }

  it('lose and double no final', async function () {
    const result = await workerRounds(own(this, 1_000), {
      speech: speech(),
      count: KILLS,
      random: randoms(7),
    });
    ok(
      result.kills >= KILLS && result.finals > 0 && result.loadMs.length > KILLS / 2,
      JSON.stringify(result),
    );
    deepEqual(
      { lost: result.lost, doubled: result.doubled, notDone: result.notDone },
      { lost: 0, doubled: 0, notDone: 0 },
    );
  });

  it('five in a row end in an error that is shown, and a retry goes on with nothing lost', async function () {
    const { error, kills, ...rest } = await crashLoop(
      own(this),
      (speech()[0] as Int16Array).subarray(0, 14 * 16_000),
    );
    match(error, /^Speech recognition stopped 5 times within 3 minutes\. Try again/);
    deepEqual(
      { kills, ...rest },
      {
        kills: 5,
        state: 'ERROR',
        warned: true,
        stateAfterRetry: 'READY',
        lost: 0,
        doubled: 0,
        done: true,
      },
    );
  });
});
