/**
 * What an insight becomes outside the note: a TODO comment, a Markdown task, the text of an issue,
 * a draft of an architecture decision record (in the form of Nygard 2011). Each cites the words it
 * rests on; the person decides whether it is kept.
 */
import type { Insight } from '../insights/types';
import { timeStamp } from '../insights/timeStamp';

export type Derivative = 'todo' | 'task' | 'issue' | 'adr';

export interface DerivedFrom {
  readonly title: string;
  /** ISO 8601 with offset. */
  readonly startedAt: string;
  readonly repository?: string | undefined;
  readonly branch?: string | undefined;
  readonly commit?: string | undefined;
  /** Page of the repository on its web host. */
  readonly webUrl?: string | undefined;
}

export interface Derived {
  readonly text: string;
  /** A name for a new file, where it is one. */
  readonly fileName?: string;
}

/** How a line comment begins and ends; languages that are not here have `//`. */
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
  const who = insight.owner === undefined ? '' : `(${oneLine(insight.owner)})`;
  const by = insight.due === undefined ? '' : `, ${insight.due.date ?? insight.due.phrase}`;
  return (
    `${open}TODO${who}: ${safe(oneLine(insight.text), close)} (` +
    `${safe(oneLine(title), close)}${stampOf(insight)}${by})${close}\n`
  );
}

function taskLine({ text, owner, due, ...rest }: Insight): string {
  const by =
    due === undefined
      ? ''
      : due.date === undefined
        ? `, ${due.phrase}`
        : `, ${due.phrase} (${due.date})`;
  return `${oneLine(text)}${owner === undefined ? '' : ` — @${oneLine(owner)}`}${by}${stampOf(rest)}`;
}

function issue(insight: Insight, from: DerivedFrom): string {
  const facts = [
    ...(insight.owner === undefined ? [] : [`**Owner:** ${oneLine(insight.owner)}`]),
    ...(insight.due === undefined
      ? []
      : [
          `**Due:** ${insight.due.phrase}${insight.due.date === undefined ? '' : ` (${insight.due.date})`}`,
        ]),
    ...insight.symbols.map((symbol) => `**Code:** ${symbolLink(symbol, from)}`),
  ];
  return (
    [
      `# ${oneLine(insight.text)}`,
      ...(facts.length === 0 ? [] : [facts.join('  \n')]),
      ...quotes(insight),
      `From *${oneLine(from.title)}*, ${from.startedAt.slice(0, 10)}${placed(from)}.`,
    ].join('\n\n') + '\n'
  );
}

function adr(insight: Insight, from: DerivedFrom): string {
  const quoted = insight.evidence.length > 0;
  const stamp = quoted ? ` at${stampOf(insight)}` : '';
  return (
    `${[
      `# ${oneLine(insight.text)}`,
      `Date: ${from.startedAt.slice(0, 10)}`,
      '## Status',
      'Proposed',
      '## Context',
      `Decided in *${oneLine(from.title)}*${stamp}${placed(from)}.${quoted ? ' Quotes:' : ''}`,
      ...quotes(insight),
      '## Decision',
      `We will: ${oneLine(insight.text)}${/[.!?]$/.test(insight.text) ? '' : '.'}`,
      '## Consequences',
      '_What becomes easier or harder; to be written._',
    ].join('\n\n')}` + '\n'
  );
}

/** One block, or none for what rests on nothing that was said: a person's own line in a note. */
function quotes({ evidence }: Insight): string[] {
  return evidence.length === 0
    ? []
    : [
        evidence
          .map(({ quote, startMs }) => `> “${oneLine(quote)}” ${timeStamp(startMs)}`)
          .join('\n>\n'),
      ];
}

function placed({ repository, branch, commit }: DerivedFrom): string {
  const at = [
    repository,
    branch === undefined ? undefined : `branch ${branch}`,
    commit?.slice(0, 12),
  ].filter((part) => part !== undefined);
  return at.length === 0 ? '' : ` (${at.join(', ')})`;
}

/**
 * A permalink where the repository has a page and the file lies in it; the web hosts for git share
 * this form. Else the place in words.
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

/** ` [00:14:05]`, or nothing. */
const stampOf = ({ evidence }: Pick<Insight, 'evidence'>): string =>
  evidence[0] === undefined ? '' : ` ${timeStamp(evidence[0].startMs)}`;
const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();
/** Spoken words must not end the comment they stand in. */
const safe = (text: string, close: string): string =>
  close.trim() === '' ? text : text.replaceAll(close.trim(), '');
const slug = (text: string): string =>
  text
    .toLowerCase()
    .normalize('NFKD')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60)
    .replace(/-+$/, '') || 'decision';
