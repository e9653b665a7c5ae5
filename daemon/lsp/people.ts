/**
 * The people of a note: speakers, owners, participants. Also finds the places of each name and the
 * edits of a rename.
 */
import { EarmarkError } from '../../protocol/errors';
import type { Note, Position } from './note';
import type { Span } from './noteLine';

export interface Edit {
  readonly line: number;
  readonly span: Span;
  readonly newText: string;
}

/** Maximum length of a name, as in the daemon. */
const NAME_MAX = 200;

/** Names, most frequent first. */
export function people(note: Note): readonly string[] {
  const { said, items, front } = note.structure;
  const count = new Map<string, number>();
  const add = (name: string, n: number): void => void count.set(name, (count.get(name) ?? 0) + n);
  for (const { name } of participants(front.get('participants')?.value ?? '')) add(name, 0);
  for (const { said: line } of said) add(line.speaker.name, 1);
  for (const { item } of items) if (item.owner) add(item.owner.name, 1);
  return [...count].sort((a, b) => b[1] - a[1]).map(([name]) => name);
}

/** The person whose name is at a position, with the range of the name. */
export function personAt(
  note: Note,
  { line: at, character }: Position,
): ({ readonly name: string } & Span) | undefined {
  const line = note.line(at);
  const within = ({ start, end }: Span): boolean => start <= character && character <= end;
  if (line?.kind === 'said' && within(line.speaker)) return line.speaker;
  if (
    line?.kind === 'item' &&
    line.owner &&
    within({ start: line.owner.start - 1, end: line.owner.end })
  )
    return line.owner;
  const listed = note.structure.front.get('participants');
  if (listed?.line !== at) return undefined;
  const offset = (line?.text ?? '').indexOf(listed.value);
  const found = participants(listed.value).find(({ start, end }) =>
    within({ start: start + offset, end: end + offset }),
  );
  return found && { name: found.name, start: found.start + offset, end: found.end + offset };
}

/**
 * Replaces every occurrence of a name in transcript, owners and participants.
 * @throws EarmarkError if the new text is not a valid name
 */
export function rename(note: Note, from: string, to: string): readonly Edit[] {
  const name = to.replace(/\s+/g, ' ').trim();
  if (name === '' || name.length > NAME_MAX || /[*@[\],\p{Cc}]/u.test(name))
    throw new EarmarkError(
      'rpc.invalidParams',
      `Use a name of 1 to ${NAME_MAX} characters without * @ , [ and ].`,
    );
  const { said, items, front } = note.structure;
  const edits: Edit[] = [];
  for (const {
    line,
    said: { speaker },
  } of said)
    if (speaker.name === from) edits.push({ line, span: speaker, newText: name });
  for (const {
    line,
    item: { owner },
  } of items)
    if (owner?.name === from) edits.push({ line, span: owner, newText: name });
  const listed = front.get('participants');
  const names = participants(listed?.value ?? '').map((one) => one.name);
  if (listed !== undefined && names.includes(from)) {
    const text = note.line(listed.line)?.text ?? '';
    const list = [...new Set(names.map((one) => (one === from ? name : one)))];
    const start = text.indexOf(listed.value);
    edits.push({
      line: listed.line,
      span: { start, end: start + listed.value.length },
      newText: `[${list.map(scalar).join(', ')}]`,
    });
  }
  return edits.sort((a, b) => a.line - b.line || a.span.start - b.span.start);
}

/** A YAML flow list: `[Ben, "Lea, K."]`. Ranges cover the names, inside their quotes. */
function participants(value: string): readonly ({ readonly name: string } & Span)[] {
  if (!value.startsWith('[')) return [];
  return [...value.matchAll(/"((?:[^"\\]|\\.)*)"|[^[\],"]+/g)].flatMap((match) => {
    const quoted = match[1] !== undefined;
    const raw = quoted ? match[1]! : match[0].trim();
    const start = match.index + (quoted ? 1 : match[0].length - match[0].trimStart().length);
    return raw === ''
      ? []
      : [{ name: raw.replace(/\\(.)/g, '$1'), start, end: start + raw.length }];
  });
}

const scalar = (name: string): string =>
  /^[\p{L}\p{N}][\p{L}\p{N} ._/+-]*$/u.test(name) &&
  !/^(true|false|null|yes|no|on|off|y|n|[\d.,_+eExXoO-]+)$/i.test(name)
    ? name
    : JSON.stringify(name);
