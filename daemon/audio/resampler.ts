/** Streaming sample rate conversion of one channel. The WASM implementation is an adapter. */

export interface Resampler {
  readonly inputRate: number;
  readonly outputRate: number;
  /**
   * Converts a block; samples in the filter come with a later block. The caller owns the result.
   */
  process(block: Float32Array): Float32Array;
  /**
   * Returns the rest and ends the resampler. All blocks together have round(input samples ×
   * outputRate / inputRate) samples.
   */
  flush(): Float32Array;
  /** Frees its memory; needed if `flush` was not called. Idempotent. */
  dispose(): void;
}

export type ResamplerFactory = (inputRate: number, outputRate: number) => Promise<Resampler>;
