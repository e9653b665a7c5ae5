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
  readonly status: ModelState;
}

export interface Models {
  list(): Promise<readonly ModelView[]>;
  /** @throws EarmarkError model.unknown */
  get(id: string): Promise<ModelView>;
  /** Downloads and checks; two callers share one download. @throws EarmarkError model.checksum, model.download, model.offline, model.diskFull, model.unknown */
  pull(id: string, signal?: AbortSignal): Promise<ModelView>;
  /** @throws EarmarkError model.missing, model.corrupt, model.unknown */
  verify(id: string): Promise<ModelView>;
  /** @throws EarmarkError model.unknown, model.busy */
  remove(id: string): Promise<void>;
  /** Paths of an installed model, checked by size and, on first use, by SHA-256. @throws EarmarkError model.missing, model.corrupt, model.unknown */
  files(id: string): Promise<LoadedModelFiles>;
  readonly onDidProgress: Event<{ readonly modelId: string; readonly file: string; readonly receivedBytes: number; readonly totalBytes: number }>;
}
