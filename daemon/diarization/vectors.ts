/** Sums and cosines of speaker embeddings. */
import type { Embedding } from './contract';

export function dot(a: Embedding, b: Embedding): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/**
 * `dot` of one vector with each of the others. Four run together, because each sum depends on its
 * previous value.
 */
export function dots(one: Embedding, others: readonly Embedding[]): Float64Array {
  const sums = new Float64Array(others.length);
  let i = 0;
  for (; i + 4 <= others.length; i += 4) {
    const [a, b, c, d] = [others[i], others[i + 1], others[i + 2], others[i + 3]] as [
      Embedding,
      Embedding,
      Embedding,
      Embedding,
    ];
    let [toA, toB, toC, toD] = [0, 0, 0, 0];
    for (let n = 0; n < one.length; n++) {
      const x = one[n] as number;
      toA += x * (a[n] as number);
      toB += x * (b[n] as number);
      toC += x * (c[n] as number);
      toD += x * (d[n] as number);
    }
    sums.set([toA, toB, toC, toD], i);
  }
  for (; i < others.length; i++) sums[i] = dot(one, others[i] as Embedding);
  return sums;
}

/** Scales to unit length. A zero vector is unchanged. */
function unit(vector: Embedding): Embedding {
  const length = Math.sqrt(dot(vector, vector));
  return length === 0 ? vector : vector.map((x) => x / length);
}

/** Direction of the weighted sum. */
export function meanDirection(
  vectors: readonly Embedding[],
  weights?: readonly number[],
): Embedding {
  const sum = new Float32Array(vectors[0]?.length ?? 0);
  vectors.forEach((vector, v) => {
    const weight = weights?.[v] ?? 1;
    for (let i = 0; i < sum.length; i++)
      sum[i] = (sum[i] as number) + weight * (vector[i] as number);
  });
  return unit(sum);
}

/** Index of the largest value: the first of equal values, −1 for an empty list. */
export function greatest(values: ArrayLike<number>): number {
  let best = -1;
  for (let i = 0; i < values.length; i++)
    if (best < 0 || (values[i] as number) > (values[best] as number)) best = i;
  return best;
}
