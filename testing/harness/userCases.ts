/**
 * Inputs that stand for the kinds of faults that users report, one JSON line each, in
 * `test/fixtures/cases`. The text runs are done here; files and commands in the models suite.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { inScope, scopeOfLanguage } from '../../daemon/dictation/scope';
import { writeDictation } from '../../daemon/dictation/writer';
import { createAnalyzerFactory } from '../../daemon/insights/analyzerFactory';
import { parseAnalysisInput } from '../../daemon/insights/text/plainText';
import { parseSubtitles } from '../../daemon/insights/text/subtitles';
import { decodeText } from '../../daemon/insights/conversation/textBytes';
import { renderExport } from '../../daemon/notes/exports';
import type { ExportSession } from '../../daemon/notes/types';
import { readableText } from '../../daemon/transcript/readable';
import { fitText } from '../../extension/dictation/insertText';

interface WantedAction {
  /** Regular expression, of any case. */
  readonly say: string;
  readonly owner?: string;
  /** As `../shared/tools/cases.py` reads it; null for none. */
  readonly due?: string | null;
}

export interface UserCase {
  /** Letter of the kind. */
  readonly kind: string;
  readonly run: string;
  readonly text?: string;
  readonly accept?: readonly string[];
  readonly never?: readonly string[];
  readonly languageId?: string;
  /** Regular expressions that a commit message holds. */
  readonly keep?: readonly string[];
  readonly before?: string;
  readonly lines?: readonly string[];
  readonly encoding?: string;
  readonly actions?: readonly WantedAction[];
  readonly none?: readonly string[];
  readonly texts?: readonly string[];
  readonly msPerWord?: number;
  readonly files?: number;
}

/** Day of the analysed meetings: a Wednesday. */
const TODAY = '2026-11-25';
const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

export const readCases = <C extends UserCase = UserCase>(file: string): readonly C[] =>
  readFileSync(path.resolve(__dirname, '../../test/fixtures/cases', file), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as C);

/** Why the case falls short; undefined if it holds. */
export function textProblem(of: UserCase): string | undefined {
  switch (of.run) {
    case 'dictate':
      return written(of, dictated(of));
    case 'readable':
      return written(of, readableText(of.text ?? ''));
    case 'insert':
      return written(of, fitText(of.text ?? '', { before: of.before ?? '', after: '' }));
    case 'commit':
      return commitProblem(of);
    case 'analyze':
      return analysisProblem(of);
    case 'cues':
      return cueProblem(of);
    default:
      throw new Error(`no text run: ${of.run}`);
  }
}

const bare = (text: string): string => text.trim().replace(/\.$/, '').trim();

function written({ accept, never = [] }: UserCase, text: string): string | undefined {
  if (never.some((part) => text.includes(part))) return `never: ${text}`;
  return accept === undefined || accept.some((right) => bare(right) === bare(text))
    ? undefined
    : JSON.stringify(text);
}

/** As `earmark dictate --text` writes it. */
function dictated({ text = '', languageId = '' }: UserCase): string {
  const scope = scopeOfLanguage(languageId);
  const code = scope.kind === 'code';
  return inScope(writeDictation(text, undefined, !code, code).text, scope);
}

function commitProblem(of: UserCase): string | undefined {
  const { keep = [] } = of;
  const message = dictated(of);
  const lines = message.split('\n');
  const falls =
    lines.some((line) => line.startsWith('#')) ||
    lines.slice(1).some((line) => line.length > 72) ||
    keep.some((part) => !new RegExp(part, 'i').test(message));
  return falls ? JSON.stringify(message) : undefined;
}

/** The day that a case names, seen from `TODAY`. */
function dayOf(spec: string): string {
  const from = new Date(`${TODAY}T00:00:00Z`);
  const day = (fits: (date: Date) => boolean, after = 0): string => {
    const date = new Date(from);
    date.setUTCDate(date.getUTCDate() + after);
    while (!fits(date)) date.setUTCDate(date.getUTCDate() + 1);
    return date.toISOString().slice(0, 10);
  };
  const [first = '', second = ''] = spec.split(' ');
  if (first.startsWith('+')) return day(() => true, Number(first));
  if (first === 'weekday')
    return day((date) => WEEKDAYS[date.getUTCDay()] === second.toLowerCase(), 1);
  if (first === 'next') return day((date) => date.toISOString().slice(5, 10) === second);
  if (first === 'month') return day((date) => date.getUTCDate() === Number(spec.split(' ')[2]));
  return spec;
}

function bytesOf(lines: readonly string[], encoding = 'utf8'): Buffer {
  const text = lines.join(encoding.includes('crlf') ? '\r\n' : '\n');
  const marked = encoding.includes('bom') ? `\uFEFF${text}` : text;
  if (!encoding.startsWith('utf16')) return Buffer.from(marked, 'utf8');
  const bytes = Buffer.from(marked, 'utf16le');
  return encoding.startsWith('utf16be') ? bytes.swap16() : bytes;
}

function analysisProblem(of: UserCase): string | undefined {
  const { actions = [], none = [] } = of;
  const text = decodeText(bytesOf(of.lines ?? [], of.encoding));
  if (text === undefined) return 'not decoded';
  const analyzer = createAnalyzerFactory({ model: () => undefined }).create({
    startedAt: `${TODAY}T10:00:00Z`,
  });
  analyzer.update(parseAnalysisInput(text));
  analyzer.finish();
  const found = analyzer.insights.flatMap((insight) =>
    insight.kind === 'action' ? [insight] : [],
  );
  const all = JSON.stringify(found.map(({ text: said, owner, due }) => [said, owner, due?.date]));
  const right = actions.every(({ say, owner, due }) => {
    const hit = found.find(({ text: said }) => new RegExp(say, 'i').test(said));
    if (hit === undefined || (owner !== undefined && hit.owner !== owner)) return false;
    return due === undefined || (hit.due?.date ?? null) === (due === null ? null : dayOf(due));
  });
  const extra = none.some((part) =>
    found.some(({ text: said }) => new RegExp(part, 'i').test(said)),
  );
  return right && !extra ? undefined : all;
}

/** A session whose words follow each other without pauses. */
function spoken(texts: readonly string[], msPerWord: number): ExportSession {
  let at = 0;
  const segments = texts.map((text, i) => {
    const words = text.split(' ').map((word) => {
      at += msPerWord;
      return {
        ...{ text: word, startMs: at - msPerWord, endMs: at },
        ...{ confidence: 1, timing: 'model' as const },
      };
    });
    return {
      ...{ id: String(i), startMs: words[0]?.startMs ?? at, endMs: at },
      ...{ source: 'file', speaker: 'Ben', text, confidence: 1, words },
    };
  });
  return { file: 'a.wav', segments };
}

function cueProblem({ texts = [], msPerWord = 350, files = 1 }: UserCase): string | undefined {
  const sessions = Array.from({ length: files }, () => spoken(texts, msPerWord));
  const cues = renderExport('srt', sessions).trim().split('\n\n');
  const lines = cues.flatMap((cue) => cue.split('\n').slice(2));
  const times = parseSubtitles(renderExport('vtt', sessions.slice(0, 1)).split('\n'));
  const longWord = (line: string): boolean => line.length > 42 && line.includes(' ');
  const problems = [
    cues.some((cue, i) => cue.split('\n')[0] !== String(i + 1)) && 'numbers',
    cues.some((cue) => cue.split('\n').length > 4) && 'three lines',
    lines.some(longWord) && 'a long line',
    times.some(({ startMs, endMs }) => endMs - startMs > 7_000) && 'a long cue',
    times.map(({ text }) => text).join(' ') !== texts.join(' ') && 'words of WebVTT',
    !lines.join(' ').includes(texts[0]?.split(' ')[0] ?? '') && 'words of SRT',
  ].filter((problem) => problem !== false);
  return problems.length === 0 ? undefined : problems.join(', ');
}
