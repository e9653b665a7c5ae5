/**
 * The short form of `npm run fault -- kill`: 50 kills at random points while real speech is pushed.
 */
import { deepEqual, ok } from 'node:assert/strict';
import { killCommand, killRounds, stateFolderForRounds } from '../../testing/faults/killRounds';
import { faultSpeech } from '../../testing/faults/speech';
import { findModels } from '../../testing/harness/speechPath';
import { skip } from '../../testing/harness/skip';

const KILLS = 50;

describe('a daemon killed at random points', function () {
  this.timeout(300_000);

  it('loses no acknowledged frame, loses or doubles no final, and has every word of an undisturbed run', async function () {
    const models = findModels(process.env['EARMARK_MODELS']);
    if (!models) skip(this, 'no models: run it with "npm test"');
    const speech = await faultSpeech(models);
    const home = stateFolderForRounds();
    const {
      acknowledgedLost,
      eventsMissing,
      eventsRepeated,
      finalsDoubled,
      sessionsThatDiffer,
      damagedPhrases,
      notDone,
      kills,
      finals,
    } = await killRounds(
      {
        count: KILLS,
        speech,
        command: await killCommand(speech, home),
        onNotDone: (state, log) =>
          process.stderr.write(
            `A session was left in ${state === '' ? 'no state that a client saw' : state}. The daemon's log ends so:\n${log}\n`,
          ),
      },
      home,
    );
    ok(kills >= KILLS && finals > 20, `${kills} kills, ${finals} finals`);
    deepEqual(
      {
        acknowledgedLost,
        eventsMissing,
        eventsRepeated,
        finalsDoubled,
        sessionsThatDiffer,
        damagedPhrases,
        notDone,
      },
      {
        acknowledgedLost: 0,
        eventsMissing: 0,
        eventsRepeated: 0,
        finalsDoubled: 0,
        sessionsThatDiffer: 0,
        damagedPhrases: 0,
        notDone: 0,
      },
    );
  });
});
