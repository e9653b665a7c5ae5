import { deepEqual } from 'node:assert/strict';
import { createAnalyzerFactory } from '../../../daemon/insights/analyzerFactory';
import { parsePlainText } from '../../../daemon/insights/text/plainText';

describe('tasks not to be forgotten', () => {
  const check = (said: string, text: string, owner: string): void =>
    void it(said.replaceAll('\n', ' / '), () => {
      const analyzer = createAnalyzerFactory({ model: () => undefined }).create({
        startedAt: '2026-11-25T14:30:00+01:00',
      });
      analyzer.update(parsePlainText(said));
      analyzer.finish();
      deepEqual(
        analyzer.insights.flatMap((one) =>
          one.kind === 'action' ? [{ text: one.text, owner: one.owner }] : [],
        ),
        [{ text, owner }],
      );
    });

  check("Ben: I mustn't forget to update the changelog.", 'Update the changelog', 'Ben');
  check("Anna: I shouldn't forget to email the vendor.", 'Email the vendor', 'Anna');
  check("Ben: I'd better not forget to call Tom.", 'Call Tom', 'Ben');
  check("Anna: I'll try not to forget to book the hotel.", 'Book the hotel', 'Anna');
  check('Anna: I have to remember to back up the database.', 'Back up the database', 'Anna');
  check('Ben: I need to not forget to renew the domain.', 'Renew the domain', 'Ben');
  check("Ben: I'll read the third chapter.", 'Read the third chapter', 'Ben');
  check('Anna: Remind me to rotate the token on Friday.', 'Rotate the token', 'Anna');
  it("nobody's task: let's not forget", () => {
    const analyzer = createAnalyzerFactory({ model: () => undefined }).create({
      startedAt: '2026-11-25T14:30:00+01:00',
    });
    analyzer.update(parsePlainText("Anna: Let's not forget to tag the release."));
    analyzer.finish();
    deepEqual(
      analyzer.insights.flatMap((one) => (one.kind === 'action' ? [[one.text, one.owner]] : [])),
      [['Tag the release', undefined]],
    );
  });
  check('Anna: Please remind me to call the bank.', 'Call the bank', 'Anna');
  check('Anna: Ben, remind me to call the bank.\nBen: Sure.', 'Call the bank', 'Anna');
});
