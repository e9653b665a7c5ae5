/**
 * Plays pieces of audio one after the other and says where it is. Asks for the next piece before
 * the last one ends.
 */
import { decodePcm, SAMPLE_RATE } from './pcm';
import type { ToPanel } from '../protocol/panel';

type AudioMessage = Extract<ToPanel, { type: 'audio' }>;

/** So much is left when the next piece is asked for. */
const AHEAD_MS = 3_000;
const TICK_MS = 100;

export class Player {
  private context: AudioContext | undefined;
  private sources: AudioBufferSourceNode[] = [];
  /** Session time at the context's time zero, of what plays now. */
  private pieces: { readonly from: number; readonly until: number; readonly startMs: number }[] =
    [];
  private asked = false;
  private timer: ReturnType<typeof setInterval> | undefined;

  /**
   * @param more asks for what comes after a moment of the session
   * @param moved where it is now; undefined when it ended
   */
  constructor(
    private readonly more: (fromMs: number) => void,
    private readonly moved: (ms: number | undefined) => void,
  ) {}

  take({ pcm, startMs, endMs, follows }: AudioMessage): void {
    if (follows && this.timer === undefined) return;
    if (!follows) this.stop();
    this.asked = false;
    if (pcm === '') {
      // Nothing comes after it: what is there plays to its end.
      this.asked = true;
      return;
    }
    const context = (this.context ??= new AudioContext());
    void context.resume();
    const samples = decodePcm(pcm);
    const buffer = context.createBuffer(1, samples.length, SAMPLE_RATE);
    buffer.copyToChannel(samples, 0);
    const source = new AudioBufferSourceNode(context, { buffer });
    source.connect(context.destination);
    const from = Math.max(context.currentTime, this.pieces.at(-1)?.until ?? 0);
    source.start(from);
    this.sources.push(source);
    this.pieces.push({ from, until: from + (endMs - startMs) / 1_000, startMs });
    this.timer ??= setInterval(() => this.tick(), TICK_MS);
    this.moved(startMs);
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    for (const source of this.sources) source.stop();
    this.sources = [];
    this.pieces = [];
    this.moved(undefined);
  }

  private tick(): void {
    const now = this.context?.currentTime ?? 0;
    const last = this.pieces.at(-1);
    if (last === undefined || now >= last.until) return this.stop();
    const piece = this.pieces.findLast(({ from }) => from <= now) ?? last;
    this.moved(piece.startMs + (now - piece.from) * 1_000);
    if (this.asked || (last.until - now) * 1_000 > AHEAD_MS) return;
    this.asked = true;
    this.more(last.startMs + (last.until - last.from) * 1_000);
  }
}
