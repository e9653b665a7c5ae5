/**
 * Speakers of one source. During recording, they come from embeddings of short windows. At the end,
 * they come from segmentation and clustering of the whole recording. Voices keep their ids from the
 * first result to the second.
 */
import type { Frame, Source } from '../audio/frame';
import type { SpeechDetector } from '../vad/contract';
import type { Embedding, SpeakerEmbedder, SpeakerSegmenter, Turn } from './contract';
import { EmbeddingStream } from './embeddingStream';
import { type FinalSpeakers, finalSpeakers } from './finalPass';
import { OnlineClustering } from './onlineClustering';
import { SegmentationStream, type VoicePiece } from './segmentationStream';
import { overlapMs } from './turns';
import { dot } from './vectors';

export interface SourceSpeakersSetup {
  readonly source: Source;
  readonly detector: SpeechDetector;
  /** Without segmentation, the voices of the short windows are final. */
  readonly models: SpeakerEmbedder & Partial<SpeakerSegmenter>;
  /** Creates the id of a new voice. */
  readonly newId: () => string;
}

export interface SourceVoiceprint {
  readonly id: string;
  readonly centre: Embedding;
}

interface Final {
  readonly voices: readonly SourceVoiceprint[];
  readonly turns: readonly Turn[];
  readonly pieces: readonly VoicePiece[];
}

export class SourceSpeakers {
  private readonly online: OnlineClustering;
  private readonly windows: EmbeddingStream;
  private readonly whole: SegmentationStream | undefined;
  private final: Final | undefined;

  constructor(private readonly setup: SourceSpeakersSetup) {
    const { source, detector, models, newId } = setup;
    this.online = new OnlineClustering(source, newId);
    this.windows = new EmbeddingStream({
      source,
      embedder: models,
      detector,
      onWindow: (window) => this.online.addWindow(window),
      onStretch: (stretch) => this.online.addStretch(stretch),
    });
    const segment = models.segment?.bind(models);
    this.whole =
      segment && new SegmentationStream({ source, segmenter: { segment }, embedder: models });
  }

  /**
   * Takes frames in order.
   * @throws errors of the models; the next call continues after them
   */
  async process(frames: readonly Frame[]): Promise<void> {
    await this.windows.process(frames);
    await this.whole?.process(frames);
  }

  /** Like `process`, for a recording whose live voices are not needed. */
  async processWhole(frames: readonly Frame[]): Promise<void> {
    if (this.whole) await this.whole.process(frames);
    else await this.windows.process(frames);
  }

  /**
   * Ends the source.
   * @throws errors of the models
   */
  async finish(): Promise<void> {
    await this.windows.flush();
    this.online.cluster();
    if (!this.whole) return;
    await this.whole.flush();
    const { pieces, runs } = this.whole;
    const found = finalSpeakers(pieces, runs);
    const ids = this.idsOf(found);
    this.final = {
      pieces,
      voices: found.voices.map(({ centre }, k) => ({ id: ids[k] as string, centre })),
      turns: found.turns.map(({ voice, startMs, endMs }) => ({
        speaker: ids[voice] ?? '',
        source: this.setup.source,
        startMs,
        endMs,
      })),
    };
  }

  get voices(): readonly SourceVoiceprint[] {
    return this.final?.voices ?? this.online.activeVoices;
  }

  /**
   * Turns of the source. After the final pass, turns of two voices may overlap.
   * @param longestPauseMs longest pause within a live turn; absent for the usual limit
   */
  turns(longestPauseMs?: number): readonly Turn[] {
    return this.final?.turns ?? this.online.turns(this.windows.open, longestPauseMs);
  }

  /** Mean similarity of a voice to the speech in a span; undefined if the span has no embedding. */
  similarity(id: string, startMs: number, endMs: number): number | undefined {
    if (!this.final) return this.online.similarity(id, startMs, endMs);
    const voice = this.final.voices.find((one) => one.id === id);
    const near = this.final.pieces.flatMap(({ embedding, ...span }) =>
      embedding && span.startMs < endMs && span.endMs > startMs ? [embedding] : [],
    );
    if (!voice || near.length === 0) return undefined;
    return near.reduce((sum, embedding) => sum + dot(embedding, voice.centre), 0) / near.length;
  }

  dispose(): void {
    this.windows.dispose();
  }

  /**
   * A voice takes the id with the longest common time. A voice without common time gets a new id.
   */
  private idsOf({ voices, turns }: FinalSpeakers): string[] {
    const before = this.online.turns();
    const shares = voices
      .flatMap((_voice, k) => {
        const own = turns.filter(({ voice }) => voice === k);
        return this.online.activeVoices.map(({ id }) => ({
          voice: k,
          id,
          ms: overlapMs(
            own,
            before.filter(({ speaker }) => speaker === id),
          ),
        }));
      })
      .filter(({ ms }) => ms > 0)
      .sort((a, b) => b.ms - a.ms);
    const ids = new Map<number, string>();
    const taken = new Set<string>();
    for (const { voice, id } of shares) {
      if (ids.has(voice) || taken.has(id)) continue;
      ids.set(voice, id);
      taken.add(id);
    }
    return voices.map((_voice, k) => ids.get(k) ?? this.setup.newId());
  }
}
