/**
 * Templates of notes as Markdown: the built-in ones, and the parser of files in `.earmark/templates`.
 */
import { ASK_MAX, NoteTemplate, SECTIONS_MAX, type SectionKind, TITLE_MAX } from './templates';

/** Characters of a template's file. */
const TEMPLATE_MAX = 20_000;

/** Headings of a file that mean the insights of a kind. */
const KINDS: Readonly<Record<string, SectionKind>> = {
  summary: 'summary',
  decisions: 'decision',
  'action items': 'action',
  actions: 'action',
  'next steps': 'action',
  'open questions': 'question',
  questions: 'question',
  risks: 'risk',
};

const TITLES: Readonly<Record<SectionKind, string>> = {
  summary: 'Summary',
  decision: 'Decisions',
  action: 'Action items',
  question: 'Open questions',
  risk: 'Risks',
};

/**
 * Reads a template: `# Title`, what to ask for, then `## Section` with what belongs into it. A
 * section of a known name, such as "Action items", has the insights of its kind. The transcript
 * always comes last.
 * @returns the template, or a sentence that says what to correct
 */
export function parseTemplate(name: string, markdown: string): NoteTemplate | string {
  if (markdown.length > TEMPLATE_MAX)
    return `The template has more than ${TEMPLATE_MAX} characters; shorten it.`;
  const { title, ask, sections } = readLines(markdown);
  const titles = sections.map((section) => section.title.toLowerCase());
  const twice = sections.find((_, at) => titles.indexOf(titles[at] ?? '') < at);
  if (twice !== undefined)
    return `The template has the section "${twice.title.slice(0, TITLE_MAX)}" twice; remove one.`;
  if (sections.length === 0) return 'The template has no section; add a line such as "## Summary".';
  const parsed = NoteTemplate.safeParse({
    name,
    title: title || name,
    ask: words(ask),
    sections: sections.map((section) => ({ ...section, ask: words(section.ask) })),
  });
  return parsed.success ? parsed.data : faultOf(parsed.error.issues[0]?.path ?? []);
}

interface ReadSection {
  readonly title: string;
  readonly kind?: SectionKind;
  readonly ask: string[];
}

function readLines(markdown: string) {
  let title = '';
  const ask: string[] = [];
  const sections: ReadSection[] = [];
  for (const line of markdown.split(/\r?\n/)) {
    const text = line.trim();
    if (text.startsWith('## ')) {
      const heading = text.slice(3).trim();
      const kind = KINDS[heading.toLowerCase()];
      if (heading.toLowerCase() === 'transcript') continue;
      sections.push({
        title: kind === undefined ? heading : TITLES[kind],
        ...(kind === undefined ? {} : { kind }),
        ask: [],
      });
    } else if (text.startsWith('# ')) title ||= text.slice(2).trim();
    else (sections.at(-1)?.ask ?? ask).push(text);
  }
  return { title, ask, sections };
}

function faultOf([first, at]: readonly PropertyKey[]): string {
  if (first === 'name')
    return 'The name of the template has other characters than letters, digits, blanks, dots and hyphens; rename the file.';
  if (first === 'sections')
    return typeof at === 'number'
      ? `Section ${at + 1} of the template is too long: a title has at most ${TITLE_MAX} characters, its text ${ASK_MAX}. Shorten it.`
      : `The template has more than ${SECTIONS_MAX} sections; remove some.`;
  return `The title of the template has more than ${TITLE_MAX} characters, or its text more than ${ASK_MAX}; shorten it.`;
}

const words = (lines: readonly string[]): string => lines.join(' ').replace(/\s+/g, ' ').trim();

/** The built-in templates as files, for reading and as a start for one's own. */
const FILES: Readonly<Record<string, string>> = {
  'stand-up': `# Stand-up
Short notes of a daily stand-up. Name each person once per section.
## Yesterday
What each person has done since the last stand-up.
## Today
What each person does next.
## Blockers
What keeps somebody from going on, and who can help.
## Action items
## Decisions
`,
  planning: `# Planning
Notes of a planning meeting: the goal, the work that was chosen, and the work that was left out.
## Summary
The goal and the time frame.
## Scope
Work that was taken in, with its estimate if somebody named one.
## Out of scope
Work that was left out or put off, and why.
## Decisions
## Action items
## Risks
## Open questions
`,
  'one-to-one': `# 1:1
Notes of a talk between two people. Leave out private matters that are not about work.
## Summary
What the two talked about.
## Feedback
Praise and wishes, with the person who gave them.
## Goals
What one of them wants to reach or learn.
## Action items
## Open questions
`,
  incident: `# Incident
Notes of an incident review. State facts and times as spoken, and blame nobody.
## Summary
What failed, for whom, and for how long.
## Timeline
Events with the times that were named, in their order.
## Root cause
What caused it, and what made it worse.
## What worked
What limited the damage.
## Action items
## Decisions
## Open questions
`,
  interview: `# Interview
Notes of an interview, in neutral words. Give no judgement that nobody gave.
## Summary
Who was asked, and about what.
## Answers
The main answers, each with its question.
## Impressions
What an interviewer said about the answers.
## Open questions
## Action items
`,
  free: `# Free
## Summary
## Decisions
## Action items
## Open questions
## Risks
`,
};

export const BUILT_IN_TEMPLATES: readonly NoteTemplate[] = Object.entries(FILES).flatMap(
  ([name, file]) => {
    const template = parseTemplate(name, file);
    return typeof template === 'string' ? [] : [template];
  },
);
