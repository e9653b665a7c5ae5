/** Finds people, tickets, links, files and symbols with a small table of patterns. */
import { intern } from '../base/intern';
import type { Line } from './conversation/line';
import { orNone } from './cues';
import type { Finding } from './discourse/discuss';
import type { People } from './conversation/people';
import { PerLine } from './conversation/perLine';
import type { Insight } from './types';

interface Shape {
  readonly entity: NonNullable<Insight['entity']>;
  readonly pattern: RegExp;
  /**
   * The match goes from the first letter or digit of this to the last end by `pattern`. A pattern
   * for both would try each beginning, which costs the square of the text.
   */
  readonly within?: RegExp;
  readonly examples: readonly string[];
}

const PATH_END =
  /(?<=\w)\.(?:tsx?|jsx?|mjs|cjs|py|go|rs|java|kt|cs|cpp|hpp|[ch]|rb|php|swift|sql|md|json|ya?ml|toml|sh|html|css|scss|xml|proto|lock|env)\b/g;

/** In order: a later pattern does not match text that an earlier one took. */
const ENTITY_SHAPES: readonly Shape[] = [
  {
    entity: 'url',
    pattern: /\bhttps?:\/\/[^\s<>"')]+[^\s<>"').,;:!?]/g,
    examples: ['https://example.org/docs?a=1'],
  },
  {
    entity: 'ticket',
    pattern: /\b[A-Z][A-Z0-9]{1,9}-\d{1,6}\b|(?:^|(?<=\s))#\d{1,6}\b/g,
    examples: ['PAY-123', '#42'],
  },
  {
    entity: 'file',
    pattern: PATH_END,
    within: /(?<![\w./-])[\w./-]+/g,
    examples: ['src/app.ts', 'README.md'],
  },
  {
    entity: 'symbol',
    pattern:
      /\b[a-z][a-z0-9]*(?:[A-Z][a-z0-9]+)+\b|\b[A-Z][a-z0-9]+(?:[A-Z][a-z0-9]+)+\b|\b[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)+\b/g,
    examples: ['refreshSession', 'TokenValidator', 'MAX_CLOCK_SKEW'],
  },
];

const MAX_EVIDENCE = 20;

interface Mention {
  readonly key: string;
  readonly entity: NonNullable<Insight['entity']>;
  readonly text: string;
  readonly evidence: Finding['evidence'];
}

export class EntityFinder {
  /** A line with a newly learnt name becomes a new object, so it is read again. */
  private readonly mentions: PerLine<readonly Mention[]>;

  constructor(people: People) {
    this.mentions = new PerLine((line) => readMentions(line, people));
  }

  /** Each entity once, with the sentences that name it. */
  find(lines: readonly Line[]): Finding[] {
    const found = new Map<
      string,
      { readonly mention: Mention; readonly evidence: Finding['evidence'][number][] }
    >();
    for (const mention of this.mentions.of(lines).flat()) {
      const known = found.get(mention.key);
      if (!known) found.set(mention.key, { mention, evidence: [...mention.evidence] });
      else if (known.evidence.length < MAX_EVIDENCE) known.evidence.push(...mention.evidence);
    }
    return [...found.values()].map(({ mention: { entity, text }, evidence }) => ({
      kind: 'entity',
      entity,
      text,
      confidence: 0.9,
      evidence,
    }));
  }
}

function matchesOf(
  { pattern, within }: Shape,
  text: string,
): readonly { readonly index: number; readonly text: string }[] {
  if (!within)
    return [...text.matchAll(pattern)].map(({ 0: found, index }) => ({ index, text: found }));
  return [...text.matchAll(within)].flatMap(({ 0: run, index }) => {
    const last = [...run.matchAll(pattern)].at(-1);
    const start = run.search(/\w/);
    return last
      ? [{ index: index + start, text: run.slice(start, last.index + last[0].length) }]
      : [];
  });
}

function readMentions(line: Line, people: People): readonly Mention[] {
  const mentions: Mention[] = [];
  const add = (entity: Mention['entity'], text: string) => {
    const evidence = line.evidence.filter(({ quote }) => quote.includes(text));
    if (evidence.length > 0)
      mentions.push({
        key: intern(`${entity} ${text.toLowerCase()}`),
        entity,
        text: intern(text),
        evidence: evidence.length === line.evidence.length ? line.evidence : evidence,
      });
  };
  let rest = line.text.slice(line.start, line.end);
  for (const shape of ENTITY_SHAPES) {
    const pieces: string[] = [];
    let end = 0;
    for (const { index, text } of matchesOf(shape, rest)) {
      add(shape.entity, text);
      pieces.push(rest.slice(end, index));
      end = index + text.length;
    }
    rest = [...pieces, rest.slice(end)].join(' ');
  }
  for (const token of line.tokens)
    if (/^\p{Lu}/u.test(token.text) && people.isName(token)) add('person', token.text);
  return orNone(mentions);
}
