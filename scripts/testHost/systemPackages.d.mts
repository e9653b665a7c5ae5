// Types of systemPackages.mjs for the tests, which are TypeScript.
export function ensureSystemPackages(
  log?: (line: string) => void,
): Promise<{ available: Record<string, boolean>; message?: string }>;
