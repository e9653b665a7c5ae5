/**
 * A real daemon process whose engine recognises loudness (see scriptedEngine.ts). It records a
 * steady tone, which is a word. Only models and audio devices are fake. Takes the same arguments as
 * daemon/main.ts.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stateFolder } from '../../../client';
import { runDaemon } from '../../../daemon/runDaemon';
import { scriptedParts } from './scriptedParts';

/**
 * A test may store phrases here, as a JSON array. They replace the tone's word, one after the
 * other.
 */
const SAYS = 'says.json';

const file = join(stateFolder(), SAYS);
void runDaemon(
  process.argv.slice(2),
  scriptedParts(() =>
    existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as string[]) : undefined,
  ),
);
