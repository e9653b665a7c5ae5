/** Logistic regression with named features, for a few thousand rows. */
export interface Row {
  readonly y: 0 | 1;
  readonly x: Readonly<Record<string, number>>;
}

const STEPS = 200;
const RATE = 0.05;

/**
 * Adam on the whole set (Kingma and Ba 2015).
 * @param l2 penalty of each weight but the bias, in rows
 */
export function fit(rows: readonly Row[], l2: number): Record<string, number> {
  const names = [...new Set(rows.flatMap(({ x }) => Object.keys(x)))].sort();
  const index = new Map(names.map((name, i) => [name, i]));
  const sparse = rows.map(({ y, x }) => ({
    y,
    at: Object.keys(x).map((name) => index.get(name) ?? 0),
    of: Object.values(x),
  }));
  const weights = new Float64Array(names.length);
  const [first, second] = [new Float64Array(names.length), new Float64Array(names.length)];
  for (let step = 1; step <= STEPS; step++) {
    const slope = Float64Array.from(weights, (w, i) => (names[i] === 'bias' ? 0 : l2 * w));
    for (const { y, at, of } of sparse) {
      let sum = 0;
      at.forEach((i, j) => (sum += (weights[i] ?? 0) * (of[j] ?? 0)));
      const error = 1 / (1 + Math.exp(-sum)) - y;
      at.forEach((i, j) => (slope[i] = (slope[i] ?? 0) + error * (of[j] ?? 0)));
    }
    for (let i = 0; i < weights.length; i++) {
      const g = slope[i] ?? 0;
      first[i] = 0.9 * (first[i] ?? 0) + 0.1 * g;
      second[i] = 0.999 * (second[i] ?? 0) + 0.001 * g * g;
      const [m, v] = [(first[i] ?? 0) / (1 - 0.9 ** step), (second[i] ?? 0) / (1 - 0.999 ** step)];
      weights[i] = (weights[i] ?? 0) - (RATE * m) / (Math.sqrt(v) + 1e-8);
    }
  }
  return Object.fromEntries(names.map((name, i) => [name, Number((weights[i] ?? 0).toFixed(3))]));
}
