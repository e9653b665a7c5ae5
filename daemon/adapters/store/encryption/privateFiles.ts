/** Takes the rights of other users from files in the state folder that an older version, a backup or a
 * person left. New files are private by the process's umask. */
import { chmodSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Mask for new files and folders: 0600 and 0700. */
export const PRIVATE_UMASK = 0o077;
/** Models are public, read-only, and may be in a shared folder. */
const SKIPPED: readonly string[] = ['models'];
/** Bounds the work at a start; about 10 µs each. */
const MAX_ENTRIES = 20_000;

/** @returns number of changed entries */
export function makePrivate(home: string): number {
  const uid = process.getuid?.();
  if (uid === undefined) return 0;
  let [left, changed] = [MAX_ENTRIES, 0];
  const visit = (folder: string, skipped: readonly string[] = []): void => {
    for (const name of namesIn(folder)) {
      if (skipped.includes(name) || left-- <= 0) continue;
      const path = join(folder, name);
      const facts = lstatSync(path, { throwIfNoEntry: false });
      if (!facts || facts.uid !== uid || !(facts.isFile() || facts.isDirectory())) continue;
      if ((facts.mode & PRIVATE_UMASK) !== 0) {
        chmodSync(path, facts.mode & 0o777 & ~PRIVATE_UMASK);
        changed++;
      }
      if (facts.isDirectory()) visit(path);
    }
  };
  visit(home, SKIPPED);
  return changed;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
