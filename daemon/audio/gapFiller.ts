/**
 * Makes one source's numbered frames gapless: a hole is filled with silence and reported, a repeat
 * is dropped.
 */
import { FRAME_MS, FRAME_SAMPLES, type Frame } from './frame';

/**
 * At most this much silence is made for one hole (10 s); what is longer is skipped, so a wild
 * number cannot fill the memory.
 */
const MAX_FILLED_FRAMES = 500;

export interface Gap {
  /** First frame that did not come. */
  readonly fromSeq: number;
  readonly missingFrames: number;
  /** Frames of silence that stand in for them. */
  readonly filledFrames: number;
}

export interface GapFillerHandlers {
  onFrame(frame: Frame): void;
  /** Called before the silence. */
  onGap(gap: Gap): void;
}

export class GapFiller {
  private repeated = 0;

  constructor(
    private readonly handlers: GapFillerHandlers,
    private expected = 0,
    private readonly maxFilled = MAX_FILLED_FRAMES,
  ) {}

  get nextSeq(): number {
    return this.expected;
  }
  /** Frames that had come before and were dropped. */
  get repeatedFrames(): number {
    return this.repeated;
  }

  push(frame: Frame): void {
    if (frame.seq < this.expected) {
      this.repeated++;
      return;
    }
    const missing = frame.seq - this.expected;
    if (missing > 0) {
      const filled = Math.min(missing, this.maxFilled);
      this.handlers.onGap({ fromSeq: this.expected, missingFrames: missing, filledFrames: filled });
      // The silence stands right before the frame that came: its speech must not join what was
      // before the hole.
      for (let n = filled; n > 0; n--) {
        this.handlers.onFrame({
          source: frame.source,
          seq: frame.seq - n,
          captureMs: frame.captureMs - n * FRAME_MS,
          pcm: new Int16Array(FRAME_SAMPLES),
        });
      }
    }
    this.expected = frame.seq + 1;
    this.handlers.onFrame(frame);
  }
}
