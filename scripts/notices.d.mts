interface LockEntry {
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly link?: boolean;
}
interface ShippedPackage {
  readonly place: string;
  readonly name: string;
  readonly version: string;
  readonly license: string;
}
export const NOTICES_FILE: string;
export const ALLOWED: readonly string[];
export function shippedPackages(lock: Record<string, LockEntry>): ShippedPackage[];
export function isAllowed(expression: string): boolean;
export function refusedPackages(packages: readonly ShippedPackage[]): ShippedPackage[];
export function noticesText(lock: Record<string, LockEntry>): string;
export function copyleftFiles(folder: string): string[];
export function refuseCopyleft(folder: string): void;
