/** The life of each model: absent → downloading → installed, or broken. Serves `models/list`, `models/pull`, `models/verify`, `models/remove`. */
import { EarmarkError } from '../../protocol/errors';
import type { LoadedModelFiles } from '../asr/provider';
import type { Clock } from '../base/clock';
import { Emitter, type Event } from '../base/emitter';
import type { Logger } from '../base/logger';
import type { ModelState, Models, ModelView } from './api';
import { CATALOGUE, type CatalogueEntry, totalBytes } from './catalogue';
import type { InstallProgress, ModelDisk } from './ports';

export interface ModelsSetup {
  readonly disk: ModelDisk;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly catalogue?: readonly CatalogueEntry[];
  /** True while an engine has the model open. */
  readonly inUse?: (id: string) => boolean;
}

/** At most ten progress events a second. */
const PROGRESS_EVERY_MS = 100;

interface Download {
  readonly done: Promise<void>;
  readonly controller: AbortController;
  waiting: number;
}

export function createModels(setup: ModelsSetup): Models {
  return new ModelManager(setup);
}

class ModelManager implements Models {
  private readonly entries: ReadonlyMap<string, CatalogueEntry>;
  /** Where nothing is kept here, the disk is asked. */
  private readonly states = new Map<string, ModelState>();
  private readonly downloads = new Map<string, Download>();
  /** Stamps of the files whose checksum was right. */
  private readonly verified = new Map<string, string>();
  private readonly progress = new Emitter<{ modelId: string; file: string; receivedBytes: number; totalBytes: number }>();

  constructor(private readonly setup: ModelsSetup) {
    this.entries = new Map((setup.catalogue ?? CATALOGUE).map((entry) => [entry.id, entry]));
  }

  readonly onDidProgress: Event<{ readonly modelId: string; readonly file: string; readonly receivedBytes: number; readonly totalBytes: number }> = (listener) => this.progress.event(listener);

  async list(): Promise<readonly ModelView[]> {
    return Promise.all([...this.entries.values()].map((entry) => this.view(entry)));
  }

  async get(id: string): Promise<ModelView> {
    return this.view(this.entry(id));
  }

  async pull(id: string, signal?: AbortSignal): Promise<ModelView> {
    const entry = this.entry(id);
    if (signal?.aborted) throw cancelled(entry);
    let download = this.downloads.get(id);
    if (!download) {
      const controller = new AbortController();
      const begun: Download = { controller, waiting: 0, done: this.install(entry, controller.signal).finally(() => this.forget(id, begun)) };
      this.downloads.set(id, begun);
      download = begun;
    }
    await this.wait(entry, download, signal);
    return this.view(entry);
  }

  async verify(id: string): Promise<ModelView> {
    const entry = this.entry(id);
    for (const file of entry.files) this.verified.delete(this.setup.disk.path(entry, file));
    await this.check(entry);
    return this.view(entry);
  }

  async remove(id: string): Promise<void> {
    const entry = this.entry(id);
    if (this.downloads.has(id)) throw new EarmarkError('model.busy', `${entry.name} is being downloaded; wait until that is done, then remove it.`);
    if (this.setup.inUse?.(id)) throw new EarmarkError('model.busy', `${entry.name} is in use; stop the running session, then remove it.`);
    await this.setup.disk.remove(entry);
    this.setState(entry, undefined);
  }

  async files(id: string): Promise<LoadedModelFiles> {
    const entry = this.entry(id);
    await this.check(entry);
    return { id, files: Object.fromEntries(entry.files.map((file) => [file.role, this.setup.disk.path(entry, file)])) };
  }

  private entry(id: string): CatalogueEntry {
    const entry = this.entries.get(id);
    if (!entry) throw new EarmarkError('model.unknown', `There is no model "${id.slice(0, 100)}"; choose one of ${[...this.entries.keys()].join(', ')}.`);
    return entry;
  }

  /** Waits for a shared download; it is given up when nobody waits any more. */
  private async wait(entry: CatalogueEntry, download: Download, signal: AbortSignal | undefined): Promise<void> {
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
        this.forget(entry.id, download);
        download.controller.abort();
      }
    }
  }

  /** Only its own: a newer download of the same model may have begun. */
  private forget(id: string, download: Download): void {
    if (this.downloads.get(id) === download) this.downloads.delete(id);
  }

  private async install(entry: CatalogueEntry, signal: AbortSignal): Promise<void> {
    if (await this.isWhole(entry)) return;
    const { clock, disk, logger } = this.setup;
    const begun = clock.now();
    logger.info('model.download.start', { model: entry.id });
    this.setState(entry, { state: 'downloading', receivedBytes: 0, totalBytes: totalBytes(entry) });
    let sentAt = -Infinity;
    let last: InstallProgress | undefined;
    const send = (p: InstallProgress): void => this.progress.fire({ modelId: entry.id, ...p });
    try {
      await disk.install(
        entry,
        (p) => {
          last = p;
          this.setState(entry, { state: 'downloading', receivedBytes: p.receivedBytes, totalBytes: p.totalBytes });
          if (clock.now() - sentAt < PROGRESS_EVERY_MS) return;
          sentAt = clock.now();
          send(p);
        },
        signal,
      );
      if (last) send({ ...last, receivedBytes: last.totalBytes });
      // The disk checked every byte on its way; what lies there now is noted as right.
      this.setState(entry, undefined);
      for (const file of entry.files) {
        const facts = await disk.facts(entry, file);
        if (facts) this.verified.set(disk.path(entry, file), facts.stamp);
      }
      logger.info('model.download.done', { model: entry.id, durationMs: Math.round(clock.now() - begun) });
    } catch (error) {
      this.setState(entry, undefined);
      logger.warn('model.download.failed', { model: entry.id, code: error instanceof EarmarkError ? error.code : 'internal' });
      throw error;
    }
  }

  private async isWhole(entry: CatalogueEntry): Promise<boolean> {
    try {
      await this.check(entry);
      return true;
    } catch (error) {
      if (error instanceof EarmarkError && (error.code === 'model.missing' || error.code === 'model.corrupt')) return false;
      throw error;
    }
  }

  /** Size of every file, and its checksum unless this very file was found right before. */
  private async check(entry: CatalogueEntry): Promise<void> {
    const { disk } = this.setup;
    for (const file of entry.files) {
      const facts = await disk.facts(entry, file);
      if (!facts) throw new EarmarkError('model.missing', `The model ${entry.name} is not installed; run "earmark models pull ${entry.id}".`);
      const path = disk.path(entry, file);
      if (facts.bytes === file.bytes && this.verified.get(path) === facts.stamp) continue;
      if (facts.bytes !== file.bytes || (await disk.sha256(entry, file)) !== file.sha256) {
        const reason = `${file.name} is ${facts.bytes === file.bytes ? 'altered' : 'cut or of another kind'}`;
        this.setState(entry, { state: 'broken', reason });
        throw new EarmarkError('model.corrupt', `The model ${entry.name} is damaged (${reason}); run "earmark models pull ${entry.id}" to fetch it again.`);
      }
      this.verified.set(path, facts.stamp);
    }
    this.setState(entry, undefined);
  }

  private async view(entry: CatalogueEntry): Promise<ModelView> {
    const { id, kind, provider, languages, licence, isDefault } = entry;
    return { id, kind, provider, languages, licence, isDefault, bytes: totalBytes(entry), status: await this.status(entry) };
  }

  private async status(entry: CatalogueEntry): Promise<ModelState> {
    const kept = this.states.get(entry.id);
    if (kept?.state === 'downloading') return kept;
    const { disk } = this.setup;
    const facts = await Promise.all(entry.files.map((file) => disk.facts(entry, file)));
    if (facts.every((f) => f === undefined)) return { state: 'absent' };
    const wrong = entry.files.find((file, i) => facts[i]?.bytes !== file.bytes);
    if (wrong) return { state: 'broken', reason: `${wrong.name} is missing or cut` };
    if (kept?.state === 'broken') return kept;
    return { state: 'installed', verified: entry.files.every((file, i) => this.verified.get(disk.path(entry, file)) === facts[i]?.stamp) };
  }

  /** The one place that changes a kept state; undefined forgets it, so that the disk is asked. */
  private setState(entry: CatalogueEntry, to: ModelState | undefined): void {
    const from = this.states.get(entry.id);
    if (to) this.states.set(entry.id, to);
    else this.states.delete(entry.id);
    if (from?.state !== to?.state) this.setup.logger.debug('model.state', { model: entry.id, from: from?.state ?? 'onDisk', to: to?.state ?? 'onDisk' });
  }
}

function cancelled(entry: CatalogueEntry): EarmarkError {
  return new EarmarkError('rpc.cancelled', `The download of ${entry.name} was cancelled.`);
}
