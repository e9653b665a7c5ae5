/**
 * Speaker segmentation of one source during recording. Overlapping windows are joined to runs of
 * the same local voices. Stretches with a single voice become pieces with an embedding. Only some
 * ten seconds of audio are kept.
 */
import { type Frame, SAMPLE_RATE, type Source } from '../audio/frame';
import { toFloat32 } from '../audio/pcm';
import {
  type Embedding,
  SEGMENTATION,
  type SpeakerEmbedder,
  type SpeakerSegmenter,
} from './contract';
import { TrackLinker, type LinkedWindow } from './trackLinker';

/** Voices of a run of frames. A track is a local voice that continues from window to window. */
export interface VoiceRun {
  readonly startMs: number;
  readonly endMs: number;
  /** One or more. Nobody speaks between runs. */
  readonly tracks: readonly number[];
}

/** A part of a run with one voice. */
export interface VoicePiece {
  readonly startMs: number;
  readonly endMs: number;
  readonly track: number;
  /** Absent if the piece is too short. */
  readonly embedding?: Embedding;
}

export interface SegmentationSettings {
  /** Distance between two windows, in frames of segmentation. */
  readonly hop: number;
  /** Maximum length of a piece, in seconds. */
  readonly longestPiece: number;
  /** Minimum length of a piece with an embedding, in seconds. */
  readonly shortestEmbedded: number;
}

/**
 * Tuned on the tuning part of the simulated conversations
 * (docs/decisions/0067-speakers-by-segmentation.md).
 */
const SEGMENTATION_SETTINGS: SegmentationSettings = {
  // 5 s.
  hop: 296,
  longestPiece: 2,
  shortestEmbedded: 0.4,
};

const { step: STEP, first: FIRST, window: WINDOW, shortest: SHORTEST } = SEGMENTATION;
/** A larger jump of the capture clock starts a new stream, in milliseconds. */
const MAX_JUMP_MS = 100;
/** A piece may exceed the maximum length by this share before it is divided. */
const TOLERANCE = 0.15;

export interface SegmentationStreamSetup {
  readonly source: Source;
  readonly segmenter: SpeakerSegmenter;
  readonly embedder: SpeakerEmbedder;
  readonly settings?: SegmentationSettings;
}

interface OpenRun {
  readonly from: number;
  to: number;
  readonly tracks: readonly number[];
}

export class SegmentationStream {
  readonly runs: VoiceRun[] = [];
  readonly pieces: VoicePiece[] = [];
  private readonly settings: SegmentationSettings;
  private readonly linker = new TrackLinker();
  /** Session time of sample 0. */
  private originMs: number | undefined;
  /** Samples from `kept` up to `end`. */
  private samples = new Float32Array(2 * WINDOW);
  private kept = 0;
  private end = 0;
  /** First frame of the next window, and number of settled frames. */
  private next = 0;
  private settled = 0;
  private windows: LinkedWindow[] = [];
  private open: OpenRun | undefined;
  private pending: { readonly from: number; readonly to: number; readonly track: number }[] = [];

  constructor(private readonly setup: SegmentationStreamSetup) {
    this.settings = setup.settings ?? SEGMENTATION_SETTINGS;
  }

  /**
   * Takes frames in order.
   * @throws errors of the models; the next call continues after them
   */
  async process(frames: readonly Frame[]): Promise<void> {
    for (const frame of frames) {
      const expected = this.originMs === undefined ? undefined : this.timeOf(this.end);
      if (expected === undefined || Math.abs(frame.captureMs - expected) > MAX_JUMP_MS) {
        await this.flush();
        this.begin(frame.captureMs);
      }
      this.append(frame.pcm);
      if (this.end >= this.next * STEP + WINDOW) await this.window(WINDOW);
    }
  }

  /** Segments the remaining audio and ends the open run. */
  async flush(): Promise<void> {
    if (this.originMs === undefined) return;
    const before = this.windows.at(-1)?.from;
    const reached = before === undefined ? 0 : before * STEP + WINDOW;
    if (this.end - reached >= SHORTEST) {
      // The last window ends with the recording.
      this.next = Math.max(0, Math.ceil((this.end - WINDOW) / STEP));
      await this.window(this.end - this.next * STEP);
    }
    await this.settle(
      this.windows.reduce((to, { from, masks }) => Math.max(to, from + masks.length), 0),
    );
    this.close();
    await this.embed();
    this.originMs = undefined;
  }

  private begin(originMs: number): void {
    this.originMs = originMs;
    this.kept = this.end = this.next = this.settled = 0;
    this.windows = [];
    this.open = undefined;
    this.linker.reset();
  }

  private async window(length: number): Promise<void> {
    const from = this.next;
    const masks = await this.setup.segmenter.segment(this.slice(from * STEP, from * STEP + length));
    this.windows.push(this.linker.link(from, masks));
    this.next = from + this.settings.hop;
    await this.settle(this.next);
    this.forget();
  }

  /** Settles the frames before `to`, which no further window will contain. */
  private async settle(to: number): Promise<void> {
    for (; this.settled < to; this.settled++) {
      const tracks = this.linker.tracksAt(this.windows, this.settled);
      if (this.open && sameTracks(this.open.tracks, tracks)) this.open.to++;
      else {
        this.close();
        if (tracks.length > 0) this.open = { from: this.settled, to: this.settled + 1, tracks };
      }
      this.cutOpen();
    }
    this.windows = this.windows.filter(({ from, masks }) => from + masks.length > this.settled);
    await this.embed();
  }

  /** Divides a long run of one voice into pieces before it ends, so its audio can be dropped. */
  private cutOpen(): void {
    const { open } = this;
    const longest = Math.round((this.settings.longestPiece * SAMPLE_RATE) / STEP);
    if (!open || open.tracks.length !== 1 || open.to - open.from < 3 * longest) return;
    const cut = { ...open, to: open.from + longest };
    this.take(cut);
    this.open = { from: cut.to, to: open.to, tracks: open.tracks };
  }

  private close(): void {
    const { open } = this;
    this.open = undefined;
    if (open) this.take(open);
  }

  private take({ from, to, tracks }: OpenRun): void {
    const last = this.runs.at(-1);
    const span = { startMs: this.timeOfFrame(from), endMs: this.timeOfFrame(to), tracks };
    if (last && last.endMs === span.startMs && sameTracks(last.tracks, tracks))
      this.runs[this.runs.length - 1] = { ...last, endMs: span.endMs };
    else this.runs.push(span);
    const [track] = tracks;
    if (tracks.length !== 1 || track === undefined) return;
    const longest = (this.settings.longestPiece * SAMPLE_RATE) / STEP;
    const parts = Math.max(1, Math.ceil((to - from) / longest - TOLERANCE));
    for (let i = 0; i < parts; i++)
      this.pending.push({
        from: from + Math.round((i * (to - from)) / parts),
        to: from + Math.round(((i + 1) * (to - from)) / parts),
        track,
      });
  }

  private async embed(): Promise<void> {
    const { pending } = this;
    this.pending = [];
    const long = pending.filter(
      ({ from, to }) => (to - from) * STEP >= this.settings.shortestEmbedded * SAMPLE_RATE,
    );
    const embeddings = new Map(
      (
        await this.setup.embedder.embed(
          long.map(({ from, to }) => this.slice(sampleOf(from), sampleOf(to))),
        )
      ).map((embedding, i) => [long[i], embedding]),
    );
    for (const piece of pending) {
      const embedding = embeddings.get(piece);
      this.pieces.push({
        startMs: this.timeOfFrame(piece.from),
        endMs: this.timeOfFrame(piece.to),
        track: piece.track,
        ...(embedding && { embedding }),
      });
    }
  }

  private append(pcm: Int16Array): void {
    const length = this.end - this.kept + pcm.length;
    if (length > this.samples.length) {
      const larger = new Float32Array(2 * length);
      larger.set(this.samples.subarray(0, this.end - this.kept));
      this.samples = larger;
    }
    toFloat32(pcm, this.samples.subarray(length - pcm.length, length));
    this.end += pcm.length;
  }

  private slice(from: number, to: number): Float32Array {
    return this.samples.slice(
      Math.max(0, Math.round(from) - this.kept),
      Math.min(this.end, Math.round(to)) - this.kept,
    );
  }

  private forget(): void {
    // The last window may begin anywhere after the previous one.
    const before = this.next - this.settings.hop;
    const needed = Math.min(before, this.open?.from ?? before) - 2;
    const gone = Math.max(0, needed * STEP) - this.kept;
    if (gone < SAMPLE_RATE) return;
    this.samples.copyWithin(0, gone, this.end - this.kept);
    this.kept += gone;
  }

  private timeOfFrame(frame: number): number {
    return this.timeOf(sampleOf(frame));
  }

  private timeOf(sample: number): number {
    return Math.round((this.originMs ?? 0) + (sample * 1000) / SAMPLE_RATE);
  }
}

/** Start of a frame. */
function sampleOf(frame: number): number {
  return Math.max(0, frame * STEP + FIRST - STEP / 2);
}

function sameTracks(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((track, i) => track === b[i]);
}
