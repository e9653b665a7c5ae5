/** Client interface of the daemon: find or start it, send requests, follow sessions, push audio. */
export type * from './api';
export { stateFolder } from './stateFolder';
export { readDaemonFile, type DaemonFile } from './daemonFile';
export { ensureDaemon } from './ensureDaemon';
export { createConnection } from './managedConnection';
export { createFramePusher } from './framePusher';
export { isAlive } from './startLock';
