/** Dictated text in the form of the place it goes to. */
import { equal } from 'node:assert/strict';
import { inScope } from '../../../daemon/dictation/scope';

describe('dictation: scope', () => {
  const long = 'word '.repeat(30).trim();
  const check = (name: string, text: string, languageId: string, expected: string): void => void it(name, () => equal(inScope(text, languageId), expected));
  check('breaks the body of a commit message at 72 columns', `Fix the cache.\n\n${long}.`, 'scminput', `Fix the cache\n\n${'word '.repeat(14).trim()}\n${'word '.repeat(14).trim()}\nword word.`);
  check('keeps a word that is longer than a line', `A\n${'x'.repeat(90)} b`, 'git-commit', `A\n${'x'.repeat(90)}\nb`);
  check('keeps an ellipsis at the end of a subject', 'Wait...', 'git-commit', 'Wait...');
  check('leaves everything else alone', `Fix it.\n${long}`, 'typescript', `Fix it.\n${long}`);
});
