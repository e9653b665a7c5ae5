/** Disk usage of the state folder by content. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

export interface Usage {
  readonly folder: string;
  readonly databaseBytes: number;
  readonly audioBytes: number;
  readonly logBytes: number;
}

/** Depth limit of nested folders. */
const DEPTH = 4;

export function usageOf(home: string): Usage {
  const usage = { folder: home, databaseBytes: 0, audioBytes: 0, logBytes: 0 };
  for (const entry of entries(home)) {
    const path = join(home, entry.name);
    if (entry.isFile() && entry.name.includes('.db')) usage.databaseBytes += sizeOf(path);
    else if (entry.isDirectory() && (entry.name === 'spool' || entry.name === 'uploads'))
      usage.audioBytes += folderSize(path, DEPTH);
    else if (/log/.test(entry.name))
      usage.logBytes += entry.isDirectory() ? folderSize(path, DEPTH) : sizeOf(path);
  }
  return usage;
}

function folderSize(folder: string, depth: number): number {
  return entries(folder).reduce(
    (sum, entry) =>
      sum +
      (entry.isFile()
        ? sizeOf(join(folder, entry.name))
        : entry.isDirectory() && depth > 0
          ? folderSize(join(folder, entry.name), depth - 1)
          : 0),
    0,
  );
}

/** Size of a file; 0 if it was deleted during the count. */
function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function entries(
  folder: string,
): { readonly name: string; isFile(): boolean; isDirectory(): boolean }[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
