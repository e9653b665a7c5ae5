/** Each term of docs/glossary.md names a type that exists in the named file. */
import { deepEqual, ok } from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const root = resolve(__dirname, '../../..');

interface Term {
  readonly name: string;
  readonly meaning: string;
  readonly type: string;
  readonly place: string;
}

function terms(page: string): Term[] {
  return page.split('\n').flatMap((line) => {
    const [name, meaning, type, place, ...rest] = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    const isTerm = place !== undefined && rest.length === 0 && /^`.*`$/.test(place);
    return isTerm
      ? [{ name: name!, meaning: meaning!, type: type!.slice(1, -1), place: place.slice(1, -1) }]
      : [];
  });
}

/** Terms whose file is missing or does not export the type. */
const wrong = (list: readonly Term[]): string[] =>
  list
    .filter(({ type, place }) => {
      const file = resolve(root, place);
      const declared = new RegExp(
        `^export (?:abstract )?(?:class|interface|type|const|function|enum) ${type}\\b`,
        'm',
      );
      return !existsSync(file) || !declared.test(readFileSync(file, 'utf8'));
    })
    .map(({ name, type, place }) => `${name}: ${type} is not exported by ${place}`);

describe('the glossary', () => {
  const list = terms(readFileSync(resolve(root, 'docs/glossary.md'), 'utf8'));

  it('has 40 to 60 terms, each once, with a meaning on one line', () => {
    ok(list.length >= 40 && list.length <= 60, `${list.length} terms`);
    const names = list.map(({ name }) => name);
    deepEqual(
      names.filter((name, i) => names.indexOf(name) !== i),
      [],
    );
    deepEqual(
      list.filter(({ meaning }) => meaning.length < 10).map(({ name }) => name),
      [],
    );
  });

  it('names types that exist where it says', () => deepEqual(wrong(list), []));

  it('would find a type or a file that is gone', () => {
    const [line] = terms('| a | b | `Frame` | `daemon/audio/frame.ts` |');
    deepEqual(wrong([line!]), []);
    deepEqual(wrong([{ ...line!, type: 'Fram' }]).length, 1);
    deepEqual(wrong([{ ...line!, place: 'daemon/audio/gone.ts' }]).length, 1);
  });
});
