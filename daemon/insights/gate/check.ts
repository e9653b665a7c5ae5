/**
 * Checks what a model wrote against the transcript: quotes, words, names, numbers, polarity, owner
 * and due date. A text that its evidence does not carry becomes the quoted line itself.
 */
import type { Evidence } from '../types';
import { alignQuote, type Aligned } from './alignQuote';
import { refusalOf, type Refusal, type Surroundings } from './carries';
import { tookIt } from './ownership';
import type { SpokenWindow } from './spokenWindow';
import { contentStems, wordsOf } from './words';

export interface WrittenText {
  readonly text: string;
  readonly owner?: string | null | undefined;
  readonly due?: string | null | undefined;
  readonly quotes: readonly { readonly line: number; readonly quote: string }[];
}

export interface Checked {
  /** The written text, or the quoted line if `refusal` is set. */
  readonly text: string;
  readonly owner?: string;
  readonly due?: string;
  readonly evidence: readonly Evidence[];
  readonly refusal?: Refusal;
  /** The quoted line, in case that the text is refused later. */
  readonly quoted: string;
}

/** Lines before the evidence in which "it" and "that" get their meaning, and lines after it. */
const BEFORE = 10;
const AFTER = 3;
/** A date is spoken in the evidence or beside it. */
const DUE_NEAR = 2;
const INSTRUCTION =
  /\b(?:ignore|disregard|override|forget)\b.{0,40}\b(?:instructions?|prompts?|rules)\b|\bsystem prompt\b|<\/?system>|\[INST\]|\b(?:ai|language model|assistant|note ?taker|bot)\b\s*[,:]/i;
const REVERSAL =
  /\b(?:scrap that|forget (?:it|that)|on second thoughts?|changed my mind|take (?:it|that) back)\b/i;
const PROMISE = /\b(?:I'll|I will|let me|I can)\b/i;
/** Words that make a quoted line worth showing in place of a refused text. */
const CUE =
  /\b(?:i'll|i will|i'm going to|let me|can you|could you|would you|please|let's|we'll|agreed?|decided?|deal|settled|then we|we go|go with|stays?|risk|afraid|worried|why|who|when|what|how)\b/i;

/** @returns undefined if nothing of it stands: no quote, an instruction, or a reversed item */
export function checkWritten(
  item: WrittenText,
  window: SpokenWindow,
  sentence = false,
): Checked | undefined {
  const { lines } = window;
  const found = aligned(item.quotes, lines);
  const first = found[0]?.line;
  const last = found.at(-1)?.line;
  if (first === undefined || last === undefined || reversed(window, last)) return undefined;
  const lineNumbers = found.map(({ line }) => line);
  const refusal = refusalOf(item.text, surroundingsOf(window, lineNumbers, sentence));
  const cue = cueOf(lineNumbers, lines);
  if (refusal === 'words' && cue === undefined) return undefined;
  const owner = ownerOf(item.owner, window, lineNumbers);
  const due = dueOf(item.due ?? '', window.near(lineNumbers, DUE_NEAR, DUE_NEAR));
  const quoted = quoteLine(window, cue ?? first);
  return {
    text: refusal === undefined ? item.text : quoted,
    quoted,
    ...(owner !== undefined && { owner }),
    ...(due !== undefined && { due }),
    evidence: found.map((one) => evidenceOf(one, window)),
    ...(refusal !== undefined && { refusal }),
  };
}

function surroundingsOf(
  window: SpokenWindow,
  quoted: readonly number[],
  sentence: boolean,
): Surroundings {
  return {
    quotes: quoted.map((line) => window.lines[line] ?? ''),
    near: window.near(quoted, BEFORE, AFTER),
    beside: window.near(quoted, DUE_NEAR, DUE_NEAR),
    window,
    sentence,
  };
}

/** The quotes that stand in the transcript, each once, in order. Instructions are none. */
function aligned(quotes: WrittenText['quotes'], lines: readonly string[]): Aligned[] {
  const spans = new Map<string, Aligned>();
  for (const { line, quote } of quotes) {
    const found = alignQuote(lines, line - 1, quote);
    if (found && !INSTRUCTION.test(lines[found.line] ?? ''))
      spans.set(`${found.line} ${found.quote}`, found);
  }
  return [...spans.values()].sort((a, b) => a.line - b.line);
}

function evidenceOf({ line, quote }: Aligned, { segments }: SpokenWindow): Evidence {
  const { id = '', startMs = 0, endMs = 0 } = segments[line] ?? {};
  return { segmentId: id, startMs, endMs, quote };
}

/** The quoted line with a promise, else one with another sign of an agreement. */
function cueOf(quoted: readonly number[], lines: readonly string[]): number | undefined {
  const find = (sign: RegExp) => quoted.find((line) => sign.test(lines[line] ?? ''));
  return find(PROMISE) ?? find(CUE);
}

/** `Jonas: "I'll finish that today"`. */
function quoteLine({ segments }: SpokenWindow, line: number): string {
  const { speaker = '', text = '' } = segments[line] ?? {};
  return `${speaker}: "${text.replace(/\s+/g, ' ').trim()}"`;
}

/** One of the next two lines takes it back, in its words or by its speaker. */
function reversed({ segments }: SpokenWindow, last: number): boolean {
  const { speaker, text = '' } = segments[last] ?? {};
  const stems = contentStems(text);
  return segments
    .slice(last + 1, last + 3)
    .some(
      (line) =>
        REVERSAL.test(line.text) &&
        (line.speaker === speaker || [...contentStems(line.text)].some((stem) => stems.has(stem))),
    );
}

function ownerOf(
  owner: string | null | undefined,
  window: SpokenWindow,
  quoted: readonly number[],
): string | undefined {
  if (!owner) return undefined;
  const name = owner.trim().replace(/^@/, '');
  const wanted = name.toLowerCase();
  const speaker = window.speakers.find((other) =>
    [other.toLowerCase(), ...other.toLowerCase().split(/\s+/)].includes(wanted),
  );
  if (speaker !== undefined) return tookIt(speaker, window.segments, quoted) ? speaker : undefined;
  const near = window.near(quoted, DUE_NEAR, DUE_NEAR).join(' ');
  return wordsOf(near).includes(wanted) ? name : undefined;
}

/** The time phrase in its spoken words. */
function dueOf(due: string, near: readonly string[]): string | undefined {
  const plain = due.trim().replace(/(?<![.?!,;])[.?!,;]+$/, '');
  const pattern = wordsOf(plain)
    .map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('[^\\p{L}\\p{N}]+');
  if (pattern === '') return undefined;
  const phrase = new RegExp(`(?<![\\p{L}\\p{N}])${pattern}(?![\\p{L}\\p{N}])`, 'iu');
  return near.map((text) => phrase.exec(text.replace(/[’ʼ]/g, "'"))?.[0]).find(Boolean);
}
