interface Outcome {
  promise: string;
  state: 'held' | 'broken' | 'skipped';
  tests: number;
  reason?: string;
  error?: string;
}
export function promisesIn(source: string): string[];
export function promiseFiles(files: { file: string; source: string }[], text?: string): string[];
export function promisesOf(
  records: { type: string; promise?: string; error?: string; reason?: string }[],
  text?: string,
): Outcome[];
