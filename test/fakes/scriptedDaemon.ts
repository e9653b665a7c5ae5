/**
 * A real daemon process whose engine hears loudness (see scriptedEngine.ts) and which records a
 * steady tone that is a word: everything but models and sound devices is real. Same arguments as
 * daemon/main.ts.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stateFolder } from '../../client';
import { runDaemon } from '../../daemon/runDaemon';
import { scriptedParts } from './scriptedParts';

/**
 * A test may leave phrases here, as a JSON array: they are heard one after the other instead of the
 * tone's word.
 */
const SAYS = 'says.json';

const file = join(stateFolder(), SAYS);
void runDaemon(
  process.argv.slice(2),
  scriptedParts(() =>
    existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as string[]) : undefined,
  ),
);
