/**
 * The terminal: stdout and stderr, colours only on a terminal, and a closed pipe as a normal end.
 */
import type { WriteStream } from 'node:tty';
import { plainLine } from '../../../protocol/plainText';

export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

/** Select Graphic Rendition codes of ECMA-48: start and end of a style. */
const CODES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const;

export function makeStyle(on: boolean): Style {
  const wrap =
    ([open, close]: readonly [number, number]) =>
    (text: string) =>
      on ? `\u001b[${open}m${text}\u001b[${close}m` : text;
  return {
    bold: wrap(CODES.bold),
    dim: wrap(CODES.dim),
    red: wrap(CODES.red),
    green: wrap(CODES.green),
    yellow: wrap(CODES.yellow),
    cyan: wrap(CODES.cyan),
  };
}

export interface Terminal {
  /** True for a terminal, false for a pipe or file. */
  readonly isTTY: boolean;
  readonly columns: number;
  readonly style: Style;
  write(text: string): void;
  /** Resolves when all output is written. */
  drained(): Promise<void>;
}

/** The codes of `makeStyle`, the return to an emptied line, and an emptied screen. */
const ESC = '\u001b';
const OWN_CODES = new RegExp(
  `(${ESC}\\[(?:[12]|22|3[12369])m|\\r${ESC}\\[K|${ESC}\\[2J${ESC}\\[H)`,
);

/** Text for a terminal: of control characters, only line breaks, tabs and Earmark's own codes. */
export function guarded(text: string): string {
  return text
    .split(OWN_CODES)
    .map((part, i) => (i % 2 === 1 ? part : part.replace(/[^\n\t]+/g, plainLine)))
    .join('');
}

function reasonOf({ code }: NodeJS.ErrnoException): string {
  if (code === 'ENOSPC') return 'the disk is full; make room and run it again';
  if (code === 'EIO') return 'the disk or terminal fails; write it elsewhere';
  return `${code ?? 'unknown error'}; write it elsewhere`;
}

/** @param env NO_COLOR (no-color.org) and TERM=dumb turn colours off */
export function terminal(
  stream: NodeJS.WriteStream,
  env: NodeJS.ProcessEnv = process.env,
): Terminal {
  const isTTY = (stream as WriteStream).isTTY === true;
  // A pipe closed by its reader (`| head`) is no error.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    // Write to the other stream, which may still work.
    if (stream === process.stdout)
      process.stderr.write(`earmark: The output cannot be written (${reasonOf(error)}).\n`);
    process.exit(1);
  });
  return {
    isTTY,
    get columns() {
      return (stream as WriteStream).columns ?? 80;
    },
    style: makeStyle(isTTY && !env['NO_COLOR'] && env['TERM'] !== 'dumb'),
    write: (text) => void stream.write(guarded(text)),
    drained: () => new Promise((resolve) => stream.write('', () => resolve())),
  };
}

/**
 * Rows as aligned columns with two blanks between; the last column is not padded. Styles are
 * applied after padding.
 */
export function table(
  rows: readonly (readonly string[])[],
  styles: readonly (((text: string) => string) | undefined)[] = [],
): string {
  const plain = rows.map((row) => row.map(plainLine));
  const widths = (plain[0] ?? []).map((_, column) =>
    Math.max(...plain.map((row) => (row[column] ?? '').length)),
  );
  return plain
    .map((row) => {
      const cells = row.map((cell, i) => {
        const padded = i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0);
        return styles[i]?.(padded) ?? padded;
      });
      return `${cells.join('  ').trimEnd()}\n`;
    })
    .join('');
}

/** `1:02:03` or `2:03`. */
export function clockTime(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number) => String(n).padStart(2, '0');
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}
