/** Identifiers use the terms of docs/glossary.md. */
import { deepEqual } from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import * as ts from 'typescript';

const root = resolve(__dirname, '../..');

/** Words that no identifier contains: each has a term of the field. */
const WORDS = new Set(
  'heard told likeness refuge rung rungs ladder figure figures sound sounds whoever'.split(' '),
);
/** Names that were replaced. */
const REPLACED = new Set(
  (
    'SpeakerDesk VoiceBook VoiceTrack KeptVoices Book Beginning Opening Leaving Moves Leftovers ' +
    'Upkeep Archive Library Listeners hearTwice beforeCut finalEffort PhraseAsker PhraseTaker ' +
    'Lane Lanes lanes Beats beats Places Purse Wish SteadySpool SteadyStore Recent Turns ' +
    'PassingEvent Absent strangers handOver'
  ).split(' '),
);

function offences(name: string, text: string): string[] {
  const source = ts.createSourceFile(name, text, ts.ScriptTarget.Latest);
  const found = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) {
      const words = node.text.match(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])/g) ?? [];
      if (REPLACED.has(node.text) || words.some((word) => WORDS.has(word.toLowerCase())))
        found.add(node.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return [...found].map((identifier) => `${name}: ${identifier}`);
}

describe('identifiers', () => {
  it('use the terms of the glossary', function () {
    this.timeout(60_000);
    const files = execFileSync('git', ['ls-files', '*.ts', '*.mjs'], {
      cwd: root,
      encoding: 'utf8',
    })
      .trim()
      .split('\n');
    deepEqual(
      files.flatMap((file) => offences(file, readFileSync(resolve(root, file), 'utf8'))),
      [],
    );
  });

  for (const planted of ['const heardMs = 1;', 'class VoiceBook {}', 'let x: SoundDump;'])
    it(`are refused in "${planted}"`, () => deepEqual(offences('a.ts', planted).length, 1));
});
