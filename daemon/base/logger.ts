/** The logger contract: one event name in each line, structured fields, no spoken text. */

export interface LogFields {
  readonly session?: string;
  readonly durationMs?: number;
  readonly [name: string]: string | number | boolean | undefined | readonly string[];
}

export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields & { readonly error?: string }): void;
  child(component: string): Logger;
}

export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLogger,
};
