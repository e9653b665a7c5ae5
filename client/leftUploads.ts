/**
 * Does this machine keep recordings for a daemon elsewhere? Looks into one folder, so that no
 * daemon is started to be asked.
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
