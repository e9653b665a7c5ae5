/** Formats times, sizes and levels for display. Pure. */

/** Session time: `14:05`, `1:14:05`. */
export function clock(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number): string => String(n).padStart(2, '0');
  const hours = Math.floor(s / 3600);
  return hours > 0
    ? `${hours}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`
    : `${two(Math.floor(s / 60))}:${two(s % 60)}`;
}

/** Day and time of a meeting in the reader's locale. The day is left out if it is today. */
export function when(iso: string, language: string, now: Date): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return '';
  const time = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit' }).format(
    date,
  );
  if (date.toDateString() === now.toDateString()) return time;
  const day = new Intl.DateTimeFormat(language, {
    day: 'numeric',
    month: 'short',
    ...(date.getFullYear() === now.getFullYear() ? {} : { year: 'numeric' }),
  }).format(date);
  return `${day}, ${time}`;
}

/** ISO date `2026-11-27` as `Fri 27 Nov`. */
export function dueDate(iso: string, language: string): string {
  const date = new Date(`${iso}T12:00:00`);
  return Number.isNaN(date.getTime())
    ? iso
    : new Intl.DateTimeFormat(language, {
        weekday: 'short',
        day: 'numeric',
        month: 'short',
      }).format(date);
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(bytes < 10_000_000 ? 1 : 0)} MB`;
}

/** Level of an empty meter, in dBFS: the noise of a quiet room. */
const FLOOR_DB = -60;
/** Level of a full meter, in dBFS: speech close to the microphone. */
const FULL_DB = -8;

/** Level in dBFS → 0 … 1, linear in decibels. */
export function meter(rmsDb: number): number {
  return Math.min(1, Math.max(0, (rmsDb - FLOOR_DB) / (FULL_DB - FLOOR_DB)));
}
