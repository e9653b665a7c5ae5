/** Client interface of the daemon: find or start it, send requests, follow sessions, push audio. */
export type * from './api';
export { stateFolder } from './local/stateFolder';
export { readDaemonFile, type DaemonFile } from './local/daemonFile';
export { ensureDaemon } from './local/ensureDaemon';
export { createConnection } from './wire/managedConnection';
export { createFramePusher } from './remote/framePusher';
export { isAlive } from './local/startLock';
