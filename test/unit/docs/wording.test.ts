/** The documents are in plain words, short, and easy to read. */
import { deepEqual, ok } from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { badWording } from '../../../scripts/lint/wording.mjs';
import { bullets, readingEase, sentences } from './readability';

const root = resolve(__dirname, '../../..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

const MAIN = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md', 'OPERATIONS.md'];
/** Markdown pages of a folder, however deep. */
const pagesIn = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort();
/** What an operator reads of a deployment. */
const DEPLOYMENT = [
  'deploy/compose.yaml',
  'deploy/grafana/earmark.json',
  'deploy/helm/Chart.yaml',
  'deploy/helm/values.yaml',
  'deploy/prometheus/alerts.yaml',
];
const PAGES = [
  ...MAIN,
  'CHANGELOG.md',
  ...['docs', 'walkthrough', 'models', 'demo'].flatMap(pagesIn),
];

/** Pages whose paths architecture.test.ts checks. */
const ELSEWHERE = /^(?:ARCHITECTURE\.md|docs\/(?:design|decisions)\/)/;

/** Words of the five main pages together, as `wc -w` counts them. */
const WORDS_MAX = 9_000;
/** Words of a list item of the README. */
const BULLET_WORDS_MAX = 40;
/** Flesch reading ease of the README's prose; 60 to 70 is plain English. */
const READING_EASE_MIN = 55;

const countWords = (text: string): number => text.split(/\s+/).filter(Boolean).length;
const say = (line: string): void => console.log(`      ${line}`);

/** Strings of package.json that a user sees. */
function visible(value: unknown, key = ''): string[] {
  if (typeof value === 'string')
    return /^(?:title|name|displayName|description|label|shortTitle|contents)$|Descriptions?$/i.test(
      key,
    )
      ? [value]
      : [];
  if (Array.isArray(value)) return value.flatMap((item: unknown) => visible(item, key));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => visible(inner, name));
}

/** A page without the script of the demo. */
const worded = (file: string): string => read(file).replace(/^## Script[\s\S]*/m, '');

describe('the documents', () => {
  for (const file of [...PAGES, ...DEPLOYMENT])
    it(`${file} avoids the words of scripts/lint/wording.mjs`, () =>
      deepEqual(
        badWording(worded(file)).map(({ line, word, instead }) => `${line}: ${word} → ${instead}`),
        [],
      ));

  it('package.json avoids them in what a user sees', () => {
    const manifest = JSON.parse(read('package.json')) as { contributes: unknown };
    const strings = [...visible(manifest), ...translations().flatMap(stringsOf)];
    ok(strings.length > 100, `${strings.length} strings`);
    deepEqual(
      strings.flatMap((text) => badWording(text).map(({ word }) => `${word}: ${text}`)),
      [],
    );
  });

  it(`the main pages have at most ${WORDS_MAX} words together`, () => {
    const counts = MAIN.map((file) => [file, countWords(read(file))] as const);
    const total = counts.reduce((sum, [, words]) => sum + words, 0);
    const each = counts.map(([file, words]) => `${file} ${words}`).join(', ');
    say(`${total} words, mark ${WORDS_MAX} (${each})`);
    ok(total <= WORDS_MAX, `${total} words`);
  });

  it(`a list item of the README has at most ${BULLET_WORDS_MAX} words`, () => {
    const items = bullets(read('README.md'));
    const most = Math.max(...items.map(({ words }) => words));
    say(`${items.length} items, the longest has ${most} words, mark ${BULLET_WORDS_MAX}`);
    ok(items.length >= 10, `${items.length} items`);
    deepEqual(
      items.filter(({ words }) => words > BULLET_WORDS_MAX),
      [],
    );
  });

  it(`the README's prose has a Flesch reading ease of at least ${READING_EASE_MIN}`, () => {
    const ease = readingEase(read('README.md'));
    say(`${ease.toFixed(1)}, mark ${READING_EASE_MIN}`);
    ok(ease >= READING_EASE_MIN, `${ease.toFixed(1)}`);
  });

  it('link to files that exist', () => {
    const missing = PAGES.flatMap((file) =>
      [...read(file).matchAll(/\]\(([^)\s#:]+)(?:#[^)]*)?\)/g)]
        .map(([, target]) => target!)
        .filter((target) => !existsSync(resolve(root, dirname(file), target)))
        .map((target) => `${file}: ${target}`),
    );
    deepEqual(missing, []);
  });

  it('name files of the repository that exist', () => {
    const FOLDERS =
      /^(?:bench|client|daemon|demo|deploy|docs|extension|media|models|protocol|scripts|test|testing|walkthrough)\/[\w./-]+$/;
    const missing = PAGES.filter((file) => !ELSEWHERE.test(file)).flatMap((file) =>
      [...read(file).matchAll(/`([^`\n]+)`/g)]
        .map(([, code]) => code!)
        .filter((code) => FOLDERS.test(code) && !/[A-Z]{4}\./.test(code) && !isMessage(code))
        .filter((code) => !existsSync(join(root, code)))
        .map((code) => `${file}: ${code}`),
    );
    deepEqual(missing, []);
  });
});

/** Messages look like paths: `daemon/health`. */
const isMessage = (code: string): boolean => read('protocol/PROTOCOL.md').includes(`\`${code}\``);

/** Contents of package.nls.json and its translations, if there are any. */
const translations = (): string[] =>
  readdirSync(root)
    .filter((file) => /^package\.nls.*\.json$/.test(file))
    .map(read);
const stringsOf = (json: string): string[] =>
  Object.values(JSON.parse(json) as Record<string, unknown>).filter(
    (value): value is string => typeof value === 'string',
  );

describe('the readability of a page', () => {
  it('counts sentences without code, tables and headings', () =>
    deepEqual(
      sentences(
        '# A title\n\nRun `npm test` now. It [ends](docs/x.md) soon!\n\n- One item\n- Another item.\n\n| a | b |\n\n```sh\nnpm test\n```\n<!-- no\nwords -->\n',
      ),
      ['Run code now.', 'It ends soon!', 'One item', 'Another item.'],
    ));

  it('is higher for short words and sentences', () => {
    const easy = readingEase('The cat sat on the mat. It was warm.');
    const hard = readingEase(
      'Organisational considerations necessitate comprehensive documentation of responsibilities.',
    );
    ok(easy > 90 && hard < 0, `${easy} and ${hard}`);
  });

  it('counts the words of list items over their lines', () =>
    deepEqual(
      bullets('Text.\n\n- one two\n  three\n1. four\n\nno item').map(({ words }) => words),
      [3, 1],
    ));
});
