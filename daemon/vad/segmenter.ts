/**
 * Finds the bounds of phrases from the speech probabilities of consecutive 32 ms windows. Pure:
 * positions are samples of a source; the caller stores the audio. Structure after the segmenter of
 * ricky0123/vad, with a maximum length that cuts at the quietest place.
 */
import { FRAME_SAMPLES, SAMPLE_RATE } from '../audio/frame';
import { type SegmenterOptions, VAD_WINDOW } from './contract';

/**
 * For live audio. Silence ends a phrase after 400 ms if the phrase has 8 s or its text is trusted,
 * otherwise after 850 ms: docs/decisions/0001-phrase-end-silence.md.
 *
 * Left context: docs/decisions/0002-left-context.md;
 * doubtful sources: docs/decisions/0004-context-for-doubtful-sources.md.
 * Maximum length, half of the 30 s that a recogniser takes:
 * docs/decisions/0003-phrase-cap-and-cuts.md.
 * Decode in the pause, a window and a frame early: docs/decisions/0005-decoding-in-the-pause.md.
 */
export const defaultSegmenterOptions: SegmenterOptions = {
  onsetThreshold: 0.5,
  offsetThreshold: 0.35,
  minSpeechMs: 96,
  preRollMs: 300,
  endSilenceMs: 400,
  shortEndSilenceMs: 850,
  shortPhraseMs: 8_000,
  pauseMs: 160,
  pauseLeadMs: 50,
  postRollMs: 400,
  maxPhraseMs: 15_000,
  cutSearchMs: 3_000,
  leadGapMs: 400,
  leadMaxMs: 12_000,
  doubtedLeadGapMs: 850,
  gateDb: -60,
};

/**
 * For recordings, where latency does not matter: longer pauses stay inside a phrase
 * (docs/decisions/0009-pauses-in-recordings.md).
 */
export const fileSegmenterOptions: Partial<SegmenterOptions> = {
  endSilenceMs: 1_000,
  shortEndSilenceMs: 1_000,
};

/**
 * For recordings with Whisper, which takes 30 s and errs at cuts
 * (docs/decisions/0009-pauses-in-recordings.md).
 */
export const whisperFileSegmenterOptions: Partial<SegmenterOptions> = {
  ...fileSegmenterOptions,
  maxPhraseMs: 28_000,
};

/**
 * For live audio with Whisper: its decode uses no left context, so a phrase may be longer before it
 * is cut.
 */
const whisperLiveSegmenterOptions: Partial<SegmenterOptions> = { maxPhraseMs: 20_000 };

/**
 * For recordings with NeMo. The model normalises its whole input, so a phrase includes the silence
 * around it. A recording of up to 28 s without a long pause is decoded whole. Another 2 s at the
 * cut fit into the 30 s of a decode. A longer phrase is cut at the quietest place of its last 8 s.
 */
const nemoFileSegmenterOptions: Partial<SegmenterOptions> = {
  preRollMs: 3_000,
  endSilenceMs: 3_000,
  shortEndSilenceMs: 3_000,
  postRollMs: 3_000,
  maxPhraseMs: 28_000,
  cutSearchMs: 8_000,
};

/**
 * For dictation: the user waits for the text after releasing the key, so every pause starts a
 * decode. A pause is four windows; shorter pauses occur inside words.
 */
const dictationSegmenterOptions: Partial<SegmenterOptions> = { pauseMs: 128, pauseLeadMs: 30_000 };

/**
 * For several speakers without diarization: segments keep the bounds of phrases. Shorter phrases
 * mix the turns of two speakers less often
 * (docs/decisions/0010-shorter-phrases-in-mixed-sources.md).
 */
const mixedSegmenterOptions: Partial<SegmenterOptions> = { shortPhraseMs: 5_000 };

/** Options of a recogniser that differ from the defaults: for live audio and for recordings. */
export interface SegmenterPreset {
  readonly live: Partial<SegmenterOptions>;
  readonly file: Partial<SegmenterOptions>;
}
export const defaultPreset: SegmenterPreset = { live: {}, file: fileSegmenterOptions };
export const whisperPreset: SegmenterPreset = {
  live: whisperLiveSegmenterOptions,
  file: whisperFileSegmenterOptions,
};
export const nemoPreset: SegmenterPreset = { live: {}, file: nemoFileSegmenterOptions };

export interface SourceUse {
  /** A user waits for the end of the text. */
  readonly awaited?: boolean;
  /** Several people may speak on the source, without diarization. */
  readonly mixed?: boolean;
}

/** Returns the options of a source that differ from the defaults. */
export function segmenterOptionsFor(
  preset: SegmenterPreset,
  live: boolean,
  { awaited = false, mixed = false }: SourceUse = {},
): Partial<SegmenterOptions> {
  return {
    ...(live ? preset.live : preset.file),
    ...(mixed ? mixedSegmenterOptions : {}),
    ...(awaited ? dictationSegmenterOptions : {}),
  };
}

/** An onset that does not reach `minSpeechMs` is dropped after this much silence. */
const PENDING_SILENCE_MS = 160;

/**
 * An event of the segmenter. Positions are samples; `end` is past the last sample. The decode
 * begins at `from`: at the start of the previous phrase if this phrase directly continues it.
 */
export type SegmenterEvent =
  | { readonly kind: 'onset'; readonly start: number }
  | {
      readonly kind: 'pause';
      readonly from: number;
      readonly start: number;
      readonly end: number;
      readonly speechEnd: number;
    }
  | { readonly kind: 'resume' }
  | {
      readonly kind: 'phrase';
      readonly from: number;
      readonly start: number;
      readonly end: number;
      readonly speechEnd: number;
      readonly cause: 'silence' | 'cap' | 'flush';
      /**
       * After a cut at the maximum length: end of the speech detected so far in the continuation.
       */ readonly speechTo?: number;
    };

export type SegmenterState =
  | { readonly kind: 'silence' }
  /** A few windows of speech; too few for an onset. */
  | {
      readonly kind: 'pending';
      readonly start: number;
      readonly speech: number;
      readonly speechEnd: number;
    }
  | Open;

interface Open {
  readonly kind: 'open';
  readonly from: number;
  /** True if a cut at the maximum length separated it from the previous phrase. */
  readonly behindCut: boolean;
  readonly start: number;
  readonly speechEnd: number;
  readonly paused: boolean;
}

/** Returns the quietest place in `from … to`, as the end of a frame. */
export type QuietestPlace = (from: number, to: number) => number;

export class PhraseSegmenter {
  private current: SegmenterState = { kind: 'silence' };
  /** Samples before this belong to an earlier phrase or share a frame with its end. */
  private boundary = 0;
  /** The last phrase; undefined after a flush. */
  private last: Omit<Extract<SegmenterEvent, { kind: 'phrase' }>, 'kind'> | undefined;
  private position = 0;
  private readonly samples: {
    readonly [
      K in
        | 'minSpeech'
        | 'preRoll'
        | 'endSilence'
        | 'shortEndSilence'
        | 'shortPhrase'
        | 'pause'
        | 'pauseLead'
        | 'postRoll'
        | 'maxPhrase'
        | 'cutSearch'
        | 'leadGap'
        | 'leadMax'
        | 'doubtedLeadGap'
        | 'pendingSilence'
    ]: number;
  };

  constructor(
    private readonly options: SegmenterOptions,
    private readonly quietest: QuietestPlace,
    private readonly longPhrases: () => boolean = () => false,
    private readonly trusted: () => boolean = () => false,
    private readonly decodeMs: (audioMs: number) => number = () => 0,
    private readonly doubted: () => boolean = () => false,
  ) {
    const count = (ms: number): number => Math.round((ms * SAMPLE_RATE) / 1000);
    this.samples = {
      minSpeech: count(options.minSpeechMs),
      preRoll: count(options.preRollMs),
      endSilence: count(options.endSilenceMs),
      shortEndSilence: count(options.shortEndSilenceMs),
      shortPhrase: count(options.shortPhraseMs),
      pause: count(options.pauseMs),
      pauseLead: count(options.pauseLeadMs),
      postRoll: count(options.postRollMs),
      maxPhrase: count(options.maxPhraseMs),
      cutSearch: count(Math.min(options.cutSearchMs, options.maxPhraseMs / 2)),
      leadGap: count(options.leadGapMs),
      leadMax: count(options.leadMaxMs),
      doubtedLeadGap: count(options.doubtedLeadGapMs),
      pendingSilence: count(PENDING_SILENCE_MS),
    };
  }

  get state(): SegmenterState {
    return this.current;
  }

  /** True while a phrase is open and its last window was speech. */
  get speaking(): boolean {
    return this.current.kind === 'open' && this.current.speechEnd === this.position;
  }

  /** First sample that may still enter a phrase. */
  get neededFrom(): number {
    if (this.current.kind === 'silence')
      return Math.max(this.boundary, this.position - this.samples.preRoll);
    return this.current.start;
  }

  /** The source starts at sample `first`; silence fills the window before it. */
  beginAt(first: number): void {
    this.boundary = first;
  }

  /** Takes the probability of the window at sample `start`. */
  push(start: number, probability: number): SegmenterEvent[] {
    const end = start + VAD_WINDOW;
    this.position = end;
    if (this.current.kind === 'open')
      return this.pushOpen(this.current, end, probability >= this.options.offsetThreshold);
    return this.pushQuiet(start, end, probability);
  }

  /** A hard boundary at sample `at`: the open phrase ends there. */
  flush(at: number): SegmenterEvent[] {
    const state = this.current;
    this.current = { kind: 'silence' };
    this.position = at;
    this.boundary = at;
    this.last = undefined;
    if (state.kind !== 'open' || at <= state.start) return [];
    return [
      {
        kind: 'phrase',
        from: this.fromOf(state, state.speechEnd),
        start: state.start,
        end: at,
        speechEnd: Math.min(at, state.speechEnd),
        cause: 'flush',
      },
    ];
  }

  private pushQuiet(start: number, end: number, probability: number): SegmenterEvent[] {
    const state = this.current;
    if (state.kind === 'silence') {
      if (probability < this.options.onsetThreshold) return [];
      return this.grow({
        start: Math.max(this.boundary, start - this.samples.preRoll),
        speech: VAD_WINDOW,
        speechEnd: end,
      });
    }
    if (state.kind !== 'pending') return [];
    if (probability >= this.options.offsetThreshold)
      return this.grow({ start: state.start, speech: state.speech + VAD_WINDOW, speechEnd: end });
    if (end - state.speechEnd >= this.samples.pendingSilence) this.current = { kind: 'silence' };
    return [];
  }

  private grow(onset: { start: number; speech: number; speechEnd: number }): SegmenterEvent[] {
    if (onset.speech < this.samples.minSpeech) {
      this.current = { kind: 'pending', ...onset };
      return [];
    }
    return this.open(onset.start, onset.speechEnd);
  }

  private open(start: number, speechEnd: number): SegmenterEvent[] {
    const from =
      this.last &&
      start - this.last.end <= (this.doubted() ? this.samples.doubtedLeadGap : this.samples.leadGap)
        ? this.last.start
        : start;
    this.current = {
      kind: 'open',
      from,
      behindCut: this.last?.cause === 'cap',
      start,
      speechEnd,
      paused: false,
    };
    return [{ kind: 'onset', start }];
  }

  private pushOpen(state: Open, end: number, speech: boolean): SegmenterEvent[] {
    const { start } = state;
    const speechEnd = speech ? end : state.speechEnd;
    const from = this.fromOf(state, speechEnd);
    const spoken = speechEnd - start;
    const quiet = end - speechEnd;
    const long = this.longPhrases();
    const short = spoken < this.samples.shortPhrase;
    const wait =
      long || (short && !(quiet >= this.samples.endSilence && this.trusted()))
        ? this.samples.shortEndSilence
        : this.samples.endSilence;
    const phraseEnd = Math.min(end, speechEnd + this.samples.postRoll);
    if (quiet >= wait)
      return [this.close({ from, start, end: phraseEnd, speechEnd, cause: 'silence' })];
    const events: SegmenterEvent[] = [];
    let paused = state.paused && !speech;
    if (state.paused && speech) events.push({ kind: 'resume' });
    const moment = Math.max(
      this.samples.pause,
      (long || (short && this.doubted()) ? this.samples.shortEndSilence : this.samples.endSilence) -
        this.samples.pauseLead -
        this.decodeTime(speechEnd - from),
    );
    if (!speech && !paused && quiet >= moment) {
      events.push({ kind: 'pause', from, start, end: phraseEnd, speechEnd });
      paused = true;
    }
    this.current = { ...state, speechEnd, paused };
    if (end - start < this.samples.maxPhrase) return events;
    const cut = this.quietest(end - this.samples.cutSearch, end);
    // No speech follows the cut: the rest is the silence that was about to end the phrase.
    const over = speechEnd <= cut;
    events.push(
      this.close({
        from,
        start,
        end: cut,
        speechEnd: Math.min(cut, speechEnd),
        cause: 'cap',
        ...(over ? {} : { speechTo: end }),
      }),
    );
    return over ? events : [...events, ...this.open(cut, speechEnd)];
  }

  /**
   * Start of the decode. A long phrase does not need left context and pays most for it. After a
   * cut, left context keeps the words at the cut.
   */
  private fromOf({ from, start, behindCut }: Open, speechEnd: number): number {
    return behindCut || speechEnd - from <= this.samples.leadMax ? from : start;
  }

  /** Estimated decode time of this many samples, in samples. */
  private decodeTime(samples: number): number {
    return (this.decodeMs((samples * 1000) / SAMPLE_RATE) * SAMPLE_RATE) / 1000;
  }

  private close(phrase: Omit<Extract<SegmenterEvent, { kind: 'phrase' }>, 'kind'>): SegmenterEvent {
    this.current = { kind: 'silence' };
    this.boundary = afterFrameOf(phrase.end);
    this.last = phrase;
    return { kind: 'phrase', ...phrase };
  }
}

/**
 * Rounds up to a frame, because finals are counted in frames. A resumed session starts at a frame
 * too, so its phrases start at the same times.
 */
function afterFrameOf(end: number): number {
  return Math.ceil(end / FRAME_SAMPLES) * FRAME_SAMPLES;
}
