/**
 * Checks the answer of a language model against the transcript. A quote counts if its segment
 * contains it and it has meaning. A text must share a word with its quotes. Names and dates without
 * a source in the transcript are removed.
 */
import type { Finding } from '../discourse/discuss';
import { singular } from '../language/singular';
import { STOP_WORDS } from '../rules/words';
import type { Evidence } from '../types';
import type { SegmentText } from '../../transcript/types';
import type { Answer } from './question';
import type { Window } from './windows';

/** A finding of a model, and its effect on findings of earlier windows. */
export interface ModelFinding {
  readonly finding: Finding;
  /** The matter was cancelled: earlier findings about it are removed. */
  readonly cancelled: boolean;
  readonly words: ReadonlySet<string>;
}

export interface Grounded {
  readonly items: readonly ModelFinding[];
  readonly summary: readonly Finding[];
  /** Items and sentences without support in the transcript. */
  readonly refused: number;
}

/** "the", "I think" and similar words occur everywhere and prove nothing. */
const MIN_QUOTE_WORDS = 3;
const CONFIDENCE = 0.75;

export function ground({ items, summary }: Answer, window: Window): Grounded {
  const found: ModelFinding[] = [];
  for (const { kind, text, owner, due, cancelled, quotes } of items) {
    const evidence = evidenceOf(quotes, window);
    const words = contentWords(text);
    if (!bearsOut(words, evidence, window)) continue;
    const who = owner ? ownerOf(owner, window) : undefined;
    const when = due ? phraseIn(due, evidence, window) : undefined;
    found.push({
      finding: {
        kind,
        text: tidy(text),
        confidence: CONFIDENCE,
        evidence,
        ...(who !== undefined && { owner: who }),
        ...(when !== undefined && { due: when }),
      },
      cancelled: cancelled === true,
      words,
    });
  }
  const sentences = summary.flatMap(({ text, quotes }): Finding[] => {
    const evidence = evidenceOf(quotes, window);
    return bearsOut(contentWords(text), evidence, window)
      ? [{ kind: 'summary', text: sentence(text), confidence: CONFIDENCE, evidence }]
      : [];
  });
  return {
    items: found,
    summary: sentences,
    refused: items.length + summary.length - found.length - sentences.length,
  };
}

/** Content words, in lower case, without a plural s. */
function contentWords(text: string): Set<string> {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return new Set(words.filter((word) => !STOP_WORDS.has(word)).map(singular));
}

function evidenceOf(
  quotes: readonly { readonly line: number; readonly quote: string }[],
  window: Window,
): Evidence[] {
  const evidence: Evidence[] = [];
  for (const { line, quote } of quotes) {
    const segment = window[line - 1];
    const exact = segment && exactQuote(segment.text, quote);
    if (
      !segment ||
      exact === undefined ||
      evidence.some((other) => other.segmentId === segment.id && other.quote === exact)
    )
      continue;
    evidence.push({
      segmentId: segment.id,
      startMs: segment.startMs,
      endMs: segment.endMs,
      quote: exact,
    });
  }
  return evidence.sort((a, b) => a.startMs - b.startMs);
}

/** The quote in the text's own spelling. Case, spaces and the form of apostrophes are ignored. */
function exactQuote(text: string, quote: string): string | undefined {
  const words = quote
    .trim()
    .replace(/^["“”]+|["“”]+$/g, '')
    .split(/\s+/)
    .filter((word) => word !== '');
  if (words.length === 0) return undefined;
  const pattern = words
    .map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/['’ʼ]/g, "['’ʼ]"))
    .join('\\s+');
  const match = new RegExp(`(?<![\\p{L}\\p{N}])${pattern}(?![\\p{L}\\p{N}])`, 'iu').exec(text);
  if (!match) return undefined;
  const whole = match[0].length >= text.trim().length - 2;
  return words.length >= MIN_QUOTE_WORDS || whole ? match[0] : undefined;
}

/**
 * True if the quoted segments or their neighbours contain at least one content word of the text.
 */
function bearsOut(
  words: ReadonlySet<string>,
  evidence: readonly Evidence[],
  window: Window,
): boolean {
  if (evidence.length === 0) return false;
  const near = evidence.flatMap(({ segmentId }) => {
    const at = window.findIndex(({ id }) => id === segmentId);
    return window.slice(Math.max(0, at - 2), at + 2);
  });
  const said = contentWords(near.map(({ text, speaker }) => `${speaker} ${text}`).join(' '));
  return [...words].some((word) => said.has(word));
}

/** The speaker of that name, or a name in the transcript; undefined for an unknown name. */
function ownerOf(owner: string, window: Window): string | undefined {
  const wanted = owner.trim().replace(/^@/, '').toLowerCase();
  if (wanted === '') return undefined;
  const speaker =
    window.find((segment) => segment.speaker.toLowerCase() === wanted) ??
    window.find((segment) => segment.speaker.toLowerCase().split(/\s+/).includes(wanted));
  if (speaker) return speaker.speaker;
  const said = new RegExp(
    `(?<![\\p{L}\\p{N}])${wanted.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\p{L}\\p{N}])`,
    'iu',
  );
  for (const { text } of window) {
    const name = said.exec(text)?.[0];
    if (name !== undefined && /^\p{Lu}/u.test(name)) return name;
  }
  return undefined;
}

/** The time phrase in its original words, from the quotes or from anywhere in the window. */
function phraseIn(due: string, evidence: readonly Evidence[], window: Window): string | undefined {
  const quoted = new Set(evidence.map(({ segmentId }) => segmentId));
  const order = [
    ...window.filter(({ id }) => quoted.has(id)),
    ...window.filter(({ id }) => !quoted.has(id)),
  ];
  const plain = due.trim().replace(/[.?!,;]+$/, '');
  return plain === ''
    ? undefined
    : order
        .map((segment: SegmentText) => segment.text.slice(...spanOf(segment.text, plain)))
        .find((phrase) => phrase !== '');
}

function spanOf(text: string, phrase: string): [number, number] {
  const at = text.toLowerCase().indexOf(phrase.toLowerCase());
  return at === -1 ? [0, 0] : [at, at + phrase.length];
}

function tidy(text: string): string {
  const plain = text.replace(/\s+/g, ' ').trim().replace(/\.+$/, '');
  return plain.slice(0, 1).toLocaleUpperCase('en') + plain.slice(1);
}

function sentence(text: string): string {
  const plain = text.replace(/\s+/g, ' ').trim();
  return /[.?!…]$/.test(plain) ? plain : `${plain}.`;
}
