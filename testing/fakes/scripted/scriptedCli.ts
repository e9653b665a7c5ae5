/** The earmark command with a daemon that has a scripted engine. */
import { runCli } from '../../../daemon/cli/program';
import { scriptedDaemon } from '../../processes/daemonProcess';

void runCli(process.argv.slice(2), { daemon: scriptedDaemon() }).then((code) => process.exit(code));
