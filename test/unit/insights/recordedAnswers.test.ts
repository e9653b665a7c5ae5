/** Floors under the notes that a strong model writes, with recorded answers to our own prompts. */
import { deepEqual, ok } from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { NATURAL, naturalMeetings, scoreRecorded } from '../../../testing/scoring/recordedAnswers';
import { f1, pool } from '../../../testing/scoring/insightsScore';
import { EXAM, gradeExam } from '../../../daemon/insights/write/exam';
import { skip } from '../../../testing/harness/skip';

describe('notes of a strong model', () => {
  it('keep their items through check and merge', async function () {
    if (!existsSync(NATURAL)) skip(this, 'the natural meetings are not here');
    this.timeout(60_000);
    const { actions, decisions, owners, decoys } = pool(await scoreRecorded(naturalMeetings()));
    const measured = {
      actions: [f1(actions, actions.rightLoose), 0.94],
      decisions: [f1(decisions, decisions.rightLoose), 0.84],
      owners: [owners.right / owners.of, 0.96],
      withoutDecoys: [1 - decoys.taken / decoys.of, 0.93],
    } as const;
    for (const [name, [value, mark]] of Object.entries(measured))
      console.log(`      ${name} ${value.toFixed(2)} (mark ${mark})`);
    ok(Object.values(measured).every(([value, mark]) => value >= mark));
  });

  it('are written only by a model that passes the exam', () => {
    const answers = { a: 'nightly backup', b: 'No.', c: 'Emil', d: 'Monday', e: 4 };
    deepEqual(
      [
        gradeExam(`Sure:\n${JSON.stringify(answers)}`),
        gradeExam(JSON.stringify({ ...answers, c: 'Jan', e: 5 })),
        gradeExam(JSON.stringify({ ...answers, a: 'report page', b: 'yes', c: 'Jan' })),
        gradeExam('I cannot.'),
        EXAM.length,
      ],
      ['strong', 'middle', 'none', 'none', 2],
    );
  });
});
