export const BUDGET_MB: number;
export const TARGETS: Record<string, { libsql?: string; ort: 'node' | 'web'; audiotee?: boolean }>;
/** Target of VS Code of this machine. */
export const here: string;
export function closure(target: string): string[];
export function foreignFiles(folder: string, target: string): string[];
export function releaseProblems(
  manifest: {
    repository?: string | { url?: string };
    bugs?: string | { url?: string; email?: string };
    name?: string;
  },
  security: string,
): string[];
