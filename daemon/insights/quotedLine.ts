/**
 * A line for an item whose text says too little: the cleaned quote with its speaker and its topic.
 * `Jonas: "I'll finish that today" — about the flaky login test`.
 */
import type { Line } from './conversation';
import type { Finding } from './discourse/discuss';
import { contentStems, stemOf } from './gate/words';
import { FILLERS, STOP_WORDS } from './rules/words';

/** The object is a pronoun, or the text breaks off. */
const EMPTY =
  /\b(?:it|that|this|them|those|these|one|so|the|a|an|to|and|or|with|for|of|by)[.?!…]*$|^(?:it|that|this|there)(?:'s| is)\b/i;
/** Turns before the quote in which its topic is searched. */
const LOOK_BACK = 12;
const MAX_QUOTE = 200;

/** @returns the finding, with a quoted line as text if its own text says too little */
export function withQuotedLine(finding: Finding, lines: readonly Line[]): Finding {
  if (finding.kind !== 'action' && finding.kind !== 'decision') return finding;
  const { text, evidence } = finding;
  if (contentStems(text).size > 0 && text.includes(' ') && !EMPTY.test(text)) return finding;
  const ids = new Set(evidence.map(({ segmentId, quote }) => `${segmentId} ${quote}`));
  const at = lines.findIndex((line) =>
    line.evidence.some(({ segmentId, quote }) => ids.has(`${segmentId} ${quote}`)),
  );
  const line = lines[at];
  if (!line) return finding;
  const topic = topicBefore(lines, at);
  return {
    ...finding,
    text: `${line.speaker}: "${cleaned(line)}"${topic === undefined ? '' : ` — about ${topic}`}`,
  };
}

function cleaned(line: Line): string {
  const filler = [...FILLERS].join('|');
  return line.text
    .slice(line.start, line.end)
    .replace(new RegExp(`(?:^|,?\\s+)(?:${filler})\\b,?`, 'gi'), '')
    .replace(/\b([\p{L}']+),? \1\b/giu, '$1')
    .replace(/\s+/g, ' ')
    .replace(/(?<![.,;])[.,;]+$/, '')
    .trim()
    .slice(0, MAX_QUOTE);
}

/** The noun phrase before the quote that the meeting uses most, the nearest of equals. */
function topicBefore(lines: readonly Line[], at: number): string | undefined {
  const counts = new Map<string, number>();
  const near: { readonly phrase: string; readonly head: string; readonly index: number }[] = [];
  for (const line of lines) {
    if (line.index < at - LOOK_BACK || line.index >= at) continue;
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
