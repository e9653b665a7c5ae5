/** What every wire does with messages of vscode-jsonrpc. */
import type { Message } from 'vscode-jsonrpc';

/** vscode-jsonrpc handles a possible cancellation immediately and then dispatches nothing. */
export function isCounted(message: Message): boolean {
  return (message as { method?: unknown }).method !== '$/cancelRequest';
}

/** Turns what `send` throws into a rejection, as a MessageWriter gives it. */
export function written(send: (message: Message) => void, message: Message): Promise<void> {
  try {
    send(message);
    return Promise.resolve();
  } catch (error) {
    return Promise.reject(
      error instanceof Error ? error : new Error('A message could not be sent.'),
    );
  }
}
