/** Retention times by kind of data, and the data of a session that exceeds them. */
import type { SessionRecord } from '../contract/events';
import type { Retention } from '../contract/retention';

export interface Overdue {
  readonly audio: boolean;
  readonly transcript: boolean;
  readonly insights: boolean;
}

const DAY_MS = 86_400_000;

/**
 * Returns the kinds of data that exceed their retention time. Age counts from the end of the
 * session. A clock set back does not make data older.
 * @param nowMs milliseconds since the epoch
 */
export function overdue(
  record: Pick<SessionRecord, 'createdMs' | 'startedAt' | 'durationMs'>,
  { audioDays, transcriptDays, insightsDays }: Retention,
  nowMs: number,
): Overdue {
  const endMs = (record.createdMs ?? Date.parse(record.startedAt)) + record.durationMs;
  const over = (days: number | undefined): boolean =>
    days !== undefined && nowMs - endMs > days * DAY_MS;
  return { audio: over(audioDays), transcript: over(transcriptDays), insights: over(insightsDays) };
}

/** @param text output of `formatRetention`; any other text means no limit */
export function parseRetention(text: string | undefined): Retention {
  try {
    const found = JSON.parse(text ?? '{}') as Readonly<Record<string, unknown>>;
    const days = (name: keyof Retention): Retention =>
      typeof found[name] === 'number' && found[name] >= 0 ? { [name]: found[name] } : {};
    return { ...days('audioDays'), ...days('transcriptDays'), ...days('insightsDays') };
  } catch {
    return {};
  }
}
