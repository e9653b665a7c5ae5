/**
 * Origin of an error, for logs: its name and the first lines of its stack, without the message,
 * which may contain any text.
 */

const LINES = 8;

export function placeOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return [error.name, ...frames.slice(0, LINES).map((line) => line.trim())].join(' | ');
}
