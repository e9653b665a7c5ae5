/**
 * Agglomerative clustering by average linkage on cosine distances. Clusters merge while their mean
 * distance is below a threshold. It uses the nearest-neighbour chain (Murtagh 1983) with the
 * updates of Lance and Williams (1967). Time and memory grow with the square of the count.
 */
import type { Embedding } from './contract';
import { dots } from './vectors';

/** Keeps two clusters apart that are far from each other compared with their own extent. */
export interface Separation {
  /** Below this mean distance, clusters always merge. */
  readonly close: number;
  /** Least excess of the distance between two clusters over the mean distance inside them. */
  readonly margin: number;
}

/** Mean distance inside a cluster of which nothing is known, and its weight in pairs. */
const USUAL_EXTENT = 0.5;
const USUAL_PAIRS = 3;

/**
 * @param threshold cosine distance, 0…2
 * @returns cluster of each embedding, numbered from 0
 */
export function averageLinkage(
  embeddings: readonly Embedding[],
  threshold: number,
  separation?: Separation,
): number[] {
  const count = embeddings.length;
  const distances = new Float32Array(count * count);
  embeddings.forEach((one, i) => {
    dots(one, embeddings.slice(0, i)).forEach((cosine, j) => {
      distances[i * count + j] = distances[j * count + i] = 1 - cosine;
    });
  });
  const parent = Int32Array.from({ length: count }, (_, i) => i);
  const extents = embeddings.map((): Extent => ({ size: 1, sum: 0, whole: true }));
  for (const { kept, gone, distance } of merges(distances, count)) {
    const [a, b] = [extents[kept] as Extent, extents[gone] as Extent];
    const inside = (extentOf(a) + extentOf(b)) / 2;
    const apart =
      separation && distance >= separation.close && distance - inside >= separation.margin;
    const whole = a.whole && b.whole && distance < threshold && apart !== true;
    if (whole) parent[rootOf(parent, gone)] = rootOf(parent, kept);
    extents[kept] = {
      size: a.size + b.size,
      sum: a.sum + b.sum + a.size * b.size * distance,
      whole,
    };
  }
  const numbers = new Map<number, number>();
  return embeddings.map((_, i) => {
    const root = rootOf(parent, i);
    const number = numbers.get(root) ?? numbers.size;
    numbers.set(root, number);
    return number;
  });
}

interface Extent {
  readonly size: number;
  /** Sum of the distances of its pairs. */
  readonly sum: number;
  /** All merges inside it were made. */
  readonly whole: boolean;
}

function extentOf({ size, sum }: Extent): number {
  return (sum + USUAL_PAIRS * USUAL_EXTENT) / ((size * (size - 1)) / 2 + USUAL_PAIRS);
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
