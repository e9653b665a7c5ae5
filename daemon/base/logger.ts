/** The logger contract. One event name a line, structured fields; never what people said. */

/** What people said, marked: it is in no log unless the settings ask for it (`log.spoken`). */
export class Spoken {
  constructor(readonly text: string) {}
}

export interface LogFields {
  readonly session?: string;
  readonly durationMs?: number;
  readonly [name: string]: string | number | boolean | undefined | readonly string[] | Spoken;
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
