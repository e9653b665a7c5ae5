import { deepEqual, equal } from 'node:assert/strict';
import { spokenPhrase } from '../../../daemon/dictation/spokenSilences';
import { writeDictation } from '../../../daemon/dictation/writer';

/** "|" is a silence of 400 ms; other words follow after 40 ms. */
function timed(spoken: string, timing: 'model' | 'estimated' = 'model') {
  let endMs = 0;
  const words = spoken.split(' ').map((word) => {
    const startMs = endMs + (word.startsWith('|') ? 400 : 40);
    endMs = startMs + 200;
    return { text: word.replace('|', ''), startMs, endMs, confidence: 1, timing };
  });
  return spokenPhrase({ text: words.map(({ text }) => text).join(' '), words });
}

describe('silences around command words', () => {
  const check = (spoken: string, written: string, timing?: 'model' | 'estimated'): void =>
    void it(`${spoken} (${timing ?? 'model'})`, () =>
      equal(writeDictation([timed(spoken, timing)]).text, written));

  it('are counted by word', () => deepEqual(timed('one |two three |four').silences, [1, 3]));
  it('are unknown without word times', () =>
    deepEqual(timed('one |two three', 'estimated').silences, []));

  // Without the silence, the words around decide: "between … and".
  check('walk between |comma |then stop', 'Walk between comma then stop');
  check('the lookup failed with |colon |no route', 'The lookup failed with colon no route');
  check('it has a missing |comma |here', 'It has a missing comma here');
  check('we tested it last |period |tomorrow we ship', 'We tested it last. Tomorrow we ship');
  check(
    'we tested it last |period |tomorrow we ship',
    'We tested it last period tomorrow we ship',
    'estimated',
  );
  // A hesitation before the word, and none behind it.
  check('it was a busy |period', 'It was a busy period');
  check('it was a very |period of change', 'It was a very period of change');
});
