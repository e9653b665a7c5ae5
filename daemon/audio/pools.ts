/** Buffer pools of the audio path, shared by the whole daemon. */
import { BufferPool, type PoolStats } from '../base/bufferPool';
import { FRAME_SAMPLES } from './frame';

/**
 * Samples of one frame in the form of the speech detector. Free buffers for a phrase of 20 s of
 * each of four sources, 5 MB.
 */
export const framePool = new BufferPool<Float32Array>(
  'frames',
  () => new Float32Array(FRAME_SAMPLES),
  4_000,
);

/** Size of a spool file, after which the next is begun: 1 579 frames, 31 s of one source. */
export const SPOOL_FILE_BYTES = 1 << 20;
export const spoolFilePool = new BufferPool<Buffer>(
  'spool files',
  () => Buffer.alloc(SPOOL_FILE_BYTES),
  8,
);

export function poolStats(): readonly PoolStats[] {
  return [framePool.metrics, spoolFilePool.metrics];
}
