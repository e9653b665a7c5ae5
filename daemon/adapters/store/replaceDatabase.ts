/**
 * Puts a database that was made beside another in its place: whenever the process ends, the next
 * start finds the old one or the new one, whole.
 */
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';

/** A database and what SQLite lays beside it. */
export const ENDINGS = ['', '-wal', '-shm'] as const;

/** Where the new one is made; what lies there is removed. */
export function placeForNew(file: string): string {
  const made = `${file}.new`;
  for (const ending of ENDINGS) if (existsSync(made + ending)) rmSync(made + ending);
  return made;
}

/**
 * @param made by `placeForNew`, closed, with nothing in its log
 * @param onStep told after each step
 */
export function replaceDatabase(
  file: string,
  made: string,
  onStep: (step: string) => void = () => undefined,
): void {
  // From here on the new one counts: the old one's log must not be read into it.
  renameSync(made, readyOf(file));
  syncFolder(file);
  onStep('ready');
  finishReplacing(file, onStep);
}

/**
 * Goes on where the process ended; a new one that was not whole goes. Call before the database is
 * opened.
 */
export function finishReplacing(
  file: string,
  onStep: (step: string) => void = () => undefined,
): void {
  placeForNew(file);
  if (!existsSync(readyOf(file))) return;
  for (const ending of ['-wal', '-shm']) rmSync(file + ending, { force: true });
  syncFolder(file);
  onStep('log removed');
  renameSync(readyOf(file), file);
  syncFolder(file);
  onStep('replaced');
}

function readyOf(file: string): string {
  return `${file}.ready`;
}

/**
 * Renames and removals of a folder are on disk. Windows has no handle of a folder; its file system
 * keeps their order.
 */
function syncFolder(file: string): void {
  if (process.platform === 'win32') return;
  const fd = openSync(dirname(file), 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
