/**
 * A real daemon process whose engine hears loudness (see scriptedEngine.ts) and which records a steady tone that is a
 * word: everything but models and sound devices is real. Same arguments as daemon/main.ts.
 */
import { runDaemon } from '../../daemon/main';
import { scriptedParts } from './scriptedParts';

void runDaemon(process.argv.slice(2), scriptedParts());
