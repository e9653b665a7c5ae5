/**
 * Reports whether this machine has upload copies for a remote daemon. Reads one folder, so no
 * daemon starts for the question.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

export function hasUploads(stateDir: string): boolean {
  try {
    return readdirSync(join(stateDir, 'uploads')).some((name) => name.endsWith('.json'));
  } catch {
    return false;
  }
}
