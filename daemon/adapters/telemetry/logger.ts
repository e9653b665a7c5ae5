/**
 * The log: one JSON object for each line, by pino: time, level, event, component, session (as a
 * mark), durationMs, and the request. The daemon's log is `logs/daemon.log`; a team worker writes
 * to standard error.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash } from 'node:crypto';
import { type DestinationStream, pino } from 'pino';
import { type Disposable, toDisposable } from '../../base/disposable';
import type { LogFields, Logger } from '../../base/logger';
import { redact } from '../../base/redaction/redact';
import { plainLine } from '../../../protocol/plainText';
import type { LoggedError } from '../../telemetry/condition';
import { RotatingFile } from './rotatingFile';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Warnings and errors stored for health and the bundle. */
const REMEMBERED = 20;

interface Request {
  readonly id: string;
  over: boolean;
}

export interface FileLogger extends Logger, Disposable {
  level: LogLevel;
  /** Opens the log file again after its folder was removed. */
  reopen(): void;
  /** The last warnings and errors, newest last. */
  readonly lastErrors: readonly LoggedError[];
  /** Adds the request's id to all log lines until `work` is done. */
  within<T>(request: string, work: () => Promise<T>): Promise<T>;
}

export function createFileLogger(folder: string, level: LogLevel): FileLogger {
  const file = new RotatingFile(folder, 'daemon');
  return createLogger(file, level, 'daemon', () => file.reopen());
}

/** @param name default component */
export function createStreamLogger(
  stream: DestinationStream,
  level: LogLevel,
  name: string,
): FileLogger {
  return createLogger(
    Object.assign(
      toDisposable(() => undefined),
      { write: (line: string) => stream.write(line) },
    ),
    level,
    name,
  );
}

function createLogger(
  file: DestinationStream & Disposable,
  level: LogLevel,
  name: string,
  reopen: () => void = () => undefined,
): FileLogger {
  const requests = new AsyncLocalStorage<Request>();
  let running = 0;
  // A session that a request started still logs for hours.
  const mixin = (): object => {
    const request = requests.getStore();
    return request && !request.over ? { request: request.id } : {};
  };
  // pino passes everything: the level is checked at each line, for children too, and may change at
  // run time.
  const root = pino(
    {
      level: 'debug',
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      messageKey: 'event',
      mixin,
    },
    file,
  );
  const lastErrors: LoggedError[] = [];
  const set: { level: LogLevel } = { level };
  const wrap = (target: pino.Logger, component: string): Logger => {
    const at =
      (name: LogLevel) =>
      (event: string, fields: LogFields = {}): void => {
        if (name === 'warn' || name === 'error') {
          const { error } = fields;
          lastErrors.push({
            at: new Date().toISOString(),
            level: name,
            component,
            event,
            ...(typeof error === 'string' ? { error: redact(error).split(' | ')[0] ?? '' } : {}),
          });
          if (lastErrors.length > REMEMBERED) lastErrors.shift();
        }
        if (RANK[name] >= RANK[set.level]) target[name](written(fields), event);
      };
    return {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      child: (child) => wrap(target.child({ component: child }), child),
    };
  };
  return Object.defineProperties(wrap(root, name) as FileLogger, {
    level: { get: () => set.level, set: (to: LogLevel) => (set.level = to) },
    lastErrors: { get: () => lastErrors },
    within: {
      value: async <T>(id: string, work: () => Promise<T>): Promise<T> => {
        const request: Request = { id, over: false };
        running++;
        try {
          return await requests.run(request, work);
        } finally {
          request.over = true;
          // Without an active request a promise costs a third (0.3 µs instead of 0.9, Node 20).
          if (--running === 0) requests.disable();
        }
      },
    },
    reopen: { value: reopen },
    dispose: { value: () => file.dispose() },
  });
}

const RANK: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/**
 * Replaces the session with a mark, and redacts secrets.
 */
function written(fields: LogFields): object {
  const out: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'string')
      out[name] = name === 'session' ? sessionMark(value) : plainLine(redact(value));
    else out[name] = Array.isArray(value) ? value.map((item) => plainLine(String(item))) : value;
  }
  return out;
}

/** Mark of a session in the log: constant, and not traceable to the session after a purge. */
export function sessionMark(id: string): string {
  return createHash('sha256').update(id).digest('hex').slice(0, 10);
}
