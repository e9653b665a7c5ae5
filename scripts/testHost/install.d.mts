// Types of install.mjs for the tests, which are TypeScript.
export const codeServerVersion: string;
/** `node entry …` starts it; `dir` is the whole installation. */
export interface CodeServer {
  readonly dir: string;
  readonly entry: string;
  readonly node: string;
  readonly version: string;
}
export function ensureCodeServer(log?: (line: string) => void): Promise<CodeServer>;
export function cacheRoot(): string;
