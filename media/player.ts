/**
 * Plays audio clips in sequence and reports the position. Requests the next clip before the current
 * one ends.
 */
import { decodePcm, SAMPLE_RATE } from './pcm';
import type { ToPanel } from '../protocol/panel';

type AudioMessage = Extract<ToPanel, { type: 'audio' }>;

/** Remaining playback time at which the next clip is requested. */
const AHEAD_MS = 3_000;
const TICK_MS = 100;

export class Player {
  private context: AudioContext | undefined;
  private sources: AudioBufferSourceNode[] = [];
  /** Session time at time zero of the audio context. */
  private pieces: { readonly from: number; readonly until: number; readonly startMs: number }[] =
    [];
  private asked = false;
  private timer: ReturnType<typeof setInterval> | undefined;

  /**
   * @param more requests the clip after a session time
   * @param moved receives the current position; undefined at the end
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
      // There is no next clip. The current one plays to its end.
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
