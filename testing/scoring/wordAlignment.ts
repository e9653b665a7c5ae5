/**
 * Which word of a reference each recognised word stands for, and what went wrong around a seam.
 * Pure.
 */

/**
 * One step of the alignment with the fewest errors. Indices of words; absent where a word is put in
 * or lost.
 */
export interface Step {
  readonly reference?: number;
  readonly recognised?: number;
}

/** Words on either side of a seam at which an error counts as the seam's. */
const REACH = 2;

export function alignWords(reference: readonly string[], recognised: readonly string[]): Step[] {
  const cost: number[][] = [recognised.reduce<number[]>((row) => [...row, row.length], [0])];
  reference.forEach((word, i) => {
    const above = cost[i] ?? [];
    const row = [i + 1];
    recognised.forEach((other, j) =>
      row.push(
        Math.min(
          (above[j + 1] ?? 0) + 1,
          (row[j] ?? 0) + 1,
          (above[j] ?? 0) + (word === other ? 0 : 1),
        ),
      ),
    );
    cost.push(row);
  });
  const steps: Step[] = [];
  for (let i = reference.length, j = recognised.length; i > 0 || j > 0;) {
    const here = cost[i]?.[j] ?? 0;
    if (
      i > 0 &&
      j > 0 &&
      here === (cost[i - 1]?.[j - 1] ?? 0) + (reference[i - 1] === recognised[j - 1] ? 0 : 1)
    )
      steps.push({ reference: --i, recognised: --j });
    else if (i > 0 && here === (cost[i - 1]?.[j] ?? 0) + 1) steps.push({ reference: --i });
    else steps.push({ recognised: --j });
  }
  return steps.reverse();
}

export interface SeamErrors {
  readonly lost: number;
  readonly doubled: number;
}

/**
 * Where a seam is in the reference.
 * @param seam words heard before the seam
 */
export function seamAt(cut: readonly Step[], seam: number): number {
  return referenceBefore(
    cut,
    cut.findIndex(({ recognised }) => recognised !== undefined && recognised >= seam),
  );
}

/**
 * Words lost and put in near a seam, less what the whole has lost and put in at the same words of
 * the reference.
 * @param at words of the reference before the seam
 */
export function seamErrors(text: readonly Step[], at: number, whole: readonly Step[]): SeamErrors {
  const beyond = (kind: 'lost' | 'doubled'): number =>
    Math.max(0, count(text, at, kind) - count(whole, at, kind));
  return { lost: beyond('lost'), doubled: beyond('doubled') };
}

/** Words of the reference that stand before a step. */
function referenceBefore(steps: readonly Step[], index: number): number {
  return (index < 0 ? steps : steps.slice(0, index)).filter(
    ({ reference }) => reference !== undefined,
  ).length;
}

function count(steps: readonly Step[], at: number, kind: 'lost' | 'doubled'): number {
  let passed = 0;
  let found = 0;
  for (const { reference, recognised } of steps) {
    const near =
      reference !== undefined
        ? reference >= at - REACH && reference < at + REACH
        : passed >= at - REACH && passed <= at + REACH;
    if (near && (kind === 'lost' ? recognised === undefined : reference === undefined)) found++;
    if (reference !== undefined) passed++;
  }
  return found;
}
