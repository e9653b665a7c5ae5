/** Speech detection as the segmenter sees it. */
import type { Frame, Source } from '../audio/frame';

/** Samples in one VAD window: 32 ms at 16 kHz, as Silero v6 takes it. */
export const VAD_WINDOW = 512;

/**
 * Probability of speech for windows of one source, in order. Implementations keep the recurrent
 * state of each source stream.
 */
export interface SpeechDetector {
  /** @param windows n × 512 samples, −1…1. @returns n probabilities, 0–1. */
  detect(windows: Float32Array): Promise<Float32Array>;
  reset(): void;
  dispose(): void;
}

export interface SpeechDetectorFactory {
  create(source: Source): SpeechDetector;
}

/** A stretch of speech that is decoded once. */
export interface Phrase {
  /** The id its segment will have. */
  readonly id: string;
  readonly source: Source;
  /** Milliseconds since session start of the first sample, pre-roll included. */
  readonly startMs: number;
  readonly endMs: number;
  /** End of the last window that was called speech. */
  readonly speechEndMs: number;
  readonly pcm: Float32Array;
  /**
   * First and last frame whose samples are in it; the spool may release both once the phrase is
   * final.
   */
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** Why it ended: silence, the cap on length (its continuation follows at once), or a flush. */
  readonly cause: 'silence' | 'cap' | 'flush';
  /** Where speech went on right behind the phrase before, or the cap cut: what was spoken in it. */
  readonly left?: PhraseLeft;
  /**
   * Where the cap cut and speech goes on: what was spoken behind the cut by then. It belongs to the
   * next phrase.
   */
  readonly right?: Float32Array;
}

/** The phrase before, for a recogniser that goes on behind its text. */
export interface PhraseLeft {
  readonly id: string;
  /** From its first sample to the first of the phrase that has it as its lead. */
  readonly pcm: Float32Array;
}

/** The phrase that is being spoken, for a partial. */
export interface OpenPhrase {
  /** The id its `Phrase` and its segment will have. */
  readonly id: string;
  readonly source: Source;
  readonly startMs: number;
  /** A copy of everything so far, pre-roll included. */
  readonly pcm: Float32Array;
  readonly left?: PhraseLeft;
}

/** Nobody speaks any more, and the open phrase will be over when that stays so. */
export interface Pause extends OpenPhrase {
  /** That of the `Phrase` that follows, unless speech goes on. */
  readonly speechEndMs: number;
  /**
   * `pcm` is the audio of that phrase to the last sample; otherwise the end of its silence is made
   * up.
   */
  readonly complete: boolean;
}

export interface PhraseSourceSetup {
  readonly source: Source;
  readonly detector: SpeechDetector;
  /** Makes the id of the next phrase. */
  readonly newId: () => string;
  /** Speech began, for sure; a phrase will follow under this id. */
  readonly onOnset?: (onset: { readonly id: string; readonly startMs: number }) => void;
  /** The open phrase may be over: the moment to decode it so that its text is there when it is. */
  readonly onPause?: (pause: Pause) => void;
  /** It was not over. */
  readonly onResume?: (phrase: { readonly id: string }) => void;
  /**
   * Asked while a short phrase is quiet: its text is known, and it need not wait longer than a long
   * one for what may follow.
   */
  readonly trusted?: () => boolean;
  /**
   * Asked in pauses: the text of the open phrase will hardly be trusted, so a short one will wait
   * for its longer end, and its decode with it.
   */
  readonly doubted?: () => boolean;
  /**
   * How long the decode of so much audio will take, both in milliseconds; asked in pauses, which
   * are announced so much before the phrase ends.
   */
  readonly decodeMs?: (audioMs: number) => number;
  /**
   * A phrase ended. `process` waits for the promise: that is the backpressure when a file is read
   * as fast as possible.
   */
  readonly onPhrase: (phrase: Phrase) => void | Promise<void>;
  /** Frames were missing; `frames` of them stand as silence. */
  readonly onGap?: (gap: { readonly afterSeq: number; readonly frames: number }) => void;
  /** Windows were judged: so many without asking the detector, so many by it. */
  readonly onWindows?: (skipped: number, examined: number) => void;
  /** The detector failed and the energy detector took over, told once. */
  readonly onFallback?: (error: unknown) => void;
  readonly options?: Partial<SegmenterOptions>;
  /**
   * Asked at each pause: true while every phrase should wait as long for its end as a short one
   * does, which makes fewer and longer ones.
   */
  readonly longPhrases?: () => boolean;
  /**
   * First frame that counts; earlier ones are passed over (recovery). Default: whatever comes
   * first.
   */
  readonly fromSeq?: number;
}

/**
 * One source from frames to phrases. Calls of `process` and `flush` run one after the other in the
 * order they were made.
 */
export interface PhraseSourceLike {
  /**
   * Takes frames in order, any number at once. Resolves when they are segmented and the phrases
   * that ended were taken. Keeps no reference to `pcm`.
   */
  process(frames: readonly Frame[]): Promise<void>;
  /** A hard boundary: what is open ends now as a phrase. */
  flush(): Promise<void>;
  /** The phrase that is open now, for a partial. */
  openPhrase(): OpenPhrase | undefined;
  /** True while a phrase is open and its last window was speech; for level events. */
  readonly speech: boolean;
  /** Last frame that was segmented, −1 before the first. */
  readonly processedThrough: number;
  /**
   * First frame that may still enter a phrase (open phrase or pre-roll). Frames before it belong to
   * emitted phrases or to silence.
   */
  readonly neededFrom: number;
  dispose(): void;
}

/** All in milliseconds or 0–1; defaults in `segmenter.ts`. */
export interface SegmenterOptions {
  /**
   * Probability from which a window is speech when none is open, and below which it is silence when
   * one is.
   */
  readonly onsetThreshold: number;
  readonly offsetThreshold: number;
  /** Speech that must add up before an onset counts. */
  readonly minSpeechMs: number;
  /** Audio kept before the first window of speech. */
  readonly preRollMs: number;
  /** Silence that ends a phrase. */
  readonly endSilenceMs: number;
  /**
   * A phrase that is still shorter than `shortPhraseMs`, and whose text is not trusted, waits for
   * this much silence: a recogniser needs context.
   */
  readonly shortEndSilenceMs: number;
  readonly shortPhraseMs: number;
  /** A pause is announced after this much silence at the earliest … */
  readonly pauseMs: number;
  /** … and else so much before its decode has to begin that is to be done when the phrase ends. */
  readonly pauseLeadMs: number;
  /** How much of that silence stays in the phrase. */
  readonly postRollMs: number;
  /** A phrase is cut when it gets this long … */
  readonly maxPhraseMs: number;
  /** … at the quietest frame within this last stretch. */
  readonly cutSearchMs: number;
  /** A phrase that begins so soon behind the end of another has it as its lead … */
  readonly leadGapMs: number;
  /** … where the recogniser doubts what it hears of the source, so soon … */
  readonly doubtedLeadGapMs: number;
  /** … unless both together are longer than this; behind a cut at the cap it always has it. */
  readonly leadMaxMs: number;
  /** Windows below this level (dBFS, RMS) are silence without asking the detector. */
  readonly gateDb: number;
}
