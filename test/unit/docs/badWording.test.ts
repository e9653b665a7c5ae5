/** `badWording` finds the words and openings to avoid, and leaves code, links and questions alone. */
import { deepEqual } from 'node:assert/strict';
import { badWording } from '../../../scripts/lint/wording.mjs';

const check = (text: string, expected: [line: number, word: string][]): void => {
  deepEqual(
    badWording(text).map(({ line, word }) => [line, word]),
    expected,
  );
};

describe('badWording', () => {
  it('finds banned words with their lines', () => {
    check('Earmark keeps the audio.\nThe sound was heard.', [
      [2, 'sound'],
      [2, 'heard'],
    ]);
    check('Whoever was told of its likeness stands on a rung.', [
      [1, 'Whoever'],
      [1, 'Whoever …'],
      [1, 'told'],
      [1, 'likeness'],
      [1, 'rung'],
    ]);
    check('It may read your meetings along, where there is one.', [
      [1, 'read your meetings along'],
      [1, 'where there is one'],
    ]);
    check('It counts figures, and its refuge is the administrator, who runs it.', [
      [1, 'figures'],
      [1, 'refuge'],
      [1, 'who runs'],
    ]);
  });

  it('leaves names of devices, the verb and longer words', () => {
    check('Choose a sound card, a sound device or Windows Sound settings.', []);
    check('Names that sound alike, and how they sound, as in soundness. Retold, unheard.', []);
  });

  it('finds openings in sentences, list items and table cells', () => {
    check('Fine. What is older goes now.', [[1, 'What …']]);
    check('- Who runs it knows.\n2. Where there is a GPU, use it.', [
      [1, 'Who runs'],
      [1, 'Who …'],
      [2, 'Where there …'],
    ]);
    check('| error | What the server sends |', [[1, 'What …']]);
    check('As much as may be sent in a day.', [[1, 'As much …']]);
    check('> **Whatever stays** is kept.', [[1, 'Whatever …']]);
  });

  it('leaves questions, headings and clauses inside a sentence', () => {
    check('What does a meeting record? Who may read it?', []);
    check('## What you get\n\nIt shows what is stored and who spoke.', []);
    check('What does a meeting\nrecord?', []);
  });

  it('leaves code, comments and addresses of links', () => {
    check('Run `earmark.sound` here: ``what `heard` is``.', []);
    check('```sh\nWhat is heard\n```\n\n<!-- told -->\n\nThen it was told.', [[7, 'told']]);
    check('[metrics](docs/figures.md) at https://host/sound', []);
  });
});
