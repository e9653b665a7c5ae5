/**
 * ROUGE (Lin 2004) over lower-case words without punctuation: ROUGE-1 counts shared words, ROUGE-L
 * the longest common subsequence. No stemming, no stop words.
 */
export interface Rouge {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

export function rougeWords(text: string): string[] {
  const joined = text.toLowerCase().replace(/\s+(?=['’]|n't\b)/g, '');
  return joined.match(/[a-z0-9]+(?:['’-][a-z0-9]+)*/g) ?? [];
}

export function rouge1(reference: readonly string[], candidate: readonly string[]): Rouge {
  const left = new Map<string, number>();
  for (const word of reference) left.set(word, (left.get(word) ?? 0) + 1);
  let shared = 0;
  for (const word of candidate) {
    const count = left.get(word) ?? 0;
    if (count === 0) continue;
    left.set(word, count - 1);
    shared++;
  }
  return scores(shared, reference.length, candidate.length);
}

export function rougeL(reference: readonly string[], candidate: readonly string[]): Rouge {
  let row = new Uint16Array(candidate.length + 1);
  for (const word of reference) {
    const next = new Uint16Array(candidate.length + 1);
    for (let j = 1; j <= candidate.length; j++)
      next[j] =
        word === candidate[j - 1]
          ? (row[j - 1] as number) + 1
          : Math.max(row[j] as number, next[j - 1] as number);
    row = next;
  }
  return scores(row[candidate.length] as number, reference.length, candidate.length);
}

function scores(shared: number, reference: number, candidate: number): Rouge {
  const recall = reference === 0 ? 0 : shared / reference;
  const precision = candidate === 0 ? 0 : shared / candidate;
  return {
    precision,
    recall,
    f1: shared === 0 ? 0 : (2 * precision * recall) / (precision + recall),
  };
}
