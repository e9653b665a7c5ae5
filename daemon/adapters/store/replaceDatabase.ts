/**
 * Replaces a database with a new one made beside it. After a crash at any point, the next start
 * finds the old or the new one, complete.
 */
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';

/** Endings of a database and its SQLite side files. */
export const ENDINGS = ['', '-wal', '-shm'] as const;

/** Path for the new database; removes existing files there. */
export function placeForNew(file: string): string {
  const made = `${file}.new`;
  for (const ending of ENDINGS) if (existsSync(made + ending)) rmSync(made + ending);
  return made;
}

/**
 * @param made path from `placeForNew`, closed, with an empty log
 * @param onStep called after each step
 */
export function replaceDatabase(
  file: string,
  made: string,
  onStep: (step: string) => void = () => undefined,
): void {
  // From here on the new database counts: the old log must not be applied to it.
  renameSync(made, readyOf(file));
  syncFolder(file);
  onStep('ready');
  finishReplacing(file, onStep);
}

/**
 * Continues an interrupted replacement; deletes an incomplete new database. Call before opening the
 * database.
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
 * Makes renames and removals in a folder durable. Windows has no folder handle; its file system
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
