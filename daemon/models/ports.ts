/** What the model manager needs of the disk and the network. Implemented in adapters/download. */
import type { CatalogueEntry, ModelFile, ModelVersion } from './catalogue';

export interface FileFacts {
  readonly bytes: number;
  /**
   * Changes when the file does (size and time of change), so that a checksum need not be taken
   * twice.
   */
  readonly stamp: string;
}

/** A version that lies in the model folder; whether its files are right is not said. */
export interface InstalledVersion extends ModelVersion {
  /** See `revisionOf`. */
  readonly revision: string;
  /** Wall clock, ms. */
  readonly installedAt: number;
  /** When an engine last asked for it; wall clock, ms. */
  readonly usedAt: number;
  /** It came from the import folder alone and cannot be downloaded again. */
  readonly isLocal: boolean;
  /** All of its files as they lie there. */
  readonly bytesOnDisk: number;
}

/** Which version of a model is used; the one before is what a rollback goes back to. */
export interface ActiveVersion {
  readonly revision: string;
  readonly previous?: string;
}

export type InstallFrom = 'source' | 'import' | { readonly folder: string };

export interface ModelDisk {
  /** Newest first. Versions that the catalogue no longer knows are among them. */
  installed(entry: CatalogueEntry): Promise<readonly InstalledVersion[]>;
  /** undefined where nobody chose: a fresh folder, or one of an older Earmark. */
  active(entry: CatalogueEntry): Promise<ActiveVersion | undefined>;
  /** @throws EarmarkError model.download where the folder cannot be written */
  activate(entry: CatalogueEntry, active: ActiveVersion): Promise<void>;
  /** Notes that a version is used now. Fails silently: a folder may be read-only. */
  touch(entry: CatalogueEntry, version: ModelVersion): Promise<void>;
  /** Absolute path of a file of a version, whether it is there or not. */
  path(entry: CatalogueEntry, version: ModelVersion, file: ModelFile): string;
  /**
   * undefined when it is not there, is no plain file, or lies outside the model folder through a
   * link.
   */
  facts(
    entry: CatalogueEntry,
    version: ModelVersion,
    file: ModelFile,
  ): Promise<FileFacts | undefined>;
  /** Models that the user added. */
  own(): Promise<readonly CatalogueEntry[]>;
  /**
   * What a folder of the user's holds, with the checksums of its files.
   *
   * @throws EarmarkError model.missing, model.incompatible
   */
  describe(folder: string): Promise<CatalogueEntry>;
  /** Notes a model that the user added, whose files are placed. */
  keepOwn(entry: CatalogueEntry): Promise<void>;
  /** Lower-case hex. */
  sha256(entry: CatalogueEntry, version: ModelVersion, file: ModelFile): Promise<string>;
  /** The version whose files, by name and size, all lie in the import folder, newest first. */
  importable(entry: CatalogueEntry): Promise<ModelVersion | undefined>;
  /**
   * Fetches, checks and places all files of a version, or none; other versions stay as they are.
   * Where another process does the same, this one waits for it.
   * @param from `import` takes the import folder's files and makes no request; so does a folder
   * @throws EarmarkError model.checksum, model.download, model.offline, model.diskFull,
   * rpc.cancelled
   */
  install(
    entry: CatalogueEntry,
    version: ModelVersion,
    from: InstallFrom,
    onProgress: (progress: InstallProgress) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /** One version, or all of the model. */
  remove(entry: CatalogueEntry, revision?: string): Promise<void>;
}

export interface InstallProgress {
  /** Name of the file being written. */
  readonly file: string;
  /** Of the download as it travels, compressed where it is. */
  readonly receivedBytes: number;
  readonly totalBytes: number;
}
