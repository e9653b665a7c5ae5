/**
 * How long each request of the language server of notes takes after an edit, over its connection,
 * on notes of 20,000 lines: usual, and dense with items.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { longNote, noteRequests, NotesEditor } from '../testing/harness/longNote';
import { reportResults, type Row } from './report';

const LINES = 20_000;
const ROUNDS = 30;
const NOTES = [
  { name: 'usual', items: 400 },
  { name: 'dense', items: 4_000 },
] as const;
const ENTRY = join(__dirname, '../dist/notesServer.js');
const LIMIT_MS = 50;

async function measure(items: number): Promise<Map<string, readonly number[]>> {
  const text = longNote(LINES, items);
  const begun = performance.now();
  const editor = await NotesEditor.open(ENTRY, text);
  editor.connection.onRequest('earmark/noteFiles', () => []);
  await editor.ask('textDocument/hover', { position: { line: 0, character: 0 } });
  const times = new Map<string, number[]>([
    ['start and first reading', [performance.now() - begun]],
  ]);
  for (let round = 0; round < ROUNDS; round++) {
    for (const { name, method, params } of noteRequests(text)) {
      await editor.type(30, 8, 'x');
      const asked = performance.now();
      await editor.ask(method, params);
      times.set(name, [...(times.get(name) ?? []), performance.now() - asked]);
    }
  }
  await editor.end();
  return times;
}

async function main(): Promise<void> {
  if (!existsSync(ENTRY)) throw new Error('Build first: npm run build.');
  const rows = new Map<string, Record<string, string | number>>();
  let slowest = 0;
  for (const { name, items } of NOTES) {
    for (const [request, times] of await measure(items)) {
      const sorted = [...times].sort((a, b) => a - b);
      const [middle, most] = [sorted[sorted.length >> 1]!, sorted.at(-1)!];
      if (times.length > 1) slowest = Math.max(slowest, most);
      rows.set(request, {
        ...(rows.get(request) ?? { request }),
        [`${name}, p50 ms`]: middle.toFixed(1),
        [`${name}, most ms`]: most.toFixed(1),
      });
    }
  }
  reportResults({
    about: [
      `Notes of ${LINES} lines:`,
      `${NOTES.map(({ name, items }) => `${name} with ${items} actions and decisions`).join(', ')}.`,
      `Each request runs ${ROUNDS} times, each time right after an edit,`,
      'over standard input and output of the shipped server.',
    ].join(' '),
    rows: [...rows.values()] as Row[],
    metrics: {
      'slowest request of the language server': {
        value: Math.round(slowest * 10) / 10,
        unit: 'ms',
        better: 'lower',
        noise: 20,
        mark: LIMIT_MS,
      },
    },
  });
}

void main();
