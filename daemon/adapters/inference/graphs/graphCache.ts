/**
 * Graphs that ONNX Runtime has optimised for this machine. A stored graph halves the processor time
 * of the next load (docs/decisions/0018-keep-optimised-graphs.md). A file name contains a hash
 * of its inputs and a checksum of the content with a key of this state folder; a damaged or foreign file is
 * removed and made again.
 */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, mkdir, readFile, readdir, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { isAlive } from '../../processAlive';

export interface GraphPlace {
  /** Absolute path; the folder of one model. */
  readonly folder: string;
  /** Name of the graph within the model. */
  readonly role: string;
  /** Inputs of the graph: model, engine, options. The machine is added. */
  readonly madeOf: readonly string[];
}

/** Below this free space no graph is stored: the disk is for transcripts and audio. */
const SPARE_BYTES = 1_000_000_000;
/** Suffix of an unfinished graph. */
const DRAFT = '.part.ort';
/** Key of the checksums, beside the folders of the models. */
const KEY = '.key';
const KEY_BYTES = 32;

function keyOf({ madeOf }: GraphPlace): string {
  return createHash('sha256')
    .update(JSON.stringify([...madeOf, process.platform, process.arch, cpus()[0]?.model ?? '']))
    .digest('hex')
    .slice(0, 16);
}

/** @returns the complete graph; undefined if absent */
export async function readGraph(place: GraphPlace): Promise<Buffer | undefined> {
  const beginning = `${place.role}-${keyOf(place)}-`;
  for (const name of await readdir(place.folder).catch(() => [])) {
    const sum = name.startsWith(beginning) ? /-([0-9a-f]{32})\.ort$/.exec(name)?.[1] : undefined;
    if (sum === undefined) continue;
    const bytes = await readFile(join(place.folder, name)).catch(() => undefined);
    const key = await secretOf(place.folder);
    if (bytes && key && createHmac('sha256', key).update(bytes).digest('hex').slice(0, 32) === sum)
      return bytes;
    await rm(join(place.folder, name), { force: true }).catch(() => undefined);
  }
  return undefined;
}

/**
 * Path of a new graph file for ONNX Runtime.
 * @returns undefined if there is no space or no folder
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

/** Stores a finished draft; removes graphs of the same role with other inputs. */
export async function keepGraph(place: GraphPlace, draft: string): Promise<void> {
  try {
    const key = (await secretOf(place.folder)) ?? (await newSecret(place.folder));
    const name = `${place.role}-${keyOf(place)}-${await sumOfFile(draft, key)}.ort`;
    await dropGraphs(place);
    await rename(draft, join(place.folder, name));
  } catch {
    // The next load makes the graph again.
    await rm(draft, { force: true }).catch(() => undefined);
  }
}

/** Removes graphs of another version, and intact graphs that ONNX Runtime refuses. */
export async function dropGraphs({ folder, role }: GraphPlace): Promise<void> {
  for (const name of await readdir(folder).catch(() => []))
    if (name.startsWith(`${role}-`) && !isUnderWay(name))
      await rm(join(folder, name), { force: true }).catch(() => undefined);
}

/** Removes graphs of models that are not installed. @param folder parent folder of all models */
export async function tidyGraphs(folder: string, installed: readonly string[]): Promise<void> {
  for (const id of await readdir(folder).catch(() => []))
    if (id !== KEY && !installed.includes(id))
      await rm(join(folder, id), { recursive: true, force: true });
}

/** True if a living process, perhaps this one, is writing the file. */
function isUnderWay(name: string): boolean {
  const pid = Number(/-(\d+)\.part\.ort$/.exec(name)?.[1] ?? NaN);
  return !Number.isNaN(pid) && isAlive(pid);
}

/** Hashes piece by piece: a decoding worker has no memory for the whole file. */
async function sumOfFile(path: string, key: Buffer): Promise<string> {
  const sum = createHmac('sha256', key);
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 }))
    sum.update(piece as Buffer);
  return sum.digest('hex').slice(0, 32);
}

/** Undefined if the key is absent, cut, or readable by others: no graph is then trusted. */
async function secretOf(folder: string): Promise<Buffer | undefined> {
  const path = join(dirname(folder), KEY);
  const facts = await lstat(path).catch(() => undefined);
  if (!facts?.isFile() || (process.platform !== 'win32' && (facts.mode & 0o077) !== 0))
    return undefined;
  const key = await readFile(path).catch(() => undefined);
  return key?.length === KEY_BYTES ? key : undefined;
}

/** Workers may make a key at the same time; the first one counts. */
async function newSecret(folder: string): Promise<Buffer> {
  const path = join(dirname(folder), KEY);
  const key = randomBytes(KEY_BYTES);
  await writeFile(path, key, { mode: 0o600, flag: 'wx', flush: true }).catch(
    async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
      if ((await secretOf(folder)) === undefined) await rm(path, { force: true });
    },
  );
  const found = await secretOf(folder);
  if (!found) throw new Error('The key of stored graphs cannot be used.');
  return found;
}
