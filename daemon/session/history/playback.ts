/**
 * Returns pieces of stored audio of an ended session, for playback. At most one spool is open, for
 * a limited time.
 */
import { EarmarkError } from '../../../protocol/errors';
import { type Source, FRAME_MS, FRAME_SAMPLES } from '../../audio/frame';
import type { Clock } from '../../base/clock';
import type { Disposable } from '../../base/disposable';
import type { Spool, SpoolFactory } from '../../audio/spool';

/** Maximum length of a piece, as the protocol defines. */
const CLIP_MAX_MS = 30_000;
/**
 * Opening a spool reads all of it, so it stays open for the next request. After this time no
 * request is expected.
 */
const OPEN_MS = 60_000;

export interface Clip {
  /** Session time of the first sample. */
  readonly startMs: number;
  readonly pcm: Int16Array;
}

export class Playback implements Disposable {
  private open:
    { readonly sessionId: string; readonly spool: Spool; readonly timer: Disposable } | undefined;

  constructor(private readonly deps: { readonly spools: SpoolFactory; readonly clock: Clock }) {}

  /** @throws EarmarkError audio.notKept if no audio of that source is stored at that time */
  clip(sessionId: string, source: Source, startMs: number, endMs: number): Clip {
    const spool = this.spoolOf(sessionId);
    const range = spool?.range(source);
    if (spool === undefined || range === undefined) throw notKept();
    const first = firstFrame(spool, source, range, startMs);
    const frames = spool
      .read(source, first, Math.ceil(Math.min(CLIP_MAX_MS, endMs - startMs) / FRAME_MS) + 1)
      .filter(({ captureMs }) => captureMs < endMs && captureMs + FRAME_MS > startMs);
    const begin = frames[0]?.captureMs;
    if (begin === undefined) throw notKept();
    const pcm = new Int16Array(frames.length * FRAME_SAMPLES);
    frames.forEach((frame, i) => pcm.set(frame.pcm, i * FRAME_SAMPLES));
    return { startMs: begin, pcm };
  }

  /** Closes the audio of a session, because it is about to be deleted. */
  close(sessionId?: string): void {
    if (this.open === undefined || (sessionId !== undefined && this.open.sessionId !== sessionId))
      return;
    this.open.timer.dispose();
    this.open.spool.dispose();
    this.open = undefined;
  }

  dispose(): void {
    this.close();
  }

  private spoolOf(sessionId: string): Spool | undefined {
    const { spools, clock } = this.deps;
    const spool = this.open?.sessionId === sessionId ? this.open.spool : undefined;
    if (spool === undefined) {
      this.close();
      // Opening would create a folder for a session without audio.
      if (!spools.list().includes(sessionId)) return undefined;
    }
    this.open?.timer.dispose();
    const opened = spool ?? spools.open(sessionId);
    this.open = { sessionId, spool: opened, timer: clock.setTimeout(() => this.close(), OPEN_MS) };
    return opened;
  }
}

/**
 * Returns the last frame that starts at or before `ms`. Frames are in order of time; pauses put
 * their times ahead of their numbers.
 */
function firstFrame(
  spool: Spool,
  source: Source,
  { firstSeq, lastSeq }: { readonly firstSeq: number; readonly lastSeq: number },
  ms: number,
): number {
  let [low, high] = [firstSeq, lastSeq];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const frame = spool.read(source, middle, 1)[0];
    if (frame === undefined || frame.captureMs > ms) high = middle - 1;
    else low = middle;
  }
  return low;
}

const notKept = (): EarmarkError =>
  new EarmarkError(
    'audio.notKept',
    'The audio of this part is not stored; turn on "Keep Audio" in the settings ' +
      'before the next meeting.',
  );
