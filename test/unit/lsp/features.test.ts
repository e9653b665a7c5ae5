/** Notes as a language: what every request answers for one small note. */
import { deepEqual, equal, match, throws } from 'node:assert/strict';
import type { CodeAction, DocumentSymbol } from 'vscode-languageserver';
import { complete, wantedAt } from '../../../daemon/lsp/completion';
import { deriveItem } from '../../../daemon/lsp/deriveItem';
import { itemActions } from '../../../daemon/lsp/itemActions';
import { lenses } from '../../../daemon/lsp/lenses';
import { definition, hover } from '../../../daemon/lsp/lookUp';
import { Note } from '../../../daemon/lsp/note';
import { folding, outline } from '../../../daemon/lsp/outline';
import { personAt, rename, type Edit } from '../../../daemon/lsp/people';
import { fixes, problems } from '../../../daemon/lsp/problems';
import { NoteSymbolIndex } from '../../../daemon/lsp/symbols';
import { at, lineOf, SAMPLE } from './sample';

const URI = 'file:///w/.earmark/sync.earmark.md';
const TODAY = '2026-11-21';
const note = new Note(SAMPLE);
const lines = SAMPLE.split('\n');

describe('notes as a language', () => {
  it('outline: sections, items, the transcript by stretches', () => {
    const tree = (symbols: readonly DocumentSymbol[]): unknown[] =>
      symbols.map(({ name, detail, children }) => [
        [name, detail].filter(Boolean).join(' | '),
        ...(children?.length ? [tree(children)] : []),
      ]);
    deepEqual(tree(outline(note)), [
      [
        'Sync design',
        [
          ['Summary', [['The cache key changes.']]],
          ['Decisions', [['Use `SessionStore` for all of it']]],
          [
            'Action items',
            [
              ['Fix parseConfig | @Ben, 2026-11-27'],
              ['Write the test'],
              ['✓ Rename it | @Lea K.'],
              ['Old one | @Ben, 2026-11-16'],
            ],
          ],
          ['Mine', [['call @Zoe, 2026-12-01 | @Zoe, 2026-12-01']]],
          ['Transcript', [['[00:00:05] | Ben, Lea K.'], ['[00:06:00] | Ben']]],
        ],
      ],
    ]);
  });

  it('folding: sections, front matter, code, the comment of the machine', () => {
    const folds = folding(note).map(({ startLine, endLine, kind }) => [
      lines[startLine],
      lines[endLine],
      kind,
    ]);
    deepEqual(
      folds.filter(([, , kind]) => kind),
      [
        ['---', '---', 'imports'],
        [lines[lineOf('<!--')], '-->', 'comment'],
      ],
    );
    deepEqual(
      folds.find(([start]) => start === '## Decisions')?.[1],
      '- Use `SessionStore` for all of it [00:00:12]',
    );
  });

  it('problems: no owner, past its date, a time that leads nowhere; as information', () => {
    deepEqual(
      problems(note, TODAY).map(({ range: { start, end }, code, severity }) => [
        lines[start.line]!.slice(start.character, end.character),
        code,
        severity,
      ]),
      [
        ['Write the test', 'owner', 3],
        ['2026-11-16', 'overdue', 3],
        ['[00:59:00]', 'time', 3],
      ],
    );
  });

  describe('quick fixes', () => {
    const apply = ({ edit }: CodeAction): string => {
      const changed = [...lines];
      const edits = [...(edit?.changes?.[URI] ?? [])].sort(
        (a, b) => b.range.start.character - a.range.start.character,
      );
      for (const {
        range: { start, end },
        newText,
      } of edits)
        changed[start.line] =
          changed[start.line]!.slice(0, start.character) +
          newText +
          changed[start.line]!.slice(end.character);
      return changed.find((line, i) => line !== lines[i])!;
    };
    const check = (of: string, expected: readonly (readonly [string, string])[]): void =>
      void it(of, () => {
        const line = lineOf(of);
        const found = fixes(
          note,
          URI,
          { start: { line, character: 0 }, end: { line, character: 0 } },
          TODAY,
        );
        deepEqual(
          found.map((fix) => [fix.title, apply(fix)]),
          expected,
        );
      });
    check('- [ ] Write', [
      ['Assign to @Ben', '- [ ] Write the test — @Ben [00:00:12]'],
      ['Assign to @Lea K.', '- [ ] Write the test — @Lea K. [00:00:12]'],
      ['Assign to @Zoe', '- [ ] Write the test — @Zoe [00:00:12]'],
    ]);
    check('- [ ] Old', [
      ['Mark as Done', '- [x] Old one — @Ben, by Monday (2026-11-16) [00:59:00]'],
      ['Due tomorrow (2026-11-22)', '- [ ] Old one — @Ben, by Monday (2026-11-22) [00:59:00]'],
      ['Due in a week (2026-11-28)', '- [ ] Old one — @Ben, by Monday (2026-11-28) [00:59:00]'],
      [
        'Use the Nearest Time [00:06:00]',
        '- [ ] Old one — @Ben, by Monday (2026-11-16) [00:06:00]',
      ],
      ['Remove the Time', '- [ ] Old one — @Ben, by Monday (2026-11-16)'],
    ]);
    check('- [x] Rename', []);
  });

  it('lenses: one for each section with items, above its heading', () => {
    deepEqual(
      lenses(note, URI).map(({ range, command }) => [
        lines[range.start.line],
        command?.title,
        command?.command,
        command?.arguments?.slice(1),
      ]),
      [
        ['## Decisions', 'Use an Item…', 'earmark.useNoteItem', [lineOf('## Decisions')]],
        [
          '## Action items',
          '3 of 4 open · Use an Item…',
          'earmark.useNoteItem',
          [lineOf('## Action items')],
        ],
        ['## Mine', '1 of 1 open · Use an Item…', 'earmark.useNoteItem', [lineOf('## Mine')]],
      ],
    );
  });

  it('code actions of an item: hand over, play where the time leads somewhere, tick, convert', () => {
    const of = (text: string) => {
      const line = lineOf(text);
      const at = { line, character: 0 };
      return itemActions(note, URI, { start: at, end: at }).map(({ command, kind }) => [
        command?.title,
        kind,
        command?.command,
        ...(command?.arguments?.slice(1) ?? []),
      ]);
    };
    const line = lineOf('- Use');
    deepEqual(of('- Use'), [
      ['Hand to Agent', 'quickfix', 'earmark.handToAgent', line],
      ['Create GitHub Issue…', 'quickfix', 'earmark.createIssue', line],
      ['Play', 'refactor', 'earmark.playFromNote', 12_000],
      ['Insert TODO Comment', 'refactor', 'earmark.deriveFromNote', line, 'todo'],
      ['Open as Issue Draft', 'refactor', 'earmark.deriveFromNote', line, 'issue'],
      ['Draft Decision Record', 'refactor', 'earmark.deriveFromNote', line, 'adr'],
    ]);
    const titles = (text: string) => of(text).map(([title]) => title);
    const hand = ['Hand to Agent', 'Create GitHub Issue…'];
    const convert = ['Insert TODO Comment', 'Open as Issue Draft'];
    deepEqual(titles('- [ ] Old'), [...hand, 'Mark as Done', ...convert]);
    deepEqual(titles('- [x] Ren'), [...hand, 'Play', 'Reopen', ...convert]);
    deepEqual(titles('- The cache'), []);
  });

  it('hover: the quote with what was said around it, played where a session has the sound; a person with open actions; what rests on a line', () => {
    const play = (ms: number) =>
      `\n\n[▷ Play](command:earmark.playFromNote?${encodeURIComponent(JSON.stringify([URI, ms]))})`;
    const text = (place: { line: number; character: number }) =>
      (hover(note, URI, place)?.contents as { value: string } | undefined)?.value;
    equal(
      text(at('[00:00:12]', 3)),
      '**Ben** \\[00:00:05] I will fix the parse config by Friday.\n\n> **Lea K.** \\[00:00:12] We use the session store, and I rename it.\n\n**Ben** \\[00:06:00] Bye.' +
        play(12_000),
    );
    match(
      text(at('@Ben', 2)) ?? '',
      /^\*\*Ben\*\* spoke 2 times, has 2 open and 0 done actions\.\n- Fix parseConfig\n- Old one$/,
    );
    equal(
      text({ line: lineOf('**Ben** [00:00:05]'), character: 12 }),
      '- *summary:* The cache key changes.\n- *action:* Fix parseConfig' + play(5_000),
    );
    equal(text({ line: lineOf('**Ben** [00:06:00]'), character: 12 }), play(360_000).trim());
    const ownNote = new Note(SAMPLE.replace('session: a1b2\n', ''));
    equal(
      (
        hover(ownNote, URI, { line: lineOf('- Use') - 1, character: 3 })?.contents as
          { value: string } | undefined
      )?.value.includes('Play'),
      false,
    );
    equal(text(at('My remark', 3)), undefined);
  });

  it('definition: a time leads to the transcript and back, a name of the code to the code, a person to their words', () => {
    deepEqual(
      [
        definition(note, at('[00:00:12]')),
        definition(note, { line: lineOf('**Lea'), character: 14 }),
        definition(note, at('SessionStore', 3)),
        definition(note, at('parseConfig', 3)),
        definition(note, at('@Lea', 2)),
        definition(note, at('My remark', 4)),
        definition(note, at('[00:59:00]')),
      ],
      [
        { line: lineOf('**Lea') },
        { line: lineOf('- Use') },
        { code: 'SessionStore' },
        { code: 'parseConfig' },
        { line: lineOf('**Lea') },
        undefined,
        undefined,
      ],
    );
  });

  describe('completion', () => {
    const check = (
      typed: string,
      codeNames: readonly string[],
      expected: readonly string[],
    ): void =>
      void it(typed, () => {
        const text = new Note(`${SAMPLE}\n${typed}`);
        const place = { line: text.length - 1, character: typed.length };
        const wanted = wantedAt(text, place);
        deepEqual(
          wanted === undefined
            ? []
            : complete(text, place, wanted, codeNames).map(
                ({ textEdit }) =>
                  typed.slice(
                    0,
                    (textEdit as { range: { start: { character: number } } }).range.start.character,
                  ) + textEdit!.newText,
              ),
          expected,
        );
      });
    check(
      '- [ ] do it — @',
      [],
      ['- [ ] do it — @Ben', '- [ ] do it — @Lea K.', '- [ ] do it — @Zoe'],
    );
    check('see `par', ['parseArgs'], ['see `SessionStore`', 'see `parseArgs`']);
    check('see `a` par', ['parseArgs'], []);
    check('mail me@', [], []);
  });

  it('rename: a speaker in the transcript, in actions and among the participants', () => {
    const renamed = (edits: readonly Edit[]): string[] =>
      edits.map(
        ({ line, span, newText }) =>
          lines[line]!.slice(0, span.start) + newText + lines[line]!.slice(span.end),
      );
    deepEqual(personAt(note, at('"Lea K."', 3))?.name, 'Lea K.');
    deepEqual(renamed(rename(note, 'Lea K.', 'Lea')), [
      'participants: [Ben, Lea]',
      '- [x] Rename it — @Lea [00:00:12]',
      '**Lea** [00:00:12] We use the session store, and I rename it.',
    ]);
    deepEqual(renamed(rename(note, 'Lea K.', 'Ben')).slice(0, 1), ['participants: [Ben]']);
    for (const bad of ['', '  ', 'a*b', 'a, b', 'x'.repeat(201)])
      throws(() => rename(note, 'Ben', bad), /Use a name of 1 to 200 characters/);
  });

  it('symbols of the workspace: actions and decisions of open and closed notes, read once', async () => {
    const reads: string[] = [];
    const open = new Map([[URI, new Note('# Open\n\n- [ ] Fix it as typed — @Ben')]]);
    const index = new NoteSymbolIndex(
      {
        list: () => Promise.resolve([URI, 'file:///w/b.earmark.md', 'file:///w/gone.earmark.md']),
        read: (uri) =>
          Promise.resolve((reads.push(uri), uri.includes('gone') ? undefined : SAMPLE)),
      },
      open,
    );
    const find = async (query: string) =>
      (await index.find(query)).map(({ name, containerName }) => [name, containerName]);
    deepEqual(
      [await find('fix'), (await find('')).length, await find('rnmit')],
      [
        [
          ['Fix it as typed', 'Open · @Ben'],
          ['Fix parseConfig', 'Sync design · @Ben · 2026-11-27'],
        ],
        7,
        [['Rename it', 'Sync design · @Lea K.']],
      ],
    );
    index.changed('file:///w/b.earmark.md', true);
    await find('x');
    deepEqual(reads, [
      'file:///w/b.earmark.md',
      'file:///w/gone.earmark.md',
      'file:///w/b.earmark.md',
    ]);
  });

  it('texts for elsewhere, from the note alone', () => {
    const line = lineOf('- [ ] Fix');
    equal(
      deriveItem(note, line, 'todo', TODAY, 'python')?.text,
      '# TODO(Ben): Fix parseConfig (Sync design [00:00:05], 2026-11-27)\n',
    );
    equal(
      deriveItem(note, lineOf('- [ ] call'), 'issue', TODAY)?.text,
      '# call @Zoe, 2026-12-01\n\n**Owner:** Zoe  \n**Due:** 2026-12-01 (2026-12-01)\n\nFrom *Sync design*, 2026-11-20 (branch main).\n',
    );
    const record = deriveItem(note, lineOf('- Use'), 'adr', TODAY);
    equal(record?.fileName, '2026-11-20-use-sessionstore-for-all-of-it.md');
    match(record?.text ?? '', /> “We use the session store, and I rename it\.” \[00:00:12\]/);
    equal(deriveItem(note, lineOf('My remark'), 'todo', TODAY), undefined);
  });
});
