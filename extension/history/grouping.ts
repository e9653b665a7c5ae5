/** Groups past meetings by day, repository or person. Pure. */
import type { SessionInfo } from '../../protocol/session';
import { t } from '../l10n';

export const GROUPINGS = ['day', 'repository', 'person'] as const;
export type Grouping = (typeof GROUPINGS)[number];

export interface Group {
  /** Unique among the groups. */
  readonly id: string;
  readonly label: string;
  readonly sessions: readonly SessionInfo[];
}

const DAY_MS = 86_400_000;
/** Number of days with a group each. Older meetings are grouped by month. */
const NAMED_DAYS = 7;

/**
 * @param sessions newest first
 * @param language BCP 47 tag for days and months
 * @returns groups of days with the newest first, others by name; sessions without a group are last
 */
export function group(
  sessions: readonly SessionInfo[],
  by: Grouping,
  language: string,
  now: Date,
): Group[] {
  const groups = new Map<string, { label: string; sessions: SessionInfo[] }>();
  for (const session of sessions) {
    for (const { id, label } of foldersOf(session, by, language, now)) {
      const known = groups.get(id) ?? { label, sessions: [] };
      groups.set(id, known);
      known.sessions.push(session);
    }
  }
  const all = [...groups].map(([id, rest]) => ({ id, ...rest }));
  return by === 'day'
    ? all
    : all.sort(
        (a, b) =>
          Number(a.id === '') - Number(b.id === '') || a.label.localeCompare(b.label, language),
      );
}

function foldersOf(
  { startedAt, workspace, people = [] }: SessionInfo,
  by: Grouping,
  language: string,
  now: Date,
): { readonly id: string; readonly label: string }[] {
  switch (by) {
    case 'day':
      return [dayOf(new Date(startedAt), language, now)];
    case 'repository': {
      const name = workspace?.repository ?? workspace?.folder;
      return [
        name === undefined ? { id: '', label: t('No repository') } : { id: name, label: name },
      ];
    }
    case 'person':
      return people.length === 0
        ? [{ id: '', label: t('No named speaker') }]
        : people.map((name) => ({ id: name, label: name }));
  }
}

function dayOf(
  date: Date,
  language: string,
  now: Date,
): { readonly id: string; readonly label: string } {
  const day = new Date(date.getFullYear(), date.getMonth(), date.getDate());
  // Noon, so a daylight-saving change does not shift the day.
  const ago = Math.round(
    (new Date(now.getFullYear(), now.getMonth(), now.getDate(), 12).getTime() -
      new Date(day).setHours(12)) /
      DAY_MS,
  );
  const id = `${day.getFullYear()}-${day.getMonth() + 1}`;
  if (ago === 0) return { id: `${id}-${day.getDate()}`, label: t('Today') };
  if (ago === 1) return { id: `${id}-${day.getDate()}`, label: t('Yesterday') };
  if (ago > 1 && ago < NAMED_DAYS)
    return {
      id: `${id}-${day.getDate()}`,
      label: new Intl.DateTimeFormat(language, {
        weekday: 'long',
        day: 'numeric',
        month: 'short',
      }).format(day),
    };
  return {
    id,
    label: new Intl.DateTimeFormat(language, { month: 'long', year: 'numeric' }).format(day),
  };
}
