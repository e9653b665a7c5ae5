/**
 * Memory available to a new process: of the machine, and of its container, if any. Memory that the
 * system can reclaim immediately, such as cached files, counts as free.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { freemem } from 'node:os';

export interface MemoryTools {
  readonly platform: NodeJS.Platform;
  read(path: string): Promise<string>;
  run(command: string, args: readonly string[]): Promise<string>;
  free(): number;
}

const RUN_LIMIT_MS = 2_000;

const systemTools: MemoryTools = {
  platform: process.platform,
  read: (path) => readFile(path, 'utf8'),
  run: (command, args) =>
    new Promise((resolve, reject) =>
      execFile(command, [...args], { timeout: RUN_LIMIT_MS }, (error, stdout) =>
        error ? reject(new Error(`${command} failed.`)) : resolve(stdout),
      ),
    ),
  free: () => freemem(),
};

/** @returns bytes; undefined if the system gives no value */
export async function freeMemory(tools: MemoryTools = systemTools): Promise<number | undefined> {
  if (tools.platform === 'darwin') return ofMac(tools).catch(() => undefined);
  if (tools.platform !== 'linux') return tools.free();
  const [machine, container] = await Promise.all([ofLinux(tools), ofContainer(tools)]);
  return Math.min(machine ?? tools.free(), container ?? Infinity);
}

async function ofLinux(tools: MemoryTools): Promise<number | undefined> {
  const text = await tools.read('/proc/meminfo').catch(() => '');
  const kilobytes = /^MemAvailable:\s+(\d+) kB$/m.exec(text)?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

/** Control groups, version 2 first, then 1. */
const GROUPS = [
  {
    limit: '/sys/fs/cgroup/memory.max',
    used: '/sys/fs/cgroup/memory.current',
    stat: '/sys/fs/cgroup/memory.stat',
    cached: /^inactive_file (\d+)$/m,
  },
  {
    limit: '/sys/fs/cgroup/memory/memory.limit_in_bytes',
    used: '/sys/fs/cgroup/memory/memory.usage_in_bytes',
    stat: '/sys/fs/cgroup/memory/memory.stat',
    cached: /^total_inactive_file (\d+)$/m,
  },
];

async function ofContainer(tools: MemoryTools): Promise<number | undefined> {
  for (const group of GROUPS) {
    const [limit, used, stat] = await Promise.all(
      [group.limit, group.used, group.stat].map((path) => tools.read(path).catch(() => '')),
    );
    // Without a limit the file contains "max", or a number larger than any memory.
    const most = Number(limit);
    if (!limit?.trim() || !used?.trim() || !Number.isFinite(most)) continue;
    return Math.max(0, most - Number(used) + Number(group.cached.exec(stat ?? '')?.[1] ?? 0));
  }
  return undefined;
}

/** Free or reclaimable pages, from `vm_stat`. */
async function ofMac(tools: MemoryTools): Promise<number | undefined> {
  const text = await tools.run('vm_stat', []);
  const pageBytes = Number(/page size of (\d+) bytes/.exec(text)?.[1] ?? Number.NaN);
  const pages = ['free', 'inactive', 'speculative', 'purgeable'].map((kind) =>
    Number(new RegExp(`^Pages ${kind}:\\s+(\\d+)\\.`, 'm').exec(text)?.[1] ?? 0),
  );
  const bytes = pageBytes * pages.reduce((sum, count) => sum + count, 0);
  return Number.isFinite(bytes) && bytes > 0 ? bytes : undefined;
}
