/** A progress bar on stderr, only on a terminal. */
import { Presets, SingleBar } from 'cli-progress';
import type { Terminal } from './output';

export interface Progress {
  /** Progress of part `index`, 0–1; the note appears after the bar. */
  set(index: number, fraction: number, note?: string): void;
  /**
   * True while it draws: the bar restores the cursor when it stops, so no other output may go to
   * the terminal.
   */
  readonly drawing: boolean;
  /** Writes to the terminal at once, above the bar. */
  interrupt(write: () => void): void;
  stop(): void;
}

export function progressBar(err: Terminal, what: string, parts: number, wanted = true): Progress {
  if (!err.isTTY || !wanted)
    return {
      set: () => undefined,
      drawing: false,
      interrupt: (write) => write(),
      stop: () => undefined,
    };
  const fractions = new Array<number>(parts).fill(0);
  const counter = parts > 1 ? '  {done}/{parts}' : '';
  const bar = new SingleBar(
    {
      format: `${what}  ${err.style.cyan('{bar}')}  {percentage}%${counter}  {note}`,
      stream: process.stderr,
      clearOnComplete: true,
      hideCursor: true,
      barsize: 30,
      fps: 8,
      gracefulExit: false,
    },
    Presets.rect,
  );
  let payload: object = { done: 0, parts, note: '' };
  const total = (): number => fractions.reduce((sum, f) => sum + f, 0) * 100;
  bar.start(parts * 100, 0, payload);
  let drawing = true;
  return {
    set: (index, fraction, note = '') => {
      fractions[index] = Math.max(fractions[index] ?? 0, Math.min(1, fraction));
      payload = { done: fractions.filter((f) => f >= 1).length, parts, note };
      bar.update(total(), payload);
    },
    interrupt: (write) => {
      if (!drawing) return write();
      bar.stop();
      write();
      bar.start(parts * 100, total(), payload);
    },
    get drawing() {
      return drawing;
    },
    stop: () => {
      drawing = false;
      bar.stop();
    },
  };
}
