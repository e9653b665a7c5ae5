/**
 * ARCHITECTURE.md, docs/design and docs/decisions against the repository: rooms, paths, links,
 * lengths. Also keeps experiments out of code comments; they belong into a decision.
 */
import { deepEqual, ok } from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const root = path.resolve(__dirname, '../../..');
const ARCHITECTURE_WORDS = 2_500;
const DESIGN_WORDS = 800;
/** Numbers in one comment block; a longer list is a lab log. */
const MOST_NUMBERS = 8;
/** Binary layouts need offsets and sizes. */
const LAYOUTS = ['daemon/adapters/store/spool/spoolRecord.ts'];
const SECTIONS = ['Context', 'Options', 'Decision', 'Date'];

const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const ignored = new Set(
  ['.git', ...read('.gitignore').split('\n')].map((line) => line.replace(/\/$/, '')),
);
const foldersIn = (folder: string): string[] =>
  readdirSync(path.join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !ignored.has(entry.name))
    .map(({ name }) => (folder === '.' ? name : `${folder}/${name}`))
    .sort();
const filesIn = (folder: string, kind: RegExp): string[] =>
  readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = folder === '.' ? entry.name : `${folder}/${entry.name}`;
    if (ignored.has(entry.name)) return [];
    return entry.isDirectory() ? filesIn(name, kind) : kind.test(name) ? [name] : [];
  });

/** Words of a Markdown text: tokens with a letter or a digit. */
const wordsOf = (text: string): number =>
  text.split(/\s+/).filter((token) => /[\p{L}\p{N}]/u.test(token)).length;

const architecture = read('ARCHITECTURE.md');
const designPages = filesIn('docs/design', /\.md$/);
const decisions = readdirSync(path.join(root, 'docs/decisions'))
  .filter((name) => name !== 'README.md')
  .sort();
const pages = ['ARCHITECTURE.md', ...designPages, ...filesIn('docs/decisions', /\.md$/)];

/** Rows of the code map: a folder, and the files to start with in the last column. */
const mapped = architecture
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .flatMap(([, folder = '', , start = '']) => {
    const [, name] = /^`([\w./-]+?)\/?`$/.exec(folder) ?? [];
    return name === undefined
      ? []
      : [{ folder: name, first: [...start.matchAll(/`([^`]+)`/g)].map(([, file = '']) => file) }];
  });

/**
 * Numbers as values: digits that belong neither to a name such as `s16le`, `AES-256` or `q4_0` nor
 * to a link to a decision.
 */
const numbersIn = (text: string): number =>
  [...text.replace(/decisions\/\S+/g, '').matchAll(/(?<![A-Za-z_\d.,]|[A-Za-z_]-)\d+(?:[.,]\d+)*/g)]
    .length;

/** Comment blocks of a source text: a block comment, or line comments in a row. */
function commentsOf(source: string): { line: number; text: string }[] {
  const lines = source.split('\n');
  const found: { line: number; text: string }[] = [];
  for (let at = 0; at < lines.length; at++) {
    const from = at;
    if (/^\s*\/\//.test(lines[at]!)) {
      while (/^\s*\/\//.test(lines[at + 1] ?? '')) at++;
    } else if (/^\s*\/\*/.test(lines[at]!)) {
      while (!lines[at]!.includes('*/') && at + 1 < lines.length) at++;
    } else continue;
    found.push({ line: from + 1, text: lines.slice(from, at + 1).join('\n') });
  }
  return found;
}

describe('architecture pages', () => {
  it('map every folder of the repository, the daemon, its adapters and the extension', () => {
    const expected = ['.', 'daemon', 'daemon/adapters', 'extension'].flatMap(foldersIn);
    deepEqual(mapped.map(({ folder }) => folder).sort(), expected.sort());
  });

  it('name existing files to start with', () => {
    const missing = mapped.flatMap(({ folder, first }) =>
      first
        .map((file) => path.posix.join(folder, file))
        .filter(
          (file) =>
            !existsSync(path.join(root, file)) &&
            !existsSync(path.join(root, file.slice(folder.length + 1))),
        ),
    );
    deepEqual(missing, []);
    ok(mapped.some(({ first }) => first.length > 0));
  });

  it('refer to existing paths only', () => {
    const paths = pages.flatMap((page) =>
      [
        ...read(page).matchAll(
          /`((?:protocol|client|daemon|extension|media|test|testing|bench|scripts|docs|deploy)\/[\w./-]+)`/g,
        ),
      ].map(([, file = '']) => ({ page, file })),
    );
    ok(paths.length > 50);
    deepEqual(
      paths.filter(({ file }) => !existsSync(path.join(root, file))),
      [],
    );
  });

  it('link to existing files only', () => {
    const links = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\(([^)#:]+)\)/g)].map(([, link = '']) => ({
        page,
        file: path.posix.join(path.posix.dirname(page), link),
      })),
    );
    ok(links.length > 50);
    deepEqual(
      links.filter(({ file }) => !existsSync(path.join(root, file))),
      [],
    );
  });

  it('stay short', () => {
    const lengths = [
      { page: 'ARCHITECTURE.md', most: ARCHITECTURE_WORDS },
      ...designPages.map((page) => ({ page, most: DESIGN_WORDS })),
    ].map(({ page, most }) => ({ page, words: wordsOf(read(page)), most }));
    for (const { page, words, most } of lengths)
      ok(words <= most, `${page}: ${words} words, mark ${most}`);
    ok(designPages.length >= 9);
  });

  it('list every design page', () => {
    for (const page of designPages) ok(architecture.includes(`(${page})`), page);
  });
});

describe('decisions', () => {
  it('are numbered without gaps', () => {
    deepEqual(
      decisions.map((name) => name.slice(0, 5)),
      decisions.map((_, i) => `${String(i + 1).padStart(4, '0')}-`),
    );
    ok(decisions.length > 0);
  });

  it('have title, context, options, decision and date', () => {
    for (const name of decisions) {
      const text = read(`docs/decisions/${name}`);
      ok(text.startsWith(`# ${name.slice(0, 4)}. `), `${name}: title`);
      const [, ...parts] = text.split(/^## /m);
      deepEqual(
        parts.map((part) => part.split('\n', 1)[0]),
        SECTIONS,
        name,
      );
      for (const part of parts) ok(part.split('\n').slice(1).join('').trim() !== '', name);
      ok(/\n\n\d{4}-\d{2}-\d{2}\n$/.test(text), `${name}: date`);
    }
  });

  it('have an index that is up to date', async () => {
    const { decisionsIndex } = (await import(
      pathToFileURL(path.join(root, 'scripts/decisionsIndex.mjs')).href
    )) as { decisionsIndex: () => string };
    deepEqual(read('docs/decisions/README.md').split('\n'), decisionsIndex().split('\n'));
  });

  it('are the targets of links in code and docs', () => {
    const dead = filesIn('.', /\.(?:ts|mjs|cjs|css|md)$/).flatMap((file) =>
      [...read(file).matchAll(/decisions\/(\d{4}-[\w-]+\.md)/g)]
        .filter(([, name = '']) => !decisions.includes(name))
        .map(([link]) => `${file}: ${link}`),
    );
    deepEqual(dead, []);
  });
});

describe('comments', () => {
  const tooMany = (file: string, source: string): string[] =>
    commentsOf(source)
      .map(({ line, text }) => ({ line, count: numbersIn(text) }))
      .filter(({ count }) => count > MOST_NUMBERS)
      .map(({ line, count }) => `${file}:${line}: ${count} numbers, mark ${MOST_NUMBERS}`);

  it('are searched block by block', () => {
    const eight = '1, 2, 3, 4.5, 6, 7, 8 %, 9 ms';
    deepEqual(tooMany('a.ts', `/**\n * ${eight}\n */`), []);
    deepEqual(tooMany('a.ts', `/**\n * ${eight}\n * 11\n */`), ['a.ts:1: 9 numbers, mark 8']);
    deepEqual(tooMany('a.ts', `x;\n// ${eight}\n// 11\ny;`), ['a.ts:2: 9 numbers, mark 8']);
    deepEqual(tooMany('a.ts', `// ${eight} docs/decisions/0002-left-context.md`), []);
    deepEqual(tooMany('a.ts', '// s16le AES-256 q4_0 u1 u2 u3 u4 u5 u6 u7 u8'), []);
  });

  it('hold no lab log; experiments are in docs/decisions', () => {
    const offenders = filesIn('.', /\.(?:ts|mjs|cjs|js|css)$/)
      .filter((file) => !/^(?:test|demo)\//.test(file) && !LAYOUTS.includes(file))
      .flatMap((file) => tooMany(file, read(file)));
    deepEqual(offenders, []);
  });

  it('have exceptions that are needed', () => {
    deepEqual(
      LAYOUTS.filter((file) => tooMany(file, read(file)).length === 0),
      [],
    );
  });
});
