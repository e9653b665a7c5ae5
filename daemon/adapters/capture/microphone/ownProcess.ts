/** Tells whether a process belongs to this daemon: its recorders and their supervisors. */
import { readFileSync } from 'node:fs';

/** daemon → supervisor → recorder, and a wrapper script or two. */
const DEPTH_MAX = 6;

/** @returns false where the system does not show the parents of a process, as outside Linux */
export function isOwnProcess(pid: number, own = process.pid): boolean {
  let current = pid;
  for (let depth = 0; depth < DEPTH_MAX && current > 1; depth++) {
    if (current === own) return true;
    try {
      const stat = readFileSync(`/proc/${current}/stat`, 'utf8');
      // Field 4; the name in field 2 may contain blanks and brackets.
      current = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    } catch {
      return false;
    }
  }
  return false;
}
