// Types of install.mjs for the tests, which are TypeScript.
/** `node entry …` starts it; `dir` is the whole installation. */
export interface CodeServer {
  readonly dir: string;
  readonly entry: string;
  readonly node: string;
  readonly version: string;
}
/** `current` runs all hosted suites; `oldest` is the version that `engines.vscode` names. */
export type HostVersion = 'current' | 'oldest';
export function ensureCodeServer(
  log?: (line: string) => void,
  which?: HostVersion,
): Promise<CodeServer>;
export function cacheRoot(): string;
