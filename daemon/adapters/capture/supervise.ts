/**
 * Runs a recorder so that it cannot outlive the daemon. A supervisor between them reads a pipe that
 * only the daemon holds open. When the pipe closes (stop, crash or SIGKILL of the daemon) it ends
 * the recorder, after a second by force. The recorder writes samples directly to the daemon.
 */
import { childEnvironment } from '../../base/childEnvironment';
import type { PlainCommand, SpawnCommand } from './recorderModule';

/** Time between the end of the pipe and SIGKILL. */
export const FORCE_AFTER_MS = 1_000;

/** Runs in any POSIX shell; uses under 1 MB, and a second Node 40 MB. `$@` is the recorder. */
const SHELL = `
exec 3<&0
"$@" </dev/null 3<&- &
recorder=$!
trap 'kill -TERM $recorder 2>/dev/null' TERM INT HUP
{ exec >/dev/null 2>&1
  while read -r _; do :; done <&3
  kill -TERM $recorder; sleep ${FORCE_AFTER_MS / 1_000}; kill -KILL $recorder
} &
watcher=$!
exec 3<&-
wait $recorder; code=$?
while kill -0 $recorder 2>/dev/null; do wait $recorder; code=$?; done
kill $watcher 2>/dev/null
exit $code`;

/** The same for Windows, which has no suitable shell. */
const NODE = `
const [, program, ...args] = process.argv;
const stdio = ['ignore', 'inherit', 'inherit'];
const recorder = require('child_process').spawn(program, args, { stdio, windowsHide: true });
const end = () => { recorder.kill(); setTimeout(() => recorder.kill('SIGKILL'), ${FORCE_AFTER_MS}).unref(); };
process.stdin.on('end', end).on('error', end).resume();
process.on('SIGTERM', end);
recorder.on('error', (e) => { console.error(e.message); process.exit(127); });
recorder.on('exit', (code) => process.exit(code === null ? 143 : code));`;

/** @param nodeProgram the Node (or Electron) that runs the supervisor on Windows. */
export function supervise(
  command: PlainCommand,
  platform: NodeJS.Platform,
  nodeProgram = process.execPath,
): SpawnCommand {
  const { program, args, environment } = command;
  if (platform === 'win32') {
    return {
      cmd: nodeProgram,
      args: ['-e', NODE, program, ...args],
      spawnOptions: {
        env: childEnvironment(environment, { ELECTRON_RUN_AS_NODE: '1' }),
        windowsHide: true,
      },
    };
  }
  return {
    cmd: '/bin/sh',
    args: ['-c', SHELL, 'earmark-recorder', program, ...args],
    spawnOptions: { env: childEnvironment(environment), windowsHide: true },
  };
}
