/**
 * Start time of a process from the operating system. A process id alone may now belong to another
 * program.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { childEnvironment } from '../../base/childEnvironment';

/** Ticks a second of times in /proc (USER_HZ, proc(5)); 100 on every platform Node supports. */
const TICKS_PER_S = 100;
/** Time for `ps` or PowerShell to answer. */
const LIMIT_MS = 10_000;
/** Tolerance: `ps` gives whole seconds, and Node counts from a moment after the process start. */
const TOLERANCE_MS = 3_000;

/** Start of this process in ms since 1970. */
export function ownStartMs(): number {
  return Math.round(Date.now() - process.uptime() * 1_000);
}

/**
 * True if process `pid` runs and began at `startMs`; false if the system gives no start time.
 * @param startMs result of `ownStartMs` in that process
 */
export function isSameProcess(pid: number, startMs: number): boolean {
  const found = processStartMs(pid);
  return found !== undefined && Math.abs(found - startMs) <= TOLERANCE_MS;
}

/** Start of a process in ms since 1970; undefined if there is no such process or no start time. */
function processStartMs(pid: number): number | undefined {
  try {
    const ms = { linux: linuxStart, win32: windowsStart }[process.platform as string] ?? unixStart;
    const start = ms(pid);
    return Number.isFinite(start) ? start : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Field 22 of /proc/PID/stat counts from boot; the name in field 2 may contain blanks and brackets.
 */
function linuxStart(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const ticks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  const uptimeS = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
  return Date.now() - (uptimeS - ticks / TICKS_PER_S) * 1_000;
}

function unixStart(pid: number): number {
  return Date.parse(run('ps', ['-o', 'lstart=', '-p', String(pid)]));
}

function windowsStart(pid: number): number {
  const script = `[DateTimeOffset]::new((Get-Process -Id ${pid}).StartTime).ToUnixTimeMilliseconds()`;
  return Number(run('powershell.exe', ['-NoProfile', '-NonInteractive', '-Command', script]));
}

function run(program: string, args: readonly string[]): string {
  return execFileSync(program, args, {
    encoding: 'utf8',
    timeout: LIMIT_MS,
    windowsHide: true,
    env: childEnvironment(process.env, { LC_ALL: 'C' }),
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
}
