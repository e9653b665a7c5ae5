/**
 * Diarization error rate without collar, overlap scored: missed, false and confused speaker time
 * over the speaker time of the reference, under the mapping of speakers that confuses least.
 * Definition: NIST Rich Transcription evaluation plan (2009).
 */

/** Who speaks from when to when, in seconds. */
export interface Turn {
  readonly start: number;
  readonly end: number;
  readonly speaker: string;
}

/** All in seconds of speaker time. */
export interface DiarizationErrors {
  readonly missed: number;
  readonly falseAlarm: number;
  readonly confused: number;
  readonly reference: number;
}

export function diarizationErrors(
  reference: readonly Turn[],
  hypothesis: readonly Turn[],
): DiarizationErrors {
  const spoken = [...new Set(reference.map(({ speaker }) => speaker))];
  const found = [...new Set(hypothesis.map(({ speaker }) => speaker))];
  const times = [
    ...new Set([...reference, ...hypothesis].flatMap(({ start, end }) => [start, end])),
  ].sort((a, b) => a - b);
  const together = spoken.map(() => found.map(() => 0));
  const total = { missed: 0, falseAlarm: 0, both: 0, reference: 0 };
  for (let i = 0; i + 1 < times.length; i++) {
    const from = times[i] as number;
    const length = (times[i + 1] as number) - from;
    const active = (turns: readonly Turn[]): Set<string> =>
      new Set(
        turns.filter(({ start, end }) => start <= from && from < end).map(({ speaker }) => speaker),
      );
    const [said, recognised] = [active(reference), active(hypothesis)];
    total.reference += length * said.size;
    total.missed += length * Math.max(0, said.size - recognised.size);
    total.falseAlarm += length * Math.max(0, recognised.size - said.size);
    total.both += length * Math.min(said.size, recognised.size);
    for (const s of said)
      for (const h of recognised)
        (together[spoken.indexOf(s)] as number[])[found.indexOf(h)]! += length;
  }
  const matched = assign(together).reduce(
    (sum, column, row) => sum + (together[row]?.[column] ?? 0),
    0,
  );
  return {
    missed: total.missed,
    falseAlarm: total.falseAlarm,
    confused: Math.max(0, total.both - matched),
    reference: total.reference,
  };
}

/** Percent, over all recordings together; 0 where nobody speaks. */
export function pooledRate(errors: readonly DiarizationErrors[]): number {
  const sum = (of: (e: DiarizationErrors) => number): number =>
    errors.reduce((total, e) => total + of(e), 0);
  const reference = sum((e) => e.reference);
  return reference === 0 ? 0 : (100 * sum((e) => e.missed + e.falseAlarm + e.confused)) / reference;
}

/** Turns by recording, from the lines of an RTTM file. */
export function readRttm(text: string): Map<string, Turn[]> {
  const turns = new Map<string, Turn[]>();
  for (const line of text.split('\n')) {
    const [kind, file, , start, duration, , , speaker] = line.split(/\s+/);
    if (kind !== 'SPEAKER' || file === undefined || speaker === undefined) continue;
    turns.set(file, [
      ...(turns.get(file) ?? []),
      { start: Number(start), end: Number(start) + Number(duration), speaker },
    ]);
  }
  return turns;
}

/**
 * The column for each row that makes the sum greatest; −1 for rows without one. Hungarian method
 * with potentials (Kuhn 1955, in the shortest augmenting path form of Jonker and Volgenant 1987).
 */
export function assign(gains: readonly (readonly number[])[]): number[] {
  const rows = gains.length;
  const size = Math.max(rows, gains[0]?.length ?? 0);
  const cost = (row: number, column: number): number => -(gains[row]?.[column] ?? 0);
  const rowPotential = new Array<number>(size + 1).fill(0);
  const columnPotential = new Array<number>(size + 1).fill(0);
  const rowOf = new Array<number>(size + 1).fill(0);
  for (let row = 1; row <= size; row++) {
    rowOf[0] = row;
    let column = 0;
    const least = new Array<number>(size + 1).fill(Infinity);
    const cameFrom = new Array<number>(size + 1).fill(0);
    const visited = new Array<boolean>(size + 1).fill(false);
    do {
      visited[column] = true;
      const current = rowOf[column] as number;
      let step = Infinity;
      let next = 0;
      for (let j = 1; j <= size; j++) {
        if (visited[j]) continue;
        const reduced =
          cost(current - 1, j - 1) -
          (rowPotential[current] as number) -
          (columnPotential[j] as number);
        if (reduced < (least[j] as number)) [least[j], cameFrom[j]] = [reduced, column];
        if ((least[j] as number) < step) [step, next] = [least[j] as number, j];
      }
      for (let j = 0; j <= size; j++) {
        if (visited[j]) {
          rowPotential[rowOf[j] as number]! += step;
          columnPotential[j]! -= step;
        } else least[j]! -= step;
      }
      column = next;
    } while (rowOf[column] !== 0);
    for (; column !== 0; column = cameFrom[column] as number)
      rowOf[column] = rowOf[cameFrom[column] as number] as number;
  }
  const answer = new Array<number>(rows).fill(-1);
  for (let j = 1; j <= size; j++) {
    const row = (rowOf[j] as number) - 1;
    if (row < rows && j - 1 < (gains[0]?.length ?? 0)) answer[row] = j - 1;
  }
  return answer;
}
