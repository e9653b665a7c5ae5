/** Interfaces of the model manager to disk and network. Implemented in adapters/download. */
import type { CatalogueEntry, ModelFile, ModelVersion } from './catalogueEntry';

export interface FileFacts {
  readonly bytes: number;
  /** Changes with the file (size and modification time), so that the checksum is computed once. */
  readonly stamp: string;
}

/** An installed version; its files may be invalid. */
export interface InstalledVersion extends ModelVersion {
  /** See `revisionOf`. */
  readonly revision: string;
  /** Wall clock, ms. */
  readonly installedAt: number;
  /** Time of the last use by an engine; wall clock, ms. */
  readonly usedAt: number;
  /** The version came from the import folder and cannot be downloaded again. */
  readonly isLocal: boolean;
  /** Total size of its files on disk. */
  readonly bytesOnDisk: number;
}

/** The current version of a model, and the previous version for a rollback. */
export interface ActiveVersion {
  readonly revision: string;
  readonly previous?: string;
}

export type InstallFrom = 'source' | 'import' | { readonly folder: string };

export interface ModelDisk {
  /**
   * Installed versions, newest first: versions of the catalogue, and other versions that this state
   * folder verified.
   */
  installed(entry: CatalogueEntry): Promise<readonly InstalledVersion[]>;
  /** Undefined if no version was chosen: a new folder, or a folder of an older Earmark. */
  active(entry: CatalogueEntry): Promise<ActiveVersion | undefined>;
  /** @throws EarmarkError model.download if the folder is not writable */
  activate(entry: CatalogueEntry, active: ActiveVersion): Promise<void>;
  /** Records the use of a version. Errors are ignored, because a folder may be read-only. */
  touch(entry: CatalogueEntry, version: ModelVersion): Promise<void>;
  /** Absolute path of a file of a version; the file may not exist. */
  path(entry: CatalogueEntry, version: ModelVersion, file: ModelFile): string;
  /**
   * Undefined if the file does not exist, is not a plain file, or is a link to outside the model
   * folder.
   */
  facts(
    entry: CatalogueEntry,
    version: ModelVersion,
    file: ModelFile,
  ): Promise<FileFacts | undefined>;
  /** A folder of the model that other users may change; undefined if there is none. */
  unsafe(entry: CatalogueEntry, version: ModelVersion): Promise<string | undefined>;
  /** Models that the user added in this state folder. */
  own(): Promise<readonly CatalogueEntry[]>;
  /**
   * Describes the model in a user's folder, with the checksums of its files.
   *
   * @throws EarmarkError model.missing, model.incompatible
   */
  describe(folder: string): Promise<CatalogueEntry>;
  /** Records a model that the user added, after its files are installed. */
  keepOwn(entry: CatalogueEntry): Promise<void>;
  /** Lower-case hex. */
  sha256(entry: CatalogueEntry, version: ModelVersion, file: ModelFile): Promise<string>;
  /** The newest version with all files, by name and size, in the import folder. */
  importable(entry: CatalogueEntry): Promise<ModelVersion | undefined>;
  /**
   * Downloads, verifies and installs all files of a version, or none. Other versions stay
   * unchanged. If another process is installing the version, this process waits for it.
   * @param from source of the files instead of a download: `import` for the import folder, or the
   * path of a folder
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
  /** Removes a version, or all versions of the model. */
  remove(entry: CatalogueEntry, revision?: string): Promise<void>;
}

export interface InstallProgress {
  /** Name of the file being written. */
  readonly file: string;
  /** Received bytes of the (possibly compressed) download. */
  readonly receivedBytes: number;
  readonly totalBytes: number;
}
