/**
 * Outline and folding: `textDocument/documentSymbol`, `textDocument/foldingRange`. A long
 * transcript is divided into parts of five minutes.
 */
import {
  FoldingRangeKind,
  SymbolKind,
  type DocumentSymbol,
  type FoldingRange,
  type Range,
} from 'vscode-languageserver';
import { timeStamp } from '../insights/text/timeStamp';
import { LISTED_MAX, type Heading, type ItemKind, type Note, type TranscriptItem } from './note';

const STRETCH_MS = 5 * 60_000;
/** Maximum number of names for a part. */
const NAMES = 3;

/** Icons in the editor. None is a kind of code symbol, so lists of code names leave these out. */
export const KINDS: Readonly<Record<ItemKind, SymbolKind>> = {
  action: SymbolKind.Event,
  decision: SymbolKind.Key,
  question: SymbolKind.String,
  risk: SymbolKind.Operator,
  summary: SymbolKind.String,
};

interface Draft extends DocumentSymbol {
  children: Draft[];
}

export function outline(note: Note): DocumentSymbol[] {
  const { headings, items, said } = note.structure;
  const roots: Draft[] = [];
  const open: { readonly level: number; readonly end: number; readonly symbol: Draft }[] = [];
  const under = (line: number): Draft[] => {
    while (open.length > 0 && open.at(-1)!.end < line) open.pop();
    return open.at(-1)?.symbol.children ?? roots;
  };
  const parts: { readonly line: number; readonly add: () => void }[] = [
    ...headings.slice(0, LISTED_MAX).map((heading) => ({
      line: heading.line,
      add: () => {
        const symbol = draft(
          heading.title || '–',
          SymbolKind.Namespace,
          lines(note, heading.line, heading.end),
          lines(note, heading.line),
        );
        under(heading.line).push(symbol);
        open.push({ level: heading.level, end: heading.end, symbol });
      },
    })),
    ...items.slice(0, LISTED_MAX).map(({ line, kind, item }) => ({
      line,
      add: () => {
        const detail = [item.owner && `@${item.owner.name}`, item.due?.date]
          .filter(Boolean)
          .join(', ');
        const done = item.box !== undefined && item.box !== ' ' ? '✓ ' : '';
        const name = item.text.slice(item.words.start, item.words.end).trim();
        under(line).push({
          ...draft(`${done}${name || '–'}`, KINDS[kind], lines(note, line), lines(note, line)),
          ...(detail && { detail }),
        });
      },
    })),
    ...stretches(said).map((stretch) => ({
      line: stretch[0]!.line,
      add: () => {
        const [first, last] = [stretch[0]!, stretch.at(-1)!];
        const names = [...new Set(stretch.map(({ said: { speaker } }) => speaker.name))];
        under(first.line).push({
          ...draft(
            timeStamp(first.ms),
            SymbolKind.Number,
            lines(note, first.line, last.line),
            lines(note, first.line),
          ),
          detail: names.slice(0, NAMES).join(', ') + (names.length > NAMES ? ', …' : ''),
        });
      },
    })),
  ];
  for (const { add } of parts.sort((a, b) => a.line - b.line)) add();
  return roots;
}

/** Groups consecutive transcript lines, five minutes at most. */
function stretches(said: readonly TranscriptItem[]): TranscriptItem[][] {
  const found: TranscriptItem[][] = [];
  for (const one of said) {
    const last = found.at(-1);
    const sameStretch =
      last !== undefined &&
      Math.floor(last[0]!.ms / STRETCH_MS) === Math.floor(one.ms / STRETCH_MS);
    if (sameStretch) last.push(one);
    else found.push([one]);
  }
  return found;
}

export function folding(note: Note): FoldingRange[] {
  const { headings, blocks, said } = note.structure;
  return [
    ...headings.map((heading) => ({
      startLine: heading.line,
      endLine: lastWritten(note, heading),
    })),
    ...blocks.map(({ kind, start, end }) => ({
      startLine: start,
      endLine: end,
      ...(kind === 'comment'
        ? { kind: FoldingRangeKind.Comment }
        : kind === 'front'
          ? { kind: FoldingRangeKind.Imports }
          : {}),
    })),
    ...stretches(said).map((stretch) => ({
      startLine: stretch[0]!.line,
      endLine: stretch.at(-1)!.line,
    })),
  ].filter(({ startLine, endLine }) => endLine > startLine);
}

/** Blank lines before the next heading stay visible. */
function lastWritten(note: Note, { line, end }: Heading): number {
  let last = end;
  while (last > line && note.line(last)?.text.trim() === '') last--;
  return last;
}

function draft(name: string, kind: SymbolKind, range: Range, selectionRange: Range): Draft {
  return { name: name.slice(0, 200), kind, range, selectionRange, children: [] };
}

/** Range of whole lines, including the last. */
export function lines(note: Note, start: number, end = start): Range {
  return {
    start: { line: start, character: 0 },
    end: { line: end, character: note.line(end)?.text.length ?? 0 },
  };
}
