/** The pools that audio goes through, one of each for the whole daemon. */
import { BufferPool, type PoolStats } from '../base/bufferPool';
import { FRAME_SAMPLES } from './frame';

/**
 * Samples of one frame as the speech detector takes them: enough free ones for a phrase of 20 s of
 * each of four sources, 5 MB.
 */
export const framePool = new BufferPool<Float32Array>(
  'frames',
  () => new Float32Array(FRAME_SAMPLES),
  4_000,
);

/**
 * A spool's file while it grows takes this much, then the next one is begun: 1 579 frames, 31 s of
 * one source.
 */
export const SPOOL_FILE_BYTES = 1 << 20;
export const spoolFilePool = new BufferPool<Buffer>(
  'spool files',
  () => Buffer.alloc(SPOOL_FILE_BYTES),
  8,
);

export function poolStats(): readonly PoolStats[] {
  return [framePool.metrics, spoolFilePool.metrics];
}
