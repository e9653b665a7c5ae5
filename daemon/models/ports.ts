/** What the model manager needs of the disk and the network. Implemented in adapters/download. */
import type { CatalogueEntry, ModelFile } from './catalogue';

export interface FileFacts {
  readonly bytes: number;
  /** Changes when the file does (size and time of change), so that a checksum need not be taken twice. */
  readonly stamp: string;
}

export interface ModelDisk {
  /** Absolute path of a file of a model, whether it is there or not. */
  path(entry: CatalogueEntry, file: ModelFile): string;
  /** undefined when it is not there. */
  facts(entry: CatalogueEntry, file: ModelFile): Promise<FileFacts | undefined>;
  /** Lower-case hex. */
  sha256(entry: CatalogueEntry, file: ModelFile): Promise<string>;
  /**
   * Fetches, checks and places all files of a model, or none. Another process may do the same at the same time.
   * @throws EarmarkError model.checksum, model.download, model.offline, model.diskFull, rpc.cancelled
   */
  install(entry: CatalogueEntry, onProgress: (progress: InstallProgress) => void, signal: AbortSignal): Promise<void>;
  remove(entry: CatalogueEntry): Promise<void>;
}

export interface InstallProgress {
  /** Name of the file being written. */
  readonly file: string;
  /** Of the download as it travels, compressed. */
  readonly receivedBytes: number;
  readonly totalBytes: number;
}
