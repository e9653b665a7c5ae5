/**
 * Graphs as ONNX Runtime has optimised them for this machine, stored so that the next load takes
 * half the processor time (docs/decisions/0018-keep-optimised-graphs.md). A file is named
 * after its inputs and its own checksum; a damaged or foreign one is removed and made again.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, readdir, rename, rm, statfs } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { isAlive } from '../processAlive';

export interface GraphPlace {
  /** Absolute; of one model. */
  readonly folder: string;
  /** Which of the model's graphs. */
  readonly role: string;
  /** What the graph depends on: model, engine, options. The machine is added. */
  readonly madeOf: readonly string[];
}

/** Below this nothing is kept: the disk belongs to what was said. */
const SPARE_BYTES = 1_000_000_000;
/** A graph under way. */
const DRAFT = '.part.ort';

function keyOf({ madeOf }: GraphPlace): string {
  return createHash('sha256')
    .update(JSON.stringify([...madeOf, process.platform, process.arch, cpus()[0]?.model ?? '']))
    .digest('hex')
    .slice(0, 16);
}

/** @returns the graph, whole; undefined where there is none */
export async function readGraph(place: GraphPlace): Promise<Buffer | undefined> {
  const beginning = `${place.role}-${keyOf(place)}-`;
  for (const name of await readdir(place.folder).catch(() => [])) {
    const sum = name.startsWith(beginning) ? /-([0-9a-f]{8})\.ort$/.exec(name)?.[1] : undefined;
    if (sum === undefined) continue;
    const bytes = await readFile(join(place.folder, name)).catch(() => undefined);
    if (bytes && sumOf(bytes) === sum) return bytes;
    await rm(join(place.folder, name), { force: true }).catch(() => undefined);
  }
  return undefined;
}

/**
 * Where ONNX Runtime may write the graph.
 * @returns undefined where there is no room, or no folder to be had
 */
export async function graphDraft(place: GraphPlace): Promise<string | undefined> {
  try {
    await mkdir(place.folder, { recursive: true, mode: 0o700 });
    const { bavail, bsize } = await statfs(place.folder);
    return bavail * bsize < SPARE_BYTES
      ? undefined
      : join(place.folder, `${place.role}-${process.pid}${DRAFT}`);
  } catch {
    return undefined;
  }
}

/** Takes a finished draft; graphs of the same role that were made of something else go. */
export async function keepGraph(place: GraphPlace, draft: string): Promise<void> {
  try {
    const name = `${place.role}-${keyOf(place)}-${await sumOfFile(draft)}.ort`;
    await dropGraphs(place);
    await rename(draft, join(place.folder, name));
  } catch {
    // The next load makes it again.
    await rm(draft, { force: true }).catch(() => undefined);
  }
}

/**
 * Removes graphs that are no good any more: of another version, or refused by ONNX Runtime although
 * they are whole.
 */
export async function dropGraphs({ folder, role }: GraphPlace): Promise<void> {
  for (const name of await readdir(folder).catch(() => []))
    if (name.startsWith(`${role}-`) && !isUnderWay(name))
      await rm(join(folder, name), { force: true }).catch(() => undefined);
}

/** Removes what is kept of models that are gone. @param folder of all models */
export async function tidyGraphs(folder: string, installed: readonly string[]): Promise<void> {
  for (const id of await readdir(folder).catch(() => []))
    if (!installed.includes(id)) await rm(join(folder, id), { recursive: true, force: true });
}

/** A process that lives writes it right now, maybe this one. */
function isUnderWay(name: string): boolean {
  const pid = Number(/-(\d+)\.part\.ort$/.exec(name)?.[1] ?? NaN);
  return !Number.isNaN(pid) && isAlive(pid);
}

function sumOf(bytes: Uint8Array): string {
  return hex(crc32(bytes));
}

/** Piece by piece: a worker that decodes has no room for the whole. */
async function sumOfFile(path: string): Promise<string> {
  let sum = 0;
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 }))
    sum = crc32(piece as Buffer, sum);
  return hex(sum);
}

function hex(sum: number): string {
  return sum.toString(16).padStart(8, '0');
}
