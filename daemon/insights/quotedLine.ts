/**
 * A line for an item whose text says too little: the cleaned quote with its speaker and its topic.
 * `Jonas: "I'll finish that today" — about the flaky login test`.
 */
import type { Line } from './conversation';
import type { Finding } from './discourse/discuss';
import { contentStems, stemOf } from './gate/words';
import { withoutBreaks } from './readableSentence';
import { STOP_WORDS } from './rules/words';

/** The object is a pronoun, or the text breaks off. */
const EMPTY =
  /\b(?:it|that|this|them|those|these|one|so|the|a|an|to|and|or|with|for|of|by)[.?!…]*$|^(?:it|that|this|there)(?:'s| is)\b/i;
/** Turns before the quote in which its topic is searched. */
const LOOK_BACK = 12;
const MAX_QUOTE = 200;

/** Words before a sentence that tie it to the one before. */
const LEAD_IN = /^(?:(?:and|but|so|okay|ok|well|yeah|oh|right|then|also)\b[\s,.…-]*)+/i;

/** Remembers the lines of unchanged findings, so that an update looks at new ones only. */
export class QuotedLines {
  /** Texts of the last findings by the finding they belong to. */
  private known: ReadonlyMap<string, string> = new Map();

  /** Called when an earlier line changed: topics may be others. */
  forget(): void {
    this.known = new Map();
  }

  /**
   * @param lines the conversation; a line's index is its position
   * @returns the findings, with a quoted line as text where their own text says too little
   */
  show(findings: readonly Finding[], lines: readonly Line[]): Finding[] {
    const kept = new Map<string, string>();
    const bySegment = lazy(() => linesBySegment(lines));
    const shown = findings.map((finding) => {
      if (finding.kind !== 'action' && finding.kind !== 'decision') return finding;
      const key = keyOf(finding);
      const text = this.known.get(key) ?? textOf(finding, lines, bySegment);
      kept.set(key, text);
      return text === finding.text ? finding : { ...finding, text };
    });
    this.known = kept;
    return shown;
  }
}

function keyOf({ text, evidence }: Finding): string {
  return [text, ...evidence.map(({ segmentId, quote }) => `${segmentId} ${quote}`)].join('\n');
}

function lazy<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

function linesBySegment(lines: readonly Line[]): ReadonlyMap<string, readonly Line[]> {
  const by = new Map<string, Line[]>();
  for (const line of lines)
    for (const { id } of line.segments) {
      const own = by.get(id);
      if (own) own.push(line);
      else by.set(id, [line]);
    }
  return by;
}

function textOf(
  { text, evidence }: Finding,
  lines: readonly Line[],
  bySegment: () => ReadonlyMap<string, readonly Line[]>,
): string {
  if (contentStems(text).size > 0 && text.includes(' ') && !EMPTY.test(text)) return text;
  const [line] = evidence
    .flatMap(({ segmentId, quote }) =>
      (bySegment().get(segmentId) ?? []).filter((one) =>
        one.evidence.some((part) => part.segmentId === segmentId && part.quote === quote),
      ),
    )
    .sort((a, b) => a.index - b.index);
  if (!line) return text;
  const topic = topicBefore(lines, line.index);
  return `${quoteOf(line)}${topic === undefined ? '' : ` — about ${topic}`}`;
}

/** `Jonas: "I'll finish that today"`: the words of a line without fillers, and their speaker. */
export function quoteOf(line: Line): string {
  return `${line.speaker}: "${cleaned(line)}"`;
}

function cleaned(line: Line): string {
  const quote = withoutBreaks(line)
    .text.replace(/^[\s,]+/, '')
    .replace(/\b([\p{L}']+),? \1\b/giu, '$1')
    .replace(/\s+/g, ' ')
    .replace(/(?<![.,;])[.,;]+$/, '')
    .trim();
  const own = quote.replace(LEAD_IN, '') || quote;
  return (own.slice(0, 1).toLocaleUpperCase('en') + own.slice(1)).slice(0, MAX_QUOTE);
}

/** The noun phrase before the quote that the meeting uses most, the nearest of equals. */
function topicBefore(lines: readonly Line[], at: number): string | undefined {
  const counts = new Map<string, number>();
  const near: { readonly phrase: string; readonly head: string; readonly index: number }[] = [];
  for (const line of lines.slice(Math.max(0, at - LOOK_BACK), at)) {
    for (const found of nounPhrases(line)) {
      counts.set(found.head, (counts.get(found.head) ?? 0) + 1);
      near.push({ ...found, index: line.index });
    }
  }
  const score = ({ head, phrase, index }: (typeof near)[number]): number =>
    (counts.get(head) ?? 0) + (phrase.split(' ').length > 2 ? 1 : 0) - (at - index) / LOOK_BACK;
  return near.sort((a, b) => score(b) - score(a))[0]?.phrase;
}

/** "the flaky login test": a determiner, adjectives and nouns. */
function nounPhrases(line: Line): { readonly phrase: string; readonly head: string }[] {
  const found: { phrase: string; head: string }[] = [];
  const { tokens } = line;
  for (let from = 0; from < tokens.length; from++) {
    if (!/^(?:the|our|this|that)$/.test(tokens[from]?.norm ?? '')) continue;
    let to = from + 1;
    while (/^(?:ADJ|NOUN)$/.test(tokens[to]?.pos ?? '')) to++;
    const head = tokens[to - 1];
    if (to === from + 1 || !head || head.pos === 'ADJ' || STOP_WORDS.has(head.norm)) continue;
    const words = tokens.slice(from + 1, to).map(({ text }) => text);
    found.push({ phrase: `the ${words.join(' ')}`, head: stemOf(head.norm) });
  }
  return found;
}
