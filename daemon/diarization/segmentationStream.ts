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
  /** Length of a window, in samples. */
  readonly window: number;
  /** Distance between two windows, in frames of segmentation. */
  readonly hop: number;
  /** Absent: a frame is settled when no further window contains it. */
  readonly live?: {
    /** Number of frames at the end of a window that wait for the next window. */
    readonly lag: number;
    /** Length of the first piece of a track, in seconds, so that its voice is known early. */
    readonly firstPiece: number;
    /** Minimum length of a run, in seconds, with an embedding before it is settled. */
    readonly earlyPiece: number;
  };
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
  window: SEGMENTATION.window,
  // 5 s.
  hop: 296,
  longestPiece: 2,
  shortestEmbedded: 0.4,
};

const { step: STEP, first: FIRST, shortest: SHORTEST } = SEGMENTATION;
/** Samples that one frame sees. */
const RECEPTIVE = 991;
/** Length of the first window of a live stream, in samples. */
const FIRST_LIVE = SAMPLE_RATE;
/** A run that follows its track after a shorter pause keeps its voice, in seconds. */
const SHORT_PAUSE = 0.5;
/** A larger jump of the capture clock starts a new stream, in milliseconds. */
const MAX_JUMP_MS = 100;
/** A piece may exceed the maximum length by this share before it is divided. */
const TOLERANCE = 0.15;

export interface SegmentationStreamSetup {
  readonly source: Source;
  readonly segmenter: SpeakerSegmenter;
  readonly embedder: SpeakerEmbedder;
  readonly settings?: SegmentationSettings;
  /**
   * True if a span of session time contains speech. Short windows need it, because segmentation
   * takes noise for speech if a window has no louder speech. Absent: all of it may be speech.
   */
  readonly isSpeech?: (startMs: number, endMs: number) => boolean;
}

interface OpenRun {
  readonly from: number;
  to: number;
  readonly tracks: readonly number[];
  /** Its beginning is a piece already. */
  readonly cut?: boolean;
}

/** Embedding of a part of a run with one track. */
interface Guess {
  readonly from: number;
  readonly to: number;
  readonly track: number;
  readonly embedding: Embedding;
}

export class SegmentationStream {
  readonly runs: VoiceRun[] = [];
  readonly pieces: VoicePiece[] = [];
  private readonly settings: SegmentationSettings;
  private readonly linker = new TrackLinker();
  /** Session time of sample 0. */
  private originMs: number | undefined;
  /** Samples from `kept` up to `end`. */
  private samples = new Float32Array(2 * SEGMENTATION.window);
  private kept = 0;
  private end = 0;
  /** Samples at which the last window ended and the next one ends, and number of settled frames. */
  private reached = 0;
  private due = 0;
  private settled = 0;
  private windows: LinkedWindow[] = [];
  private open: OpenRun | undefined;
  /** Early embeddings of runs that are not settled. */
  private guesses: Guess[] = [];
  /** Frame at which the last embedded piece of a track ends. */
  private readonly embedded = new Map<number, number>();
  private pending: { readonly from: number; readonly to: number; readonly track: number }[] = [];

  constructor(private readonly setup: SegmentationStreamSetup) {
    this.settings = setup.settings ?? SEGMENTATION_SETTINGS;
  }

  /** Session time of the end of the last window. */
  get segmentedMs(): number {
    return this.timeOf(this.reached);
  }

  /** Removes the settled pieces and runs. */
  drain(): { readonly pieces: readonly VoicePiece[]; readonly runs: readonly VoiceRun[] } {
    return { pieces: this.pieces.splice(0), runs: this.runs.splice(0) };
  }

  /** Pieces and runs of the frames that later windows may change, in order. */
  get provisional(): {
    readonly pieces: readonly VoicePiece[];
    readonly runs: readonly VoiceRun[];
  } {
    const open = this.openRuns();
    const runs = open.map(({ from, to, tracks }) => ({
      startMs: this.timeOfFrame(from),
      endMs: this.timeOfFrame(to),
      tracks,
    }));
    return {
      runs,
      pieces: runs.flatMap(({ tracks, ...span }, i) => {
        const [track] = tracks;
        const embedding = this.guessOf(open[i] as OpenRun)?.embedding;
        return tracks.length === 1 && track !== undefined
          ? [{ ...span, track, ...(embedding && { embedding }) }]
          : [];
      }),
    };
  }

  private openRuns(): OpenRun[] {
    const found: OpenRun[] = this.open ? [{ ...this.open }] : [];
    for (let frame = this.settled; frame < this.lastFrame; frame++) {
      const tracks = this.tracksAt(frame);
      const last = found.at(-1);
      if (last?.to === frame && sameTracks(last.tracks, tracks)) last.to++;
      else if (tracks.length > 0) found.push({ from: frame, to: frame + 1, tracks });
    }
    return found;
  }

  private guessOf({ from, to, tracks }: OpenRun): Guess | undefined {
    return this.guesses.find(
      (guess) =>
        tracks.length === 1 && guess.track === tracks[0] && guess.from < to && guess.to > from,
    );
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
      if (this.end >= this.due) await this.window(this.due);
    }
  }

  /** Segments the remaining audio and ends the open run. */
  async flush(): Promise<void> {
    if (this.originMs === undefined) return;
    // The last window ends with the recording.
    if (this.end - this.reached >= SHORTEST) await this.window(this.end);
    await this.settle(this.lastFrame);
    this.close();
    await this.embed();
    this.originMs = undefined;
    this.windows = [];
  }

  /** First frame that no window contains. */
  private get lastFrame(): number {
    return this.windows.reduce((to, { from, masks }) => Math.max(to, from + masks.length), 0);
  }

  private begin(originMs: number): void {
    this.originMs = originMs;
    this.kept = this.end = this.reached = this.settled = 0;
    this.due = this.settings.live ? FIRST_LIVE : this.settings.window;
    this.windows = [];
    this.open = undefined;
    this.guesses = [];
    this.embedded.clear();
    this.linker.reset();
  }

  /** @param end sample at which the window ends */
  private async window(end: number): Promise<void> {
    const from = this.firstFrame(end);
    const masks = await this.masksOf(from, end);
    this.windows.push(this.linker.link(from, masks));
    this.reached = end;
    this.due = end + this.settings.hop * STEP;
    const { live } = this.settings;
    await this.settle(live ? from + masks.length - live.lag : this.firstFrame(this.due));
    if (live) await this.guess(live.earlyPiece);
    this.forget();
  }

  /** Embeds the current run early, so that its voice is known before its first piece. */
  private async guess(seconds: number): Promise<void> {
    this.guesses = this.guesses.filter(({ to }) => to > this.settled);
    const run = this.openRuns().at(-1);
    const [track] = run?.tracks ?? [];
    if (!run || run.tracks.length !== 1 || track === undefined || run.cut || this.guessOf(run))
      return;
    const { from, to } = run;
    const since = from - (this.embedded.get(track) ?? -Infinity);
    if ((to - from) * STEP < seconds * SAMPLE_RATE || since * STEP < SHORT_PAUSE * SAMPLE_RATE)
      return;
    const [embedding] = await this.setup.embedder.embed([this.slice(sampleOf(from), sampleOf(to))]);
    if (embedding) this.guesses.push({ from, to, track, embedding });
  }

  private async masksOf(from: number, end: number): Promise<Uint8Array> {
    const { isSpeech, segmenter } = this.setup;
    if (isSpeech && !isSpeech(this.timeOf(this.reached), this.timeOf(end)))
      return new Uint8Array(Math.max(0, Math.floor((end - from * STEP - RECEPTIVE) / STEP) + 1));
    return segmenter.segment(this.slice(from * STEP, end));
  }

  private tracksAt(frame: number): number[] {
    const { isSpeech } = this.setup;
    const silent = isSpeech && !isSpeech(this.timeOfFrame(frame), this.timeOfFrame(frame + 1));
    return silent ? [] : this.linker.tracksAt(this.windows, frame);
  }

  /** First frame of a window that ends at a sample. */
  private firstFrame(end: number): number {
    return Math.max(0, Math.ceil((end - this.settings.window) / STEP));
  }

  /** Settles the frames before `to`, which no further window will contain. */
  private async settle(to: number): Promise<void> {
    for (; this.settled < to; this.settled++) {
      const tracks = this.tracksAt(this.settled);
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
    const [track] = open?.tracks ?? [];
    if (!open || open.tracks.length !== 1 || track === undefined) return;
    const { live, longestPiece } = this.settings;
    const seconds = !live || this.embedded.has(track) ? longestPiece : live.firstPiece;
    const longest = Math.round((seconds * SAMPLE_RATE) / STEP);
    if (open.to - open.from < (live ? 1 : 3) * longest) return;
    const cut = { ...open, to: open.from + longest };
    this.take(cut);
    this.open = { from: cut.to, to: open.to, tracks: open.tracks, cut: true };
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
      if (embedding) this.embedded.set(piece.track, piece.to);
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
    const before = this.firstFrame(this.reached);
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
