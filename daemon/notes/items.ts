/** Builds the wanted lines of a note: front matter, title, headings, insights, transcript. */
import { pageSections, sectionLines } from '../insights/text/render';
import { transcriptLine } from './exports';
import type { NoteDocument } from './types';

export interface NoteItem {
  /** Stable name of the line in the manifest. */
  readonly key: string;
  readonly line: string;
  /** The insight whose box is on this line. */
  readonly insightId?: string;
}

export interface NoteSection {
  readonly heading: NoteItem;
  readonly items: readonly NoteItem[];
  /** A blank line separates paragraphs, but not list items. */
  readonly layout: 'list' | 'paragraphs';
}

/** Fixed numbers for the lines that every note may have. They share one row of the manifest. */
const PAGE = {
  session: 'p.0',
  date: 'p.1',
  branch: 'p.2',
  commit: 'p.3',
  participants: 'p.4',
  title: 'p.5',
  summary: 'p.6',
  decision: 'p.7',
  action: 'p.8',
  question: 'p.9',
  risk: 'p.10',
  entity: 'p.11',
  transcript: 'p.12',
  template: 'p.13',
} as const;

/** Front matter: only these lines stand between its fences. */
export const FRONT_KEYS: readonly string[] = [
  PAGE.session,
  PAGE.date,
  PAGE.branch,
  PAGE.commit,
  PAGE.participants,
  PAGE.template,
];

export interface NoteModel {
  readonly front: readonly NoteItem[];
  readonly title: NoteItem;
  /** In the order of the page. A section without items is left out. */
  readonly sections: readonly NoteSection[];
}

export function noteModel(document: NoteDocument): NoteModel {
  const segments = document.segments
    .filter((s) => !s.hidden && s.text.trim() !== '')
    .sort((a, b) => a.startMs - b.startMs || natural(a.id, b.id));
  const participants = document.participants ?? [...new Set(segments.map((s) => s.speaker))];
  const front: [keyof typeof PAGE, string | undefined][] = [
    ['session', scalar(document.sessionId)],
    ['date', document.startedAt],
    ['branch', document.branch && scalar(document.branch)],
    ['commit', document.commit && scalar(document.commit)],
    [
      'participants',
      participants.length > 0 ? `[${participants.map(scalar).join(', ')}]` : undefined,
    ],
    ['template', document.template && scalar(document.template.name)],
  ];
  return {
    front: front.flatMap(([name, value]) =>
      value ? [{ key: PAGE[name], line: `${name}: ${value}` }] : [],
    ),
    title: {
      key: PAGE.title,
      line: `# ${document.title.replace(/\s+/g, ' ').trim() || 'Untitled'}`,
    },
    sections: [
      ...pageSections(document.insights, document.template).map((section) => ({
        heading: {
          key: section.kind === undefined ? `g.${section.title}` : PAGE[section.kind],
          line: `## ${section.title}`,
        },
        items: sectionLines(section),
        layout: 'list' as const,
      })),
      {
        heading: { key: PAGE.transcript, line: '## Transcript' },
        items: segments.map((s) => ({
          key: `s.${s.id}`,
          line: transcriptLine(s, document.fillers),
        })),
        layout: 'paragraphs' as const,
      },
    ],
  };
}

/**
 * A YAML scalar for a flow list. It is quoted if YAML could parse the plain text as another type.
 */
function scalar(text: string): string {
  return /^[\p{L}\p{N}][\p{L}\p{N} ._/@+-]*$/u.test(text) &&
    !/\s$|^(true|false|null|yes|no|on|off|y|n|~)$|^[\d.,_+eExXoO-]+$/i.test(text)
    ? text
    : JSON.stringify(text);
}

function natural(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
