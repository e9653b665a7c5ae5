/**
 * Prints the processor time of each function that takes a user's text, for texts that repeat one
 * odd thing 20,000 times: lines of JSON `[function, text, milliseconds]`. It is a process of its
 * own: in a heap of other tests the collector takes most of the time. Times are those of a usual
 * machine: they are divided by what a known linear function takes here over what it takes there.
 */
import { cpuUsage } from 'node:process';
import { guardText } from '../../../daemon/asr/decoding/guards';
import { redact } from '../../../daemon/base/redaction/redact';
import { searchSql } from '../../../daemon/adapters/store/tables/searchSql';
import { inScope, scopeOfLanguage } from '../../../daemon/dictation/scope';
import { writeDictation } from '../../../daemon/dictation/writer';
import { EntityFinder } from '../../../daemon/insights/entities';
import { People } from '../../../daemon/insights/conversation/people';
import { parseAnalysisInput, parsePlainText } from '../../../daemon/insights/text/plainText';
import { renderInsightsMarkdown } from '../../../daemon/insights/text/render';
import { parseSubtitles } from '../../../daemon/insights/text/subtitles';
import type { Insight } from '../../../daemon/insights/types';
import { complete, wantedAt } from '../../../daemon/lsp/completion';
import { lenses } from '../../../daemon/lsp/lenses';
import { hover } from '../../../daemon/lsp/lookUp';
import { Note } from '../../../daemon/lsp/note';
import { folding, outline } from '../../../daemon/lsp/outline';
import { people } from '../../../daemon/lsp/people';
import { problems } from '../../../daemon/lsp/problems';
import { derive } from '../../../daemon/notes/derive';
import { renderExport, type ExportFormat } from '../../../daemon/notes/exports';
import { noteFileName } from '../../../daemon/notes/fileName';
import { planNote } from '../../../daemon/notes/planNote';
import { fromSearch } from '../../../daemon/rpc/search';
import { readableText } from '../../../daemon/transcript/readable';
import { writeNumbers } from '../../../daemon/transcript/readableNumbers';
import * as plain from '../../../protocol/plainText';

const ODD = [
  ...['a.', 'a. ', ' ', '\n', '-', '- ', '- [ ] ', '-\n', 'a@', 'a@a.', 'uh ', 'and ', 'sh- '],
  ...['(', '[x](', '`', '```\n', '<!-- ', '|', '5 ', '1.', '4', 'one ', 'hundred ', 'january '],
  ...['https://', 'a/', 'a=', '"', "'", ', ', '!.', ':', 'secret ', 'at dot ', 'quote '],
  ...['scratch that ', 'camel case ', 'literal ', '## a\n', '00:01 ', '\\', '\u0301', '😀', 'aA'],
  ...['A_', 'you know, ', 'Ben: ', '*'],
];
const REPETITIONS = 20_000;
/** What the known function takes on a usual machine (3 GHz), milliseconds. */
const USUAL_MS = 20;
/** The fastest of several runs counts: other work on the machine only adds to a run. */
const RUNS = 3;
/** Milliseconds after which no other run is needed, for the whole text and for a quarter. */
const FAST_MS = 40;
const QUARTER_MS = 3;
const STARTED = '2026-03-02T09:00:00Z';

const segmentOf = (text: string) => ({
  id: 's1',
  startMs: 0,
  endMs: 60_000,
  source: 'mic' as const,
  speaker: 'Ben',
  text,
  confidence: 1,
  revision: 0,
});
const insightOf = (text: string): Insight => ({
  id: 'i1',
  kind: 'action',
  text,
  owner: 'Ben',
  status: 'open',
  confidence: 1,
  evidence: [{ segmentId: 's1', startMs: 0, endMs: 1, quote: text }],
  symbols: [],
});
const sessionOf = (text: string) => ({
  file: 'a',
  title: text.slice(0, 300),
  startedAt: STARTED,
  segments: [segmentOf(text)],
  insights: [insightOf(text)],
});
const documentOf = (text: string) => ({
  sessionId: 'x',
  title: 'A meeting',
  startedAt: STARTED,
  segments: [segmentOf(text)],
  insights: [insightOf(text)],
});
const rows = (text: string): string[] => text.split('\n');
const entities = new EntityFinder(new People());
const place = { line: 0, character: 5 };

const FUNCTIONS: Readonly<Record<string, (text: string) => unknown>> = {
  redact,
  readableText,
  writeNumbers,
  writeDictation: (text) => writeDictation(text),
  'writeDictation by phrases': (text) =>
    writeDictation((text.match(/[^]{1,80}/g) ?? []).slice(0, 2_000)),
  'writeDictation of code': (text) => writeDictation(text, undefined, false, true),
  'inScope of Markdown': (text) => inScope(text, scopeOfLanguage('markdown')),
  'entities of a line': (text) =>
    entities.find([
      { text, start: 0, end: text.length, tokens: [], evidence: [{ quote: text }] } as never,
    ]),
  'planNote of a given note': (text) => planNote(text, documentOf('Hello.')),
  'planNote of a transcript': (text) => planNote('', documentOf(text)),
  Note: (text) => new Note(text).structure,
  'outline of a note': (text) => outline(new Note(`# A\n## Actions\n- [ ] ${text}`)),
  'folding of a note': (text) => folding(new Note(text)),
  'lenses of a note': (text) => lenses(new Note(`## Actions\n- [ ] ${text}`), 'file:///a'),
  'hover in a note': (text) => hover(new Note(text), 'file:///a', place),
  'problems of a note': (text) => problems(new Note(`## Actions\n- [ ] ${text}`), '2026-03-02'),
  'people of a note': (text) => people(new Note(text)),
  'completion in a note': (text) => {
    const note = new Note(text);
    const at = { line: 0, character: text.length };
    const wanted = wantedAt(note, at);
    return wanted && complete(note, at, wanted, []);
  },
  ...Object.fromEntries(
    (['text', 'json', 'srt', 'vtt', 'md'] satisfies ExportFormat[]).map((format) => [
      `export as ${format}`,
      (text: string) => renderExport(format, [sessionOf(text)]),
    ]),
  ),
  ...Object.fromEntries(
    (['todo', 'issue', 'adr'] as const).map((as) => [
      `derive a ${as}`,
      (text: string) => derive(as, insightOf(text), { title: text, startedAt: STARTED }, 'css'),
    ]),
  ),
  'insights as Markdown': (text) => renderInsightsMarkdown([insightOf(text)]),
  noteFileName: (text) => noteFileName(text, STARTED),
  'search query': (text) => searchSql(fromSearch({ query: text }, undefined)),
  parsePlainText: (text) => parsePlainText(`${text}\nBen: Hello.`),
  parseAnalysisInput: (text) => parseAnalysisInput(`${text}\nBen: Hello.`),
  parseSubtitles: (text) => parseSubtitles(rows(`1\n00:00:01,000 --> 00:00:02,000\n${text}`)),
  guardText: (text) =>
    guardText({ text, words: [], language: 'en', inferenceMs: 0 }, new Float32Array(16_000 * 30)),
  isPlainLine: plain.isPlainLine,
  isPlainText: plain.isPlainText,
  plainLine: plain.plainLine,
  jsonText: (text) => plain.jsonText(text),
  srtText: plain.srtText,
  vttText: plain.vttText,
  markdownText: plain.markdownText,
  commentText: (text) => plain.commentText(text, '*/'),
  rttmField: plain.rttmField,
};

/** Milliseconds of processor time. */
function spent(work: () => unknown): number {
  const begun = cpuUsage();
  work();
  const { user, system } = cpuUsage(begun);
  return (user + system) / 1000;
}

/** Runs once more while no run was fast enough. */
function fastest(work: () => unknown, runs: number, enoughMs: number): number {
  let best = Infinity;
  for (let run = 0; run < runs && best > enoughMs; run++) best = Math.min(best, spent(work));
  return best;
}

/** Linear: each character costs the same. */
function known(): number {
  const text = 'ab, '.repeat(REPETITIONS * 5);
  let sum = 0;
  for (let i = 0; i < text.length; i++) sum = (sum * 31 + text.charCodeAt(i)) % 1_000_003;
  return sum + text.replace(/\w+/g, (word) => word.toUpperCase()).length;
}

const only = process.argv[2] ?? '';
known();
const slowness = Math.max(1, Math.min(...[1, 2, 3, 4, 5].map(() => spent(known))) / USUAL_MS);
for (const [name, work] of Object.entries(FUNCTIONS)) {
  if (!name.includes(only)) continue;
  for (const odd of ODD) {
    // Four times the text takes at most sixteen times as long, if the square is the worst.
    const part = fastest(() => work(odd.repeat(REPETITIONS / 4)), RUNS, QUARTER_MS);
    const ms =
      part <= QUARTER_MS
        ? part * 4
        : part > 500
          ? part * 4
          : fastest(() => work(odd.repeat(REPETITIONS)), RUNS, FAST_MS);
    process.stdout.write(`${JSON.stringify([name, odd, Math.round((ms / slowness) * 10) / 10])}\n`);
  }
}
process.stdout.write(`${JSON.stringify(['slowness', '', slowness])}\n`);
