/** Makes the numbered frames of one source gapless: fills and reports a gap, drops a repeat. */
import { FRAME_MS, FRAME_SAMPLES, type Frame } from './frame';

/**
 * Limit of silence for one gap (10 s); a longer rest is skipped, so that a wrong number cannot fill
 * the memory.
 */
const MAX_FILLED_FRAMES = 500;

export interface Gap {
  /** First missing frame. */
  readonly fromSeq: number;
  readonly missingFrames: number;
  /** Number of silent frames inserted for them. */
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
  /** Number of dropped repeated frames. */
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
      // The silence is inserted directly before the new frame, so that its speech does not join the
      // speech before the gap.
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
