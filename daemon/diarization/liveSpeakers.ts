/**
 * Speakers of one source during recording, by segmentation in a short sliding window. A moment has
 * its speakers a second later, both of an overlap included. Later windows may correct them.
 */
import type { Frame, Source } from '../audio/frame';
import type { Embedding, SpeakerEmbedder, SpeakerSegmenter, Turn } from './contract';
import { voiceTurns } from './finalPass';
import { OnlineClustering } from './onlineClustering';
import {
  SegmentationStream,
  type SegmentationSettings,
  type VoicePiece,
  type VoiceRun,
} from './segmentationStream';
import { type SpokenSpans, type TimeSpan, withAllSpeech } from './spokenSpans';
import { joinTurns } from './turns';
import { dot } from './vectors';
import { VOICE_SETTINGS } from './voiceCentres';

/**
 * Windows of 3 s every 0.74 s. Tuned on the tuning part of the simulated conversations
 * (docs/decisions/0086-live-speakers-by-segmentation.md).
 */
const LIVE_SEGMENTATION: SegmentationSettings = {
  window: 48_000,
  hop: 52,
  live: { lag: 44, firstPiece: 1.1, earlyPiece: 0.5 },
  longestPiece: 1.5,
  shortestEmbedded: 0.4,
};
/** A voice opens with its first piece, a second of speech. */
const LIVE_VOICES = { ...VOICE_SETTINGS, foundingMs: 600 };
/** Maximum number of pieces whose voice may still change: some 30 minutes of speech. */
const MOST_PIECES = 1_500;
/** Number of pieces that become turns when there are too many. */
const SETTLED_TOGETHER = 500;

/** Speakers of a source while it is recorded. */
export interface SpeakersDuringRecording {
  /** The current voices. */
  readonly voices: readonly { readonly id: string; readonly centre: Embedding }[];
  /**
   * Takes frames in order.
   * @throws errors of the models; the next call continues after them
   */
  process(frames: readonly Frame[]): Promise<void>;
  /**
   * Ends the source and clusters its voices once more.
   * @throws errors of the models
   */
  flush(): Promise<void>;
  /** Turns in order of their starts. */
  turns(longestPauseMs?: number): readonly Turn[];
  /** Mean similarity of a voice to the speech in a span; undefined if the span has no embedding. */
  similarity(id: string, startMs: number, endMs: number): number | undefined;
}

export interface LiveSpeakersSetup {
  readonly source: Source;
  /** Has taken the frames before `process` takes them. */
  readonly speech: SpokenSpans;
  readonly models: SpeakerEmbedder & SpeakerSegmenter;
  /** Creates the id of a new voice. */
  readonly newId: () => string;
}

export class LiveSpeakers implements SpeakersDuringRecording {
  private readonly stream: SegmentationStream;
  private readonly clustering: OnlineClustering;
  private pieces: VoicePiece[] = [];
  private runs: VoiceRun[] = [];
  private settled: Turn[] = [];
  private settledMs = 0;
  private cached: readonly Turn[] | undefined;

  constructor(private readonly setup: LiveSpeakersSetup) {
    const { source, speech, models, newId } = setup;
    this.stream = new SegmentationStream({
      source,
      segmenter: models,
      embedder: models,
      settings: LIVE_SEGMENTATION,
      isSpeech: (startMs, endMs) => speech.isSpeech(startMs, endMs),
    });
    this.clustering = new OnlineClustering(source, newId, LIVE_VOICES);
  }

  get voices(): SpeakersDuringRecording['voices'] {
    return this.clustering.activeVoices;
  }

  async process(frames: readonly Frame[]): Promise<void> {
    const before = this.stream.segmentedMs;
    await this.stream.process(frames);
    if (this.stream.segmentedMs !== before) this.take();
  }

  async flush(): Promise<void> {
    await this.stream.flush();
    this.take();
    this.clustering.cluster();
  }

  /** Turns of two voices may overlap. */
  turns(): readonly Turn[] {
    this.cached ??= this.current();
    return this.cached;
  }

  similarity(id: string, startMs: number, endMs: number): number | undefined {
    return similarityIn(this.pieces, this.voices.find((voice) => voice.id === id)?.centre, {
      startMs,
      endMs,
    });
  }

  private current(): readonly Turn[] {
    const { pieces, runs } = this.stream.provisional;
    return [
      ...this.settled,
      ...withAllSpeech(
        this.turnsOf([...this.pieces, ...pieces], [...this.runs, ...runs]),
        this.setup.speech.since(this.settledMs),
      ),
    ];
  }

  private take(): void {
    this.cached = undefined;
    const { pieces, runs } = this.stream.drain();
    this.pieces.push(...pieces);
    this.runs.push(...runs);
    const first = this.voices.length === 0 ? this.stream.provisional.pieces : [];
    for (const { startMs, endMs, embedding } of [...pieces, ...first])
      if (embedding) this.clustering.addWindow({ startMs, endMs, embedding });
    if (this.pieces.length > MOST_PIECES) this.settle();
  }

  private settle(): void {
    const untilMs = this.pieces[SETTLED_TOGETHER]?.startMs ?? 0;
    const old = ({ startMs }: { readonly startMs: number }): boolean => startMs < untilMs;
    this.settledMs = untilMs;
    this.settled = joinTurns([
      ...this.settled,
      ...this.turnsOf(this.pieces.filter(old), this.runs.filter(old)),
    ]);
    this.pieces = this.pieces.filter((piece) => !old(piece));
    this.runs = this.runs.filter((run) => !old(run));
  }

  private turnsOf(pieces: readonly VoicePiece[], runs: readonly VoiceRun[]): Turn[] {
    const { voices } = this;
    if (voices.length === 0) return [];
    return voiceTurns(
      pieces,
      runs,
      voices.map(({ centre }) => centre),
    ).map(({ voice, startMs, endMs }) => ({
      speaker: voices[voice]?.id ?? '',
      source: this.setup.source,
      startMs,
      endMs,
    }));
  }
}

/** Mean cosine between a voice and the pieces of a span; undefined without either. */
export function similarityIn(
  pieces: readonly VoicePiece[],
  centre: Embedding | undefined,
  { startMs, endMs }: TimeSpan,
): number | undefined {
  const near = pieces.flatMap(({ embedding, ...span }) =>
    embedding && span.startMs < endMs && span.endMs > startMs ? [embedding] : [],
  );
  if (!centre || near.length === 0) return undefined;
  return near.reduce((sum, embedding) => sum + dot(embedding, centre), 0) / near.length;
}
