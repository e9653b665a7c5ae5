/** Rate conversion of one channel, as a stream. The WASM implementation is an adapter. */

export interface Resampler {
  readonly inputRate: number;
  readonly outputRate: number;
  /**
   * Converts a block; what the filter still holds comes with a later block. The result is the
   * caller's.
   */
  process(block: Float32Array): Float32Array;
  /**
   * The rest. All blocks together are round(input samples × outputRate / inputRate) samples. The
   * resampler is at its end.
   */
  flush(): Float32Array;
  /** Frees its memory; needed where `flush` was not called. Idempotent. */
  dispose(): void;
}

export type ResamplerFactory = (inputRate: number, outputRate: number) => Promise<Resampler>;
