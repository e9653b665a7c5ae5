/** Sizes of a cache-aware streaming encoder, read from its file. */
import type { InferenceSession } from 'onnxruntime-node';
import { anotherGraph, shapeOf } from './transducerGraphs';

export interface CacheSizes {
  /** Feature columns of a step, with the old ones that it sees again. */
  readonly window: number;
  /** New feature columns of a step. */
  readonly shift: number;
  /** Shape of `cache_last_channel`, one stream. */
  readonly channel: readonly number[];
  /** Shape of `cache_last_time`, one stream. */
  readonly time: readonly number[];
}

/**
 * Sizes that the graph leaves open come from its texts. Exports differ in whether the layers or the
 * streams stand first.
 *
 * @throws EarmarkError model.incompatible
 */
export function cacheSizes(
  session: InferenceSession,
  fact: (key: string) => number | undefined,
): CacheSizes {
  const window = fact('window_size');
  const shift = fact('chunk_shift');
  if (window === undefined || shift === undefined || window <= shift) throw anotherGraph();
  const shape = (name: string): number[] => {
    const declared = shapeOf(session.inputMetadata, name) ?? [];
    const open = declared.map((size) => typeof size !== 'number');
    const stored = [1, 2, 3].map((i) => fact(`${name}_dim${i}`));
    // The streams' own axis is the first that is left open.
    const streams = open.indexOf(true) < 0 ? declared.indexOf(1) : open.indexOf(true);
    let next = 0;
    const sizes = declared.map((size, i) => {
      if (i === streams) return 1;
      const other = stored[next++];
      return typeof size === 'number' ? size : other;
    });
    if (sizes.length !== 4 || sizes.some((size) => size === undefined)) throw anotherGraph();
    return sizes as number[];
  };
  return { window, shift, channel: shape('cache_last_channel'), time: shape('cache_last_time') };
}
