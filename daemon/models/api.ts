/** What the rest of the daemon and the CLI may ask of the models. Implemented by ModelManager. */
import type { LoadedModelFiles } from '../asr/provider';
import type { Event } from '../base/emitter';

export type ModelState =
  | { readonly state: 'absent' }
  | { readonly state: 'downloading'; readonly receivedBytes: number; readonly totalBytes: number }
  | { readonly state: 'installed'; readonly verified: boolean }
  | { readonly state: 'broken'; readonly reason: string };

export interface ModelView {
  readonly id: string;
  readonly kind: 'asr' | 'vad' | 'speaker' | 'embedding';
  readonly provider: string;
  readonly languages: readonly string[];
  readonly bytes: number;
  readonly licence: string;
  readonly isDefault: boolean;
  /** A download, a part of Earmark, from the import folder alone, or the user's own. */
  readonly origin: 'download' | 'bundled' | 'import' | 'own';
  /** What a person should know before the download. */
  readonly notice?: string;
  /** Memory of a worker that has it loaded, bytes. */
  readonly residentBytes?: number;
  /** The version in use, or the one that a pull would bring. */
  readonly version: string;
  /** The catalogue's version, where another one is in use. */
  readonly update?: string;
  /** Versions on the disk, newest first. */
  readonly versions: readonly string[];
  readonly status: ModelState;
}

/** What was deleted to make room. */
export interface Evicted {
  readonly modelId: string;
  readonly version: string;
  readonly bytes: number;
}

/** Files of a model that is on disk and verified, and which of its versions they are. */
export interface InstalledFiles extends LoadedModelFiles {
  readonly revision: string;
}

export interface Models {
  list(): Promise<readonly ModelView[]>;
  /** @throws EarmarkError model.unknown */
  get(id: string): Promise<ModelView>;
  /**
   * Downloads and checks, unless a right version is there; two callers share one download. @throws
   * EarmarkError model.checksum, model.download, model.offline, model.diskFull, model.unknown
   */
  pull(id: string, signal?: AbortSignal): Promise<ModelView>;
  /**
   * Brings the catalogue's version beside the one in use, and uses it from the next load on.
   * @throws what pull throws, and model.missing
   */
  update(id: string, signal?: AbortSignal): Promise<ModelView>;
  /**
   * Uses the version before again. @throws EarmarkError model.missing where there is none,
   * model.corrupt, model.unknown, model.download
   */
  rollback(id: string): Promise<ModelView>;
  /**
   * Registers a model of the user's own: copies the files of a folder and takes their checksums.
   *
   * @param folder absolute; has a `model.json`
   * @throws EarmarkError model.missing, model.incompatible, model.diskFull, model.download
   */
  add(folder: string, signal?: AbortSignal): Promise<ModelView>;
  /** @throws EarmarkError model.missing, model.corrupt, model.unknown */
  verify(id: string): Promise<ModelView>;
  /** @throws EarmarkError model.unknown, model.busy */
  remove(id: string): Promise<void>;
  /**
   * Paths of an installed model, checked by size and, on first use, by SHA-256. @throws
   * EarmarkError model.missing, model.corrupt, model.unknown
   */
  files(id: string): Promise<InstalledFiles>;
  /** Deletes what is too old or too much, never what is protected (see eviction.ts). */
  tidy(): Promise<readonly Evicted[]>;
  readonly onDidProgress: Event<{
    readonly modelId: string;
    readonly file: string;
    readonly receivedBytes: number;
    readonly totalBytes: number;
  }>;
}
