/** Sums and cosines of voices. */
import type { Embedding } from './contract';

export function dot(a: Embedding, b: Embedding): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/** Unit length; a vector of zeros stays as it is. */
function unit(vector: Embedding): Embedding {
  const length = Math.sqrt(dot(vector, vector));
  return length === 0 ? vector : vector.map((x) => x / length);
}

/** The direction of the weighted sum. */
export function meanDirection(vectors: readonly Embedding[], weights?: readonly number[]): Embedding {
  const sum = new Float32Array(vectors[0]?.length ?? 0);
  vectors.forEach((vector, v) => {
    const weight = weights?.[v] ?? 1;
    for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + weight * (vector[i] as number);
  });
  return unit(sum);
}

/** Index of the greatest; the first of equals, −1 of none. */
export function greatest(values: ArrayLike<number>): number {
  let best = -1;
  for (let i = 0; i < values.length; i++) if (best < 0 || (values[i] as number) > (values[best] as number)) best = i;
  return best;
}
