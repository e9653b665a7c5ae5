/** Entry of the daemon's process. */
import { runDaemon } from './runDaemon';

void runDaemon(process.argv.slice(2));
