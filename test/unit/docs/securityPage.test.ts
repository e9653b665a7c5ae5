/** Every promise of SECURITY.md and of the README's privacy section names the test that attacks it. */
import { deepEqual, ok } from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisesIn } from '../../../scripts/test/promises.mjs';

const root = resolve(__dirname, '../../..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const testFiles = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.test.ts'),
);

/** Test files with a promise. */
const attacking = testFiles
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => promisesIn(read(join('test', file))).length > 0);
const isNamed = (file: string, name: string): boolean => `/${file}`.endsWith(`/${name}`);

/** Text under a heading, up to the next one of its level. */
function section(page: string, heading: string): string {
  const [, text] = page.split(`\n## ${heading}\n`);
  ok(text, `there is a section "${heading}"`);
  return text.split(/\n## /, 1)[0]!;
}

/** Sentences of list items, without the bold subject in front. */
const sentencesOf = (text: string): string[] =>
  [...text.matchAll(/^(?:-|\d+\.) (.+)$/gm)].flatMap(([, item = '']) =>
    item
      .replace(/^\*\*[^*]+\*\*\s*/, '')
      .split(/(?<=\.)\s+(?=[A-Z`])/)
      .filter(Boolean),
  );

const CITED = /\(tested by ((?:`[\w./]+`(?:, )?)+)\)\.$/;
const filesOf = (sentence: string): string[] =>
  [...(CITED.exec(sentence)?.[1]?.matchAll(/`([^`]+)`/g) ?? [])].map(([, file = '']) => file);

const security = sentencesOf(section(read('SECURITY.md'), 'Promises'));
/** The README cites in comments, which a reader of the page does not see. */
const readme = sentencesOf(
  section(read('README.md'), 'Privacy')
    .replace(/ ?<!-- (tested by [^>]+) -->/g, ' ($1)')
    .replace(/\. (\(tested by [^)]+\))/g, ' $1.'),
);

describe('promises in the documents', () => {
  it('are found sentence by sentence', () => {
    ok(security.length >= 50, `${security.length} sentences in SECURITY.md`);
    ok(readme.length >= 5, `${readme.length} sentences in the README`);
    deepEqual(
      sentencesOf('- **A.** One (tested by `a.test.ts`). Two.\nText.\n1. Three.').map(
        (sentence) => [sentence.split(' ')[0], filesOf(sentence)],
      ),
      [
        ['One', ['a.test.ts']],
        ['Two.', []],
        ['Three.', []],
      ],
    );
  });

  it('each name a test', () => {
    deepEqual(
      [...security, ...readme].filter((sentence) => filesOf(sentence).length === 0),
      [],
    );
  });

  it('name one test file each, by the end of its path, which attacks a promise', () => {
    deepEqual(
      [...new Set([...security, ...readme].flatMap(filesOf))].filter(
        (name) => attacking.filter((file) => isNamed(file, name)).length !== 1,
      ),
      [],
    );
  });

  it('name every test of a promise', () => {
    const names = [...security, ...readme].flatMap(filesOf);
    deepEqual(
      attacking.filter((file) => !names.some((name) => isNamed(file, name))),
      [],
    );
  });
});
