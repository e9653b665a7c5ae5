/** The model catalogue: what each model is, its files with their checksums, and where it comes from. Data only. */

export interface ModelFile {
  /** What an engine asks for: `encoder`, `decoder`, `model`. */
  readonly role: string;
  /** File name in the model's folder. */
  readonly name: string;
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
  /** Path inside the package, where the source is one. */
  readonly path?: string;
}

export type ModelSource =
  /** A tarball of the npm registry, used for its files alone: nothing of it is installed or run. */
  | { readonly type: 'npm'; readonly package: string; readonly version: string; /** Size of the tarball, for the progress bar. */ readonly packedBytes: number }
  /** No download yet: the user puts the file into the import folder. */
  | { readonly type: 'local' };

export interface CatalogueEntry {
  readonly id: string;
  /** As a person reads it. */
  readonly name: string;
  readonly kind: 'asr' | 'vad' | 'speaker' | 'embedding';
  /** Engine that reads it. */
  readonly provider: string;
  /** BCP 47 primary tags; `*` for many. */
  readonly languages: readonly string[];
  readonly licence: string;
  /** Fetched by set-up; the speech path needs it. */
  readonly isDefault: boolean;
  readonly source: ModelSource;
  readonly files: readonly ModelFile[];
}

export const CATALOGUE: readonly CatalogueEntry[] = [
  {
    // The 8-bit export of Moonshine tiny (Jeffries et al. 2024, arXiv:2410.15608).
    id: 'moonshine-tiny',
    name: 'Moonshine tiny',
    kind: 'asr',
    provider: 'moonshine',
    languages: ['en'],
    licence: 'MIT',
    isDefault: true,
    source: { type: 'npm', package: '@moonshine-ai/moonshine-js', version: '0.1.29', packedBytes: 21_514_347 },
    files: [
      { role: 'encoder', name: 'encoder_model.onnx', bytes: 7_937_661, sha256: 'c6fc4b7bc5af75c0591fd157a1f3829b533d18e9769a888fd95a62e470dd4f4a', path: 'dist/model/tiny/quantized/encoder_model.onnx' },
      { role: 'decoder', name: 'decoder_model_merged.onnx', bytes: 20_243_286, sha256: 'eed87831c3a6103534aae7d47a5d485025c659a1323901513961c39fe8a1a367', path: 'dist/model/tiny/quantized/decoder_model_merged.onnx' },
    ],
  },
  {
    id: 'silero-vad',
    name: 'Silero VAD v6',
    kind: 'vad',
    provider: 'silero',
    languages: ['*'],
    licence: 'MIT',
    isDefault: true,
    source: { type: 'npm', package: '@ricky0123/vad-web', version: '0.0.31', packedBytes: 5_471_324 },
    files: [{ role: 'model', name: 'silero_vad_v6.onnx', bytes: 2_327_524, sha256: '1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3', path: 'dist/silero_vad_v6.onnx' }],
  },
  {
    id: 'whisper-base-q8_0',
    name: 'Whisper base, 8-bit',
    kind: 'asr',
    provider: 'whisper',
    languages: ['*'],
    licence: 'MIT',
    isDefault: false,
    source: { type: 'local' },
    files: [{ role: 'model', name: 'ggml-base-q8_0.bin', bytes: 81_768_585, sha256: '8f0b52de4cd332e9cf31a17d654dc84d6651a99898239e58e3ed6205a95efefc' }],
  },
];

export function totalBytes(entry: CatalogueEntry): number {
  return entry.files.reduce((sum, file) => sum + file.bytes, 0);
}
