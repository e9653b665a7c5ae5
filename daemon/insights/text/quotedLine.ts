/**
 * A line for an item whose text says too little: a cleaned quote with its speaker and what it is
 * about. `Jonas: "I'll finish that today" — about the flaky login test`; a pronoun at the end is
 * replaced in brackets: `Mei: "I'll ring [the Dublin schools]"`.
 */
import type { Line } from '../conversation/line';
import type { Finding } from '../discourse/discuss';
import { hasCue } from '../discourse/tasks';
import { contentStems } from '../gate/words';
import { BARE_PRONOUN, hasNoun, matterStems, namesMatter, saysEnough } from './saysEnough';
import { topicsBefore } from '../summary/topicPhrase';
import { withoutBreaks } from '../conversation/withoutBreaks';

/** Lines before the quote whose words a text may use. */
const LOOK_BACK = 12;
const MAX_QUOTE = 200;
/** Of two phrases one is right more often than a single one: 33 of 63 instead of 27. */
const TOPICS = 2;
/** Shorter quotes say something only if nothing else does. */
const MIN_WORDS = 3;
const SETTLES = {
  action: ['commit', 'take', 'offer', 'request', 'imperative', 'assign'],
  decision: ['decide', 'settle', 'agree'],
} as const;

const SAYS_WHAT = ['commit', 'offer', 'request', 'imperative', 'assign', 'decide'] as const;

/** Words before a sentence that tie it to the one before. */
const LEAD_IN =
  /^(?:(?:and|but|so|well|okay|ok|yeah|yep|yes|oh|right|no|then|sure|fine|mm|hm)[,.]? )+(?=[^\s,.])/i;

/** "Do you wanna start" is no task. */
const ASKS = /^(?:do|did|are|is|can|could|would|will) (?:you|we|i|they)\b/iu;

/** Remembers the lines of unchanged findings, so that an update looks at new ones only. */
export class QuotedLines {
  /** Texts of the last findings by the finding they belong to; undefined where nothing says it. */
  private known: ReadonlyMap<string, string | undefined> = new Map();

  /** Called when an earlier line changed: topics may be others. */
  forget(): void {
    this.known = new Map();
  }

  /**
   * @param lines the conversation; a line's index is its position
   * @returns the findings, with a quoted line as text where their own text says too little; without
   * those of which no line says anything
   */
  show(findings: readonly Finding[], lines: readonly Line[]): Finding[] {
    const kept = new Map<string, string | undefined>();
    const bySegment = lazy(() => linesBySegment(lines));
    const shown = findings.flatMap((finding) => {
      if (finding.kind !== 'action' && finding.kind !== 'decision') return [finding];
      const key = keyOf(finding);
      const text = this.known.has(key)
        ? this.known.get(key)
        : textOf(finding, finding.kind, lines, bySegment);
      kept.set(key, text);
      if (text === undefined) return [];
      return text === finding.text ? [finding] : [{ ...finding, text }];
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
  kind: 'action' | 'decision',
  lines: readonly Line[],
  bySegment: () => ReadonlyMap<string, readonly Line[]>,
): string | undefined {
  const own = evidence.flatMap(({ segmentId, quote }) =>
    (bySegment().get(segmentId) ?? []).filter((one) =>
      one.evidence.some((part) => part.segmentId === segmentId && quote.includes(part.quote)),
    ),
  );
  const last = own.reduce((most, { index }) => Math.max(most, index), -1);
  const around = lines.slice(Math.max(0, last - LOOK_BACK), last + 1);
  const tokens = around.flatMap((line) => line.tokens);
  if (saysEnough(text, tokens)) return text;
  const [line] = own
    .map((one) => ({ line: one, worth: worthOf(one, kind) }))
    .sort((a, b) => b.worth - a.worth || b.line.index - a.line.index)
    .map((one) => one.line);
  const quote = line && quoteWithTopic(line, kind, lines);
  const full =
    !BARE_PRONOUN.test(text) && !ASKS.test(text) && text.includes(' ') && namesMatter(text, kind);
  return quote ?? (full ? text : undefined);
}

/** Sentences that settle something and name things are worth more. */
function worthOf(line: Line, kind: 'action' | 'decision'): number {
  const text = cleaned(line);
  const cue = line.clauses.some((clause) => hasCue(clause, ...SETTLES[kind]) !== undefined);
  return (
    (cue ? 2 : 0) +
    Math.min(5, matterStems(text).size) / 2 -
    (BARE_PRONOUN.test(text) ? 1 : 0) -
    (line.mark === '?' ? 1 : 0) -
    (text.split(' ').length < MIN_WORDS ? 2 : 0)
  );
}

/** `Jonas: "I'll finish that today"`: the words of a line without fillers, and their speaker. */
export function quoteOf(line: Line): string {
  return `${line.speaker}: "${cleaned(line)}"`;
}

/** "I'll set it up" has no rare word but says what happens; "Sure" and "Friday" do not. */
const saysWhat = (line: Line): boolean =>
  line.clauses.some((clause) => hasCue(clause, ...SAYS_WHAT) !== undefined);

function quoteWithTopic(
  line: Line,
  kind: 'action' | 'decision',
  lines: readonly Line[],
): string | undefined {
  const quote = withoutTail(cleaned(line));
  if (!namesMatter(quote, kind) && !saysWhat(line)) return undefined;
  const bare = BARE_PRONOUN.test(quote);
  const topics = topicsBefore(lines, line.index, quote);
  const full = !bare && contentStems(quote).size >= 2 && hasNoun(quote, line.tokens);
  const [first] = topics;
  if (first === undefined) return full ? `${line.speaker}: "${quote}"` : undefined;
  const named = bare ? withTopic(quote, first) : quote;
  // A second pronoun would need a second guess.
  if (BARE_PRONOUN.test(named)) return undefined;
  const about = topics.slice(bare ? 1 : 0, TOPICS);
  return `${line.speaker}: "${named}"${about.length > 0 ? ` — about ${about.join(', ')}` : ''}`;
}

/** Drops clauses at the end that only point back, if the rest says something. */
function withoutTail(quote: string): string {
  let text = quote;
  for (;;) {
    const cut = Math.max(
      text.lastIndexOf(', '),
      text.lastIndexOf(' and '),
      text.lastIndexOf(' but '),
    );
    if (cut <= 0 || !BARE_PRONOUN.test(text.slice(cut))) return text;
    const head = text.slice(0, cut);
    if (contentStems(head).size < 2 || head.split(' ').length < 4) return text;
    text = trimmedEnd(head);
  }
}

/** The first bare pronoun becomes the topic in brackets: "that's" becomes "[the topic] is". */
function withTopic(quote: string, topic: string): string {
  return quote.replace(
    /\b(?:it|that|this)'s\b|\b(?:that|this) one\b(?!\s+[a-z-]+)|\b(?:it|that|this|them|those|these|him|her|one|ones|so)\b(?!\s+[a-z-]+)/iu,
    (found) => (/'s$/.test(found) ? `[${topic}] is` : `[${topic}]`),
  );
}

function cleaned(line: Line): string {
  const text = withoutBreaks(line)
    .replace(/^[\s,]+/, '')
    .replace(/,? (?:like|you know|I mean),/giu, '')
    .replace(/\b([\p{L}']+),? \1\b/giu, '$1')
    .replace(/\s+/g, ' ')
    .replace(/(?<!,),(?: ?,)+/g, ',')
    .trim()
    .replace(LEAD_IN, '')
    .slice(0, MAX_QUOTE);
  return trimmedEnd(text).replace(/^\p{Ll}/u, (letter) => letter.toUpperCase());
}

function trimmedEnd(text: string): string {
  let end = text.length;
  while (end > 0 && /[\s.,;–-]/.test(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}
