/** Interface of the models for the daemon and the CLI. ModelManager implements it. */
import type { LoadedModelFiles } from './modelFiles';
import type { Event } from '../base/emitter';
import type { ModelKind } from './catalogueEntry';

export type ModelState =
  | { readonly state: 'absent' }
  | { readonly state: 'downloading'; readonly receivedBytes: number; readonly totalBytes: number }
  | { readonly state: 'installed'; readonly verified: boolean }
  | { readonly state: 'broken'; readonly reason: string };

export interface ModelView {
  readonly id: string;
  /** Name for people. */
  readonly name?: string;
  readonly kind: ModelKind;
  readonly provider: string;
  readonly languages: readonly string[];
  readonly bytes: number;
  readonly licence: string;
  readonly isDefault: boolean;
  /** Origin of the model: download, part of Earmark, import folder only, or added by the user. */
  readonly origin: 'download' | 'bundled' | 'import' | 'own';
  /** Notice for the user before the download. */
  readonly notice?: string;
  /** Memory of a worker with the loaded model, bytes. */
  readonly residentBytes?: number;
  /** True if its checksums are not confirmed by a second publisher; it is never recommended. */
  readonly experimental?: boolean;
  /** The version in use, or the version that a pull would install. */
  readonly version: string;
  /** The catalogue's version if another is in use. */
  readonly update?: string;
  /** Installed versions, newest first. */
  readonly versions: readonly string[];
  readonly status: ModelState;
}

/** A version that was deleted to free disk space. */
export interface Evicted {
  readonly modelId: string;
  readonly version: string;
  readonly bytes: number;
}

/** Files of a verified model on disk, with their version. */
export interface InstalledFiles extends LoadedModelFiles {
  readonly revision: string;
}

export interface Models {
  list(): Promise<readonly ModelView[]>;
  /** @throws EarmarkError model.unknown */
  get(id: string): Promise<ModelView>;
  /**
   * Downloads and verifies a model unless a valid version is installed; callers share a download.
   * @throws EarmarkError model.checksum, model.download, model.offline, model.diskFull,
   * model.unknown
   */
  pull(id: string, signal?: AbortSignal): Promise<ModelView>;
  /**
   * Installs the catalogue's version beside the current version; the next load uses it.
   * @throws errors of `pull`, and model.missing
   */
  update(id: string, signal?: AbortSignal): Promise<ModelView>;
  /**
   * Returns to the previous version.
   * @throws EarmarkError model.missing without a previous version, model.corrupt, model.unknown,
   * model.download
   */
  rollback(id: string): Promise<ModelView>;
  /**
   * Registers a user's model: copies the files of a folder and computes their checksums.
   *
   * @param folder absolute path; it contains a `model.json`
   * @throws EarmarkError model.missing, model.incompatible, model.diskFull, model.download
   */
  add(folder: string, signal?: AbortSignal): Promise<ModelView>;
  /** @throws EarmarkError model.missing, model.corrupt, model.unknown */
  verify(id: string): Promise<ModelView>;
  /** @throws EarmarkError model.unknown, model.busy */
  remove(id: string): Promise<void>;
  /**
   * Paths of an installed model. Sizes are checked each time, SHA-256 on first use.
   * @throws EarmarkError model.missing, model.corrupt, model.unknown
   */
  files(id: string): Promise<InstalledFiles>;
  /**
   * Deletes versions that exceed the limits of age or size, except protected versions (see
   * eviction.ts).
   */
  tidy(): Promise<readonly Evicted[]>;
  readonly onDidProgress: Event<{
    readonly modelId: string;
    readonly file: string;
    readonly receivedBytes: number;
    readonly totalBytes: number;
  }>;
}
