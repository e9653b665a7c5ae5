export interface TestOutcome {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly { readonly title: string; readonly reason?: string }[];
  readonly retried?: readonly { readonly title: string; readonly error: string }[];
  readonly failures: readonly { readonly title: string; readonly error: string }[];
  readonly records?: readonly {
    readonly type: string;
    readonly title?: string;
    readonly ms?: number;
  }[];
  readonly ms: number;
}
export function seconds(ms: number): string;
export function reportLines(
  outcomes: readonly TestOutcome[],
  options: { readonly slowest: boolean; readonly ms: number },
): string[];
