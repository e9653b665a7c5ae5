/**
 * Converts an insight to a TODO comment, a Markdown task, an issue text or a draft decision record
 * (in the form of Nygard 2011). Each result cites its evidence. The user decides whether to keep
 * it.
 */
import type { Insight } from '../insights/types';
import { timeStamp } from '../insights/text/timeStamp';
import { commentText, markdownText } from '../../protocol/plainText';

export type Derivative = 'todo' | 'task' | 'issue' | 'adr';

export interface DerivedFrom {
  readonly title: string;
  /** ISO 8601 with offset. */
  readonly startedAt: string;
  readonly repository?: string | undefined;
  readonly branch?: string | undefined;
  readonly commit?: string | undefined;
  /** Web page of the repository. */
  readonly webUrl?: string | undefined;
}

export interface Derived {
  readonly text: string;
  /** Suggested name for a new file; undefined for other results. */
  readonly fileName?: string;
}

/** Start and end of a line comment by language. A language without an entry uses `//`. */
const COMMENTS: Readonly<Record<string, readonly [string, string]>> = {
  ...Object.fromEntries(
    [
      'python',
      'ruby',
      'shellscript',
      'yaml',
      'dockerfile',
      'makefile',
      'perl',
      'r',
      'toml',
      'elixir',
      'powershell',
      'julia',
      'coffeescript',
      'terraform',
    ].map((id) => [id, ['# ', '']] as const),
  ),
  ...Object.fromEntries(['sql', 'lua', 'haskell', 'ada'].map((id) => [id, ['-- ', '']] as const)),
  ...Object.fromEntries(
    ['html', 'xml', 'markdown', 'vue', 'svg'].map((id) => [id, ['<!-- ', ' -->']] as const),
  ),
  ...Object.fromEntries(['css'].map((id) => [id, ['/* ', ' */']] as const)),
  ...Object.fromEntries(
    ['clojure', 'lisp', 'scheme', 'ini'].map((id) => [id, ['; ', '']] as const),
  ),
  ...Object.fromEntries(
    ['latex', 'tex', 'erlang', 'matlab'].map((id) => [id, ['% ', '']] as const),
  ),
  vb: ["' ", ''],
};

export function derive(
  as: Derivative,
  insight: Insight,
  from: DerivedFrom,
  languageId = '',
): Derived {
  switch (as) {
    case 'todo':
      return { text: todo(insight, from, languageId) };
    case 'task':
      return { text: `- [ ] ${taskLine(insight)}\n` };
    case 'issue':
      return { text: issue(insight, from) };
    case 'adr':
      return {
        text: adr(insight, from),
        fileName: `${from.startedAt.slice(0, 10)}-${slug(insight.text)}.md`,
      };
  }
}

function todo(insight: Insight, { title }: DerivedFrom, languageId: string): string {
  const [open, close] = COMMENTS[languageId] ?? ['// ', ''];
  const who = insight.owner === undefined ? '' : `(${commentText(insight.owner, close)})`;
  const by =
    insight.due === undefined
      ? ''
      : `, ${commentText(insight.due.date ?? insight.due.phrase, close)}`;
  return (
    `${open}TODO${who}: ${commentText(insight.text, close)} (` +
    `${commentText(title, close)}${stampOf(insight)}${by})${close}\n`
  );
}

function taskLine({ text, owner, due, ...rest }: Insight): string {
  const by =
    due === undefined
      ? ''
      : due.date === undefined
        ? `, ${markdownText(due.phrase)}`
        : `, ${markdownText(due.phrase)} (${due.date})`;
  return `${markdownText(text)}${owner === undefined ? '' : ` — @${markdownText(owner)}`}${by}${stampOf(rest)}`;
}

function issue(insight: Insight, from: DerivedFrom): string {
  const facts = [
    ...(insight.owner === undefined ? [] : [`**Owner:** ${markdownText(insight.owner)}`]),
    ...(insight.due === undefined
      ? []
      : [
          `**Due:** ${markdownText(insight.due.phrase)}${insight.due.date === undefined ? '' : ` (${insight.due.date})`}`,
        ]),
    ...insight.symbols.map((symbol) => `**Code:** ${symbolLink(symbol, from)}`),
  ];
  return (
    [
      `# ${markdownText(insight.text)}`,
      ...(facts.length === 0 ? [] : [facts.join('  \n')]),
      ...quotes(insight),
      `From *${markdownText(from.title)}*, ${from.startedAt.slice(0, 10)}${placed(from)}.`,
    ].join('\n\n') + '\n'
  );
}

function adr(insight: Insight, from: DerivedFrom): string {
  const quoted = insight.evidence.length > 0;
  const stamp = quoted ? ` at${stampOf(insight)}` : '';
  return (
    `${[
      `# ${markdownText(insight.text)}`,
      `Date: ${from.startedAt.slice(0, 10)}`,
      '## Status',
      'Proposed',
      '## Context',
      `Decided in *${markdownText(from.title)}*${stamp}${placed(from)}.${quoted ? ' Quotes:' : ''}`,
      ...quotes(insight),
      '## Decision',
      `We will: ${markdownText(insight.text)}${/[.!?]$/.test(insight.text) ? '' : '.'}`,
      '## Consequences',
      '_What becomes easier or harder; to be written._',
    ].join('\n\n')}` + '\n'
  );
}

/** All quotes in one block; empty for an item without evidence, such as a user's own line. */
function quotes({ evidence }: Insight): string[] {
  return evidence.length === 0
    ? []
    : [
        evidence
          .map(({ quote, startMs }) => `> “${markdownText(quote)}” ${timeStamp(startMs)}`)
          .join('\n>\n'),
      ];
}

function placed({ repository, branch, commit }: DerivedFrom): string {
  const at = [
    repository === undefined ? undefined : markdownText(repository),
    branch === undefined ? undefined : `branch ${markdownText(branch)}`,
    commit?.slice(0, 12),
  ].filter((part) => part !== undefined);
  return at.length === 0 ? '' : ` (${at.join(', ')})`;
}

/**
 * A permalink if the repository has a web page and contains the file. All Git web hosts share this
 * form. Otherwise the place in words.
 */
function symbolLink(
  { name, uri, line }: Insight['symbols'][number],
  { webUrl, commit }: DerivedFrom,
): string {
  if (uri === undefined) return `\`${name}\``;
  const place = `${uri}${line === undefined ? '' : `#L${line}`}`;
  if (webUrl === undefined || commit === undefined || /^(?:[a-z]+:|\/)/i.test(uri))
    return `\`${name}\` (${place})`;
  return `[\`${name}\`](${webUrl}/blob/${commit}/${place
    .split('/')
    .map((part) => encodeURIComponent(part).replace('%23', '#'))
    .join('/')})`;
}

/** ` [00:14:05]`, or an empty text. */
const stampOf = ({ evidence }: Pick<Insight, 'evidence'>): string =>
  evidence[0] === undefined ? '' : ` ${timeStamp(evidence[0].startMs)}`;
const slug = (text: string): string =>
  text
    .toLowerCase()
    .normalize('NFKD')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 60)
    .replace(/-$/, '') || 'decision';
