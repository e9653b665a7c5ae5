/**
 * The language server of notes as a process: what it says it can, every request after an edit of
 * 20,000 lines, hostile requests, its end.
 */
import { deepEqual, ok } from 'node:assert/strict';
import { join } from 'node:path';
import { longNote, noteRequests, NotesEditor } from '../../testing/harness/longNote';

const ENTRY = join(__dirname, '../../daemon/notesServer.ts');
const LIMIT_MS = 50;
const LINES = 20_000;

describe('language server of notes', function () {
  this.timeout(60_000);
  let editor: NotesEditor;
  const text = longNote(LINES, 400);
  before(async () => {
    editor = await NotesEditor.open(ENTRY, text);
    editor.connection.onRequest('earmark/noteFiles', () => []);
    editor.connection.onRequest('earmark/codePlaces', ({ name }: { name: string }) =>
      name === 'parseConfig'
        ? [{ uri: 'file:///w/src/config.ts', line: 11, character: 4 }]
        : 'no list',
    );
    editor.connection.onRequest('earmark/codeNames', () => ['parseArgs']);
  });
  after(async () => deepEqual(await editor.end(), 0));

  it(`answers every request on ${LINES} lines within ${LIMIT_MS} ms after an edit`, async () => {
    const requests = noteRequests(text);
    const slow: string[] = [];
    for (const { name, method, params } of requests) {
      // The machine may be busy with others: the best of five counts.
      let best = Infinity;
      for (let i = 0; i < 5; i++) {
        await editor.type(30, 8, 'x');
        const begun = performance.now();
        const answer = await editor.ask(method, params);
        best = Math.min(best, performance.now() - begun);
        ok(
          answer !== null && answer !== undefined && JSON.stringify(answer) !== '[]',
          `${name} has no answer`,
        );
      }
      if (best > LIMIT_MS) slow.push(`${name}: ${best.toFixed(0)} ms`);
    }
    deepEqual(slow, []);
  });

  it('asks the editor for names of the code, and takes an answer that does not fit as none', async () => {
    const line = text.split('\n').findIndex((one) => one.includes('parseConfig'));
    const column = text.split('\n')[line]!.indexOf('parseConfig') + 1;
    deepEqual(
      await editor.ask('textDocument/definition', { position: { line, character: column } }),
      [
        {
          uri: 'file:///w/src/config.ts',
          range: { start: { line: 11, character: 4 }, end: { line: 11, character: 4 } },
        },
      ],
    );
    deepEqual(
      await editor.ask('textDocument/definition', {
        position: { line, character: column + 'parseConfig and `'.length + 1 },
      }),
      [],
    );
  });

  it('lives through requests about nothing, and refuses what is no name', async () => {
    const nowhere = {
      textDocument: { uri: 'file:///nowhere.earmark.md' },
      position: { line: 1e9, character: 1e9 },
    };
    deepEqual(
      [
        await editor.ask('textDocument/hover', nowhere),
        await editor.ask('textDocument/documentSymbol', nowhere),
        await editor.ask('textDocument/completion', nowhere),
        await editor.ask('textDocument/definition', { position: { line: 1e9, character: 1e9 } }),
        await editor.ask('earmark/derive', { uri: 7, line: 'x' }),
        await editor.ask('earmark/noteSymbols', { query: 'x'.repeat(1e5) }),
      ],
      [null, null, [], [], null, []],
    );
    const [request] = noteRequests(text).filter(({ method }) => method === 'textDocument/rename');
    deepEqual(
      await editor
        .ask('textDocument/rename', { ...request!.params, newName: '**' })
        .catch((error: Error) => error.message),
      'Use a name of 1 to 200 characters without * @ , [ and ].',
    );
  });
});
