/** Formats the daemon's log for people: time, level, event, fields. */
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { plainLine } from '../../protocol/plainText';
import type { Environment } from './environment';

/** Read limit from the end of a file; the log rotates at a few megabytes. */
const TAIL_MAX_BYTES = 8 * 1024 * 1024;
const FOLLOW_MS = 250;
/** pino's levels. */
const LEVELS: Readonly<Record<number, string>> = {
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
};

export interface LogOptions {
  readonly follow: boolean;
  readonly lines: number;
  readonly format: 'text' | 'json';
}

export async function showLogs(env: Environment, options: LogOptions): Promise<void> {
  const file = join(env.home, 'logs', 'daemon.log');
  const print = (line: string) =>
    env.out.write(options.format === 'json' ? `${line}\n` : logLine(env, line));
  if (!existsSync(file))
    env.err.write('earmark: There is no log yet; the daemon has not run in this state folder.\n');
  let { text, end } = readFrom(file, -TAIL_MAX_BYTES);
  for (const line of text.split('\n').filter(Boolean).slice(-options.lines)) print(line);
  while (options.follow && !env.signal.aborted) {
    await delay(FOLLOW_MS, undefined, { signal: env.signal }).catch(() => undefined);
    ({ text, end } = readFrom(file, end));
    for (const line of text.split('\n').filter(Boolean)) print(line);
  }
}

/**
 * Whole lines from `start` on; a negative start counts from the end. A file that became shorter was
 * rotated and is read from its start.
 */
function readFrom(file: string, start: number): { text: string; end: number } {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch {
    return { text: '', end: 0 };
  }
  try {
    const { size } = fstatSync(descriptor);
    const from = start < 0 ? Math.max(0, size + start) : start > size ? 0 : start;
    const bytes = Buffer.alloc(size - from);
    readSync(descriptor, bytes, 0, bytes.length, from);
    const last = bytes.lastIndexOf(0x0a) + 1;
    return { text: bytes.toString('utf8', 0, last), end: from + last };
  } finally {
    closeSync(descriptor);
  }
}

function logLine(env: Environment, line: string): string {
  const { style } = env.out;
  try {
    const {
      level,
      time,
      event,
      pid: _,
      component,
      ...facts
    } = JSON.parse(line) as Record<string, unknown>;
    const name = LEVELS[Number(level)] ?? 'info';
    const colour = name === 'error' ? style.red : name === 'warn' ? style.yellow : style.dim;
    const rest = Object.entries(facts)
      .map(([k, v]) => plainLine(`${k}=${typeof v === 'string' ? v : JSON.stringify(v)}`))
      .join(' ');
    return (
      `${style.dim(String(time).slice(0, 23).replace('T', ' '))} ${colour(name.padEnd(5))} ` +
      `${component ? `${plainLine(String(component))} ` : ''}${plainLine(String(event))}` +
      `${rest ? ` ${style.dim(rest)}` : ''}\n`
    );
  } catch {
    return `${line}\n`;
  }
}
