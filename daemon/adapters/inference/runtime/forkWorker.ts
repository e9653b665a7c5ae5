/** Starts an inference worker as a child process with an IPC channel. */
import { type ForkOptions, fork } from 'node:child_process';
import { childEnvironment } from '../../../base/childEnvironment';
import type { WorkerProcess } from './supervisor';
import type { FromWorker, WorkerRole } from './workerProtocol';

export interface WorkerEntry {
  /** Absolute path of the built worker, or of its source with a loader in `execArgv`. */
  readonly path: string;
  /** Node options of the child, such as `--import tsx`. */
  readonly execArgv?: readonly string[];
}

/** Characters of a worker's stderr that are kept; enough for the message of a native crash. */
const STDERR_TAIL = 1_000;

/**
 * Sources of both: Node's and glibc's manuals. Together they save 55 MB in a recognition worker,
 * without a later text.
 */
const SMALL_HEAP = ['--max-semi-space-size=1'];
const GIVE_BACK = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: String(256 * 1024),
  MALLOC_TRIM_THRESHOLD_: String(1024 * 1024),
};

export function forkWorker(entry: WorkerEntry, role: WorkerRole): WorkerProcess {
  const options: ForkOptions = {
    execArgv: [...SMALL_HEAP, ...(entry.execArgv ?? [])],
    env: childEnvironment(process.env, GIVE_BACK),
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  };
  // fork passes its options to spawn, which supports windowsHide; only the types of fork lack it.
  const child = fork(entry.path, [role], { ...options, windowsHide: true } as ForkOptions);
  let tail = '';
  child.stderr
    ?.setEncoding('utf8')
    .on('data', (text: string) => (tail = (tail + text).slice(-STDERR_TAIL)));
  return {
    pid: child.pid,
    // After a closed channel the exit event follows and settles the call.
    send: (message) => {
      if (child.connected) child.send(message, () => undefined);
    },
    kill: () => void child.kill('SIGKILL'),
    onMessage: (listener) => void child.on('message', (message) => listener(message as FromWorker)),
    onExit: (listener) => {
      let reported = false;
      const tell = (reason: string): void => {
        if (reported) return;
        reported = true;
        listener(reason, tail);
      };
      child.on('error', (error) => tell(error.message));
      child.on('exit', (code, signal) => tell(signal ?? `exit ${code}`));
    },
  };
}
