/**
 * Agglomerative clustering by average linkage on cosine distances. Clusters merge while their mean
 * distance is below a threshold. It uses the nearest-neighbour chain (Murtagh 1983) with the
 * updates of Lance and Williams (1967). Time and memory grow with the square of the count.
 */
import type { Embedding } from './contract';
import { dots } from './vectors';

/**
 * @param threshold cosine distance, 0…2
 * @returns cluster of each embedding, numbered from 0
 */
export function averageLinkage(embeddings: readonly Embedding[], threshold: number): number[] {
  const count = embeddings.length;
  const distances = new Float32Array(count * count);
  embeddings.forEach((one, i) => {
    dots(one, embeddings.slice(0, i)).forEach((cosine, j) => {
      distances[i * count + j] = distances[j * count + i] = 1 - cosine;
    });
  });
  const parent = Int32Array.from({ length: count }, (_, i) => i);
  for (const { kept, gone, distance } of merges(distances, count))
    if (distance < threshold) parent[rootOf(parent, gone)] = rootOf(parent, kept);
  const numbers = new Map<number, number>();
  return embeddings.map((_, i) => {
    const root = rootOf(parent, i);
    const number = numbers.get(root) ?? numbers.size;
    numbers.set(root, number);
    return number;
  });
}

interface Merge {
  readonly kept: number;
  readonly gone: number;
  readonly distance: number;
}

function merges(distances: Float32Array, count: number): Merge[] {
  const size = new Float64Array(count).fill(1);
  const alive = new Set(Array.from({ length: count }, (_, i) => i));
  const found: Merge[] = [];
  const chain: number[] = [];
  while (alive.size > 1) {
    if (chain.length === 0) chain.push(alive.values().next().value as number);
    const tip = chain.at(-1) as number;
    const before = chain.at(-2);
    const next = nearest(distances, count, alive, tip, before);
    if (next !== before) {
      chain.push(next);
      continue;
    }
    chain.length -= 2;
    found.push({ kept: next, gone: tip, distance: distances[tip * count + next] as number });
    alive.delete(tip);
    join(distances, count, alive, size, next, tip);
  }
  return found;
}

/** Of equally near clusters, takes the previous one in the chain, so the chain ends. */
function nearest(
  distances: Float32Array,
  count: number,
  alive: ReadonlySet<number>,
  of: number,
  before: number | undefined,
): number {
  const row = of * count;
  let best = before ?? -1;
  let least = before === undefined ? Infinity : (distances[row + before] as number);
  for (const other of alive) {
    const distance = distances[row + other] as number;
    if (other === of || distance >= least) continue;
    least = distance;
    best = other;
  }
  return best;
}

function join(
  distances: Float32Array,
  count: number,
  alive: ReadonlySet<number>,
  size: Float64Array,
  kept: number,
  gone: number,
): void {
  const [k, g] = [size[kept] as number, size[gone] as number];
  for (const other of alive) {
    if (other === kept) continue;
    const mean =
      (k * (distances[kept * count + other] as number) +
        g * (distances[gone * count + other] as number)) /
      (k + g);
    distances[kept * count + other] = distances[other * count + kept] = mean;
  }
  size[kept] = k + g;
}

function rootOf(parent: Int32Array, of: number): number {
  let root = of;
  while (parent[root] !== root) root = parent[root] as number;
  return root;
}
