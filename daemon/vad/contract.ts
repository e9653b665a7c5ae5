/** Interfaces of speech detection and segmentation. */
import type { Frame, Source } from '../audio/frame';

/** Samples of a VAD window: 32 ms at 16 kHz, the input size of Silero v6. */
export const VAD_WINDOW = 512;

/**
 * Computes speech probabilities for the windows of a source, in order. Implementations keep the
 * recurrent state of each source.
 */
export interface SpeechDetector {
  /**
   * @param windows n × 512 samples, −1…1
   * @returns n probabilities, 0–1
   */
  detect(windows: Float32Array): Promise<Float32Array>;
  reset(): void;
  dispose(): void;
}

export interface SpeechDetectorFactory {
  create(source: Source): SpeechDetector;
}

/** A stretch of speech that is decoded once. */
export interface Phrase {
  /** Id of its future segment. */
  readonly id: string;
  readonly source: Source;
  /** Start of the first sample including pre-roll, milliseconds since session start. */
  readonly startMs: number;
  readonly endMs: number;
  /** End of the last window classified as speech. */
  readonly speechEndMs: number;
  readonly pcm: Float32Array;
  /**
   * First and last frame with samples of the phrase; the spool may release both once the phrase is
   * final.
   */
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** Reason for the end: silence, maximum length (the continuation follows at once), or a flush. */
  readonly cause: 'silence' | 'cap' | 'flush';
  /** Audio of the previous phrase, if this phrase directly continues it or follows a cut. */
  readonly left?: PhraseLeft;
  /**
   * After a cut at the maximum length: the audio received so far after the cut. It belongs to the
   * next phrase.
   */
  readonly right?: Float32Array;
}

/** The previous phrase, as left context of a decode. */
export interface PhraseLeft {
  readonly id: string;
  /** Audio from its first sample to the first sample of the phrase that continues it. */
  readonly pcm: Float32Array;
}

/** The open phrase, for a partial. */
export interface OpenPhrase {
  /** Id of its future `Phrase` and segment. */
  readonly id: string;
  readonly source: Source;
  readonly startMs: number;
  /** A copy of its audio so far, including pre-roll. */
  readonly pcm: Float32Array;
  readonly left?: PhraseLeft;
}

/** A pause in the open phrase; if silence continues, the phrase ends. */
export interface Pause extends OpenPhrase {
  /** Same value as in the `Phrase` that follows, unless speech continues. */
  readonly speechEndMs: number;
  /**
   * True if `pcm` equals the audio of the future phrase; false if the end of its silence is
   * synthetic.
   */
  readonly complete: boolean;
}

export interface PhraseSourceSetup {
  readonly source: Source;
  readonly detector: SpeechDetector;
  /** Returns the id of the next phrase. */
  readonly newId: () => string;
  /** Speech began; a phrase will follow with this id. */
  readonly onOnset?: (onset: { readonly id: string; readonly startMs: number }) => void;
  /** The open phrase may be complete. A decode that starts now is ready when the phrase ends. */
  readonly onPause?: (pause: Pause) => void;
  /** Speech continues after the pause. */
  readonly onResume?: (phrase: { readonly id: string }) => void;
  /**
   * Called while a short phrase is silent. If it returns true, the text is trusted and the phrase
   * ends as early as a long phrase.
   */
  readonly trusted?: () => boolean;
  /**
   * Called in pauses. If it returns true, the text will probably not be trusted, so a short phrase
   * waits for its longer end. Its decode waits too.
   */
  readonly doubted?: () => boolean;
  /**
   * Estimated decode time of this much audio, both in milliseconds. Called in pauses, which are
   * announced this long before the phrase ends.
   */
  readonly decodeMs?: (audioMs: number) => number;
  /**
   * A phrase ended. `process` waits for the promise, which gives backpressure when a file is read
   * at full speed.
   */
  readonly onPhrase: (phrase: Phrase) => void | Promise<void>;
  /** Windows were processed: `skipped` without the detector, `examined` with it. */
  readonly onWindows?: (skipped: number, examined: number) => void;
  /** The detector failed and the energy detector took over; called once. */
  readonly onFallback?: (error: unknown) => void;
  readonly options?: Partial<SegmenterOptions>;
  /**
   * Called at each pause. If it returns true, every phrase waits for the longer end of a short
   * phrase, which gives fewer and longer phrases.
   */
  readonly longPhrases?: () => boolean;
  /**
   * First frame to process; earlier frames are skipped (recovery). Default: the first frame
   * received.
   */
  readonly fromSeq?: number;
}

/** Turns the frames of a source into phrases. Calls of `process` and `flush` run in order. */
export interface PhraseSourceLike {
  /**
   * Takes any number of frames in order. Resolves when they are segmented and the ended phrases
   * were taken. Keeps no reference to `pcm`.
   */
  process(frames: readonly Frame[]): Promise<void>;
  /** A hard boundary: the open phrase ends now. */
  flush(): Promise<void>;
  /**
   * Returns the open phrase, for a partial.
   * @param fromSample of the phrase: `pcm` begins there
   */
  openPhrase(fromSample?: number): OpenPhrase | undefined;
  /** True while a phrase is open and its last window was speech; for level events. */
  readonly speech: boolean;
  /** Last frame that was segmented, −1 before the first. */
  readonly processedThrough: number;
  /**
   * First frame that may still enter a phrase (open phrase or pre-roll). Earlier frames belong to
   * emitted phrases or to silence.
   */
  readonly neededFrom: number;
  dispose(): void;
}

/** All in milliseconds or 0–1; defaults in `segmenter.ts`. */
export interface SegmenterOptions {
  /**
   * Probability from which a window counts as speech without an open phrase, and below which it
   * counts as silence within a phrase.
   */
  readonly onsetThreshold: number;
  readonly offsetThreshold: number;
  /** Minimum total speech for an onset. */
  readonly minSpeechMs: number;
  /** Audio included before the first window of speech. */
  readonly preRollMs: number;
  /** Silence that ends a phrase. */
  readonly endSilenceMs: number;
  /**
   * Silence that ends an untrusted phrase shorter than `shortPhraseMs`: a recogniser needs context.
   */
  readonly shortEndSilenceMs: number;
  readonly shortPhraseMs: number;
  /** Minimum silence before a pause is announced … */
  readonly pauseMs: number;
  /**
   * … and otherwise, the pause is announced this long before the latest start of its decode. The
   * decode must be ready at the end of the phrase.
   */
  readonly pauseLeadMs: number;
  /** Part of that silence that stays in the phrase. */
  readonly postRollMs: number;
  /** A phrase of this length is cut … */
  readonly maxPhraseMs: number;
  /** … at the quietest frame of this last stretch. */
  readonly cutSearchMs: number;
  /**
   * A phrase that begins within this time after the previous phrase has that phrase as left context
   * …
   */
  readonly leadGapMs: number;
  /** … or within this time if the recogniser doubts its texts of the source … */
  readonly doubtedLeadGapMs: number;
  /**
   * … unless both together exceed this length. After a cut at the maximum length, it always has
   * left context.
   */
  readonly leadMaxMs: number;
  /** Windows below this level (dBFS, RMS) count as silence without the detector. */
  readonly gateDb: number;
}
