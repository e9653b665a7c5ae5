/** Reports of users, from the material beside the repository: dictated lines and transcripts. */
import { deepStrictEqual } from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { writeDictation } from '../../../daemon/dictation/writer';
import { fitText } from '../../../extension/dictation/insertText';
import { decodeText } from '../../../daemon/insights/conversation/textBytes';
import { parseAnalysisInput } from '../../../daemon/insights/text/plainText';
import { readableText } from '../../../daemon/transcript/readable';
import { skip } from '../../../testing/harness/skip';

const CASES = resolve(__dirname, '../../../../shared/cases');
const read = (file: string): string => readFileSync(resolve(CASES, file), 'utf8');

interface Case {
  readonly run: string;
  readonly text?: string;
  readonly accept?: readonly string[];
  readonly never?: readonly string[];
}

describe('reports of users', () => {
  before(function () {
    if (!existsSync(CASES)) skip(this, 'the cases beside the repository are not there');
  });
  it('dictated lines', () => {
    const bare = (text: string): string => text.trim().replace(/\.$/, '');
    const wrong = read('text.jsonl')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Case)
      .filter(({ run }) => run === 'dictate')
      .map(({ text = '', accept = [], never = [] }) => ({
        text,
        written: writeDictation(text).text,
        accept,
        never,
      }))
      .filter(
        ({ written, accept, never }) =>
          never.some((part) => written.includes(part)) ||
          !accept.some((right) => bare(right) === bare(written)),
      );
    deepStrictEqual(wrong, []);
  });
  it('insertion into a line', () => {
    const lines = read('files/29-insert-lowercases-names/input.txt').trim().split('\n');
    deepStrictEqual(
      lines.map((line) => {
        const [before = '', text = ''] = line.split('|');
        return fitText(text, { before, after: '' }).trim();
      }),
      ['Monday is fine.', 'Python is slow.', 'Anna will do it.', 'the docs'],
    );
  });
  it('readable text', () => {
    const written = (file: string): string[] =>
      read(file)
        .trim()
        .split('\n')
        .map((line) => readableText(line));
    deepStrictEqual(written('files/06-note-number-at-sentence-start/input.txt'), [
      'Nineteen ninety nine was the year.',
      'One hundred twenty users signed up.',
      'Ninety five percent passed.',
      '5551234 is the number.',
    ]);
    deepStrictEqual(written('files/07-note-drops-real-words/input.txt'), [
      'Draw the ER diagram',
      'The ER is full',
      'Uh huh',
      'Please c c the team on this',
      'We want a win win situation',
      'New York New York',
    ]);
  });
  it('transcripts in UTF-16 and as JSON lines', () => {
    const utf16 = decodeText(readFileSync(resolve(CASES, 'files/16-analyze-utf16/utf16.txt')));
    deepStrictEqual(
      parseAnalysisInput(utf16 ?? '').map(({ speaker }) => speaker),
      ['Anna', 'Ben'],
    );
    deepStrictEqual(
      parseAnalysisInput(read('files/17-analyze-own-jsonl/t.jsonl')).length > 0,
      true,
    );
  });
});
