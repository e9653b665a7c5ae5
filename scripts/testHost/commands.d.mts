// Types of commands.mjs for the tests, which are TypeScript.
export function findCommand(name: string, path?: string): string | undefined;
export function findChromium(): string | undefined;
export function findNpm(): string;
