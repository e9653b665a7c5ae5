export const WHISPER_TARGETS: Record<string, string[]>;
export function copyWhisper(target: string, from: string, into: string): string | undefined;
