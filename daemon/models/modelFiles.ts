/** Files of a model that a recogniser loads. */
/** Files of a verified model on disk. */
export interface LoadedModelFiles {
  readonly id: string;
  /** Role (`encoder`, `decoder`, `model`) → absolute path. */
  readonly files: Readonly<Record<string, string>>;
  /** Memory of a worker with the loaded model; absent if unknown. */
  readonly residentBytes?: number;
  /** Threads of a decode; default 1. */
  readonly threads?: number;
  /**
   * Folder for data that makes the next load faster. The engine validates the data that it reads
   * there.
   */
  readonly cache?: {
    /** Absolute path; used by this model alone. */ readonly folder: string;
    /** Changes with the model files. */ readonly revision: string;
  };
}
