/**
 * A running session in the terminal: finals as lines, partials dimmed on the last line, warnings
 * beside.
 */
import type { SessionEvent } from '../../../protocol/session';
import { plainLine } from '../../../protocol/plainText';
import { clockTime, type Terminal } from './output';

const NAMES: Readonly<Record<string, string>> = {
  mic: 'microphone',
  system: 'system audio',
  file: 'file',
};

export class LiveTranscript {
  private readonly partials = new Map<string, string>();
  private shown = false;
  private over = false;

  constructor(
    private readonly out: Terminal,
    private readonly err: Terminal,
  ) {}

  begin(sources: readonly string[]): void {
    this.line(
      this.err,
      `${this.err.style.red('●')} Recording ${sources.map((s) => NAMES[s] ?? s).join(' and ')}; Ctrl-C stops.\n`,
    );
  }

  take(event: SessionEvent): void {
    if (this.over) return;
    const { style } = this.out;
    switch (event.kind) {
      case 'partial':
        if (event.stable === '' && event.unstable === '') this.partials.delete(event.phraseId);
        else this.partials.set(event.phraseId, `${event.stable} ${event.unstable}`.trim());
        return this.drawPartials();
      case 'final': {
        this.partials.delete(event.segment.id);
        const { startMs, speaker, text, hidden } = event.segment;
        // A hidden segment is echo of the loudspeakers and already appears in the other source.
        if (hidden !== true)
          this.line(
            this.out,
            `${style.dim(clockTime(startMs).padStart(7))}  ${style.bold(plainLine(speaker))}  ${plainLine(text)}\n`,
          );
        return this.drawPartials();
      }
      case 'warning':
        return this.notice(event.message);
      case 'error':
        return this.notice(event.message);
      case 'state':
        if (event.to === 'PAUSED') this.notice('Paused.');
        if (event.from === 'PAUSED' && event.to === 'STREAMING') this.notice('Recording again.');
        return;
      default:
    }
  }

  notice(sentence: string): void {
    this.line(this.err, `${this.err.style.yellow('!')} ${sentence}\n`);
    this.drawPartials();
  }

  stopping(): void {
    this.partials.clear();
    this.line(this.err, `${this.err.style.dim('Finishing …')}\n`);
  }

  end(): void {
    this.wipe();
    this.over = true;
  }

  private line(to: Terminal, text: string): void {
    this.wipe();
    to.write(text);
  }

  /** A line that is overwritten; only on a terminal. */
  private drawPartials(): void {
    if (!this.out.isTTY) return;
    this.wipe();
    const text = plainLine([...this.partials.values()].join('  ·  '));
    if (text === '') return;
    const room = Math.max(10, this.out.columns - 12);
    const tail = text.length > room ? `…${text.slice(-room + 1)}` : text;
    this.out.write(this.out.style.dim(`         ${tail}`));
    this.shown = true;
  }

  private wipe(): void {
    if (!this.shown) return;
    this.out.write('\r\u001b[K');
    this.shown = false;
  }
}
