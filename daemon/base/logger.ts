/** The logger contract. One event name a line, structured fields; never what people said. */

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
