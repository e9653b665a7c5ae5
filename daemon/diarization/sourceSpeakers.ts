/**
 * Speakers of one source. During recording, they come from short windows. At the end, they come
 * from segmentation and clustering of the whole recording. Voices keep their ids from the first
 * result to the second.
 */
import type { Frame, Source } from '../audio/frame';
import type { SpeechDetector } from '../vad/contract';
import type { Embedding, SpeakerEmbedder, SpeakerSegmenter, Turn } from './contract';
import { type FinalSpeakers, finalSpeakers } from './finalPass';
import { LiveSpeakers, type SpeakersDuringRecording, similarityIn } from './liveSpeakers';
import { SegmentationStream, type VoicePiece } from './segmentationStream';
import { SpokenSpans, withinSpeech } from './spokenSpans';
import { overlapMs } from './turns';
import { WindowSpeakers } from './windowSpeakers';

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
  private readonly live: SpeakersDuringRecording;
  private readonly speech: SpokenSpans;
  private readonly whole: SegmentationStream | undefined;
  private final: Final | undefined;

  constructor(private readonly setup: SourceSpeakersSetup) {
    const { source, detector, models, newId } = setup;
    const segment = models.segment?.bind(models);
    this.speech = new SpokenSpans(source, detector);
    this.live = segment
      ? new LiveSpeakers({
          source,
          speech: this.speech,
          models: { embed: (cuts) => models.embed(cuts), segment },
          newId,
        })
      : new WindowSpeakers({ source, detector, models, newId });
    this.whole =
      segment && new SegmentationStream({ source, segmenter: { segment }, embedder: models });
  }

  /**
   * Takes frames in order.
   * @throws errors of the models; the next call continues after them
   */
  async process(frames: readonly Frame[]): Promise<void> {
    if (this.whole) await this.speech.process(frames);
    await this.live.process(frames);
    await this.whole?.process(frames);
  }

  /** Like `process`, for a recording whose live voices are not needed. */
  async processWhole(frames: readonly Frame[]): Promise<void> {
    if (this.whole) {
      await this.speech.process(frames);
      await this.whole.process(frames);
    } else await this.live.process(frames);
  }

  /**
   * Ends the source.
   * @throws errors of the models
   */
  async finish(): Promise<void> {
    if (this.whole) await this.speech.flush();
    await this.live.flush();
    if (!this.whole) return;
    await this.whole.flush();
    const { pieces, runs } = this.whole;
    const all = finalSpeakers(pieces, runs);
    const found = { ...all, turns: withinSpeech(all.turns, this.speech.possible) };
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
    return this.final?.voices ?? this.live.voices;
  }

  /**
   * Turns of the source. Turns of two voices may overlap.
   * @param longestPauseMs longest pause within a live turn; absent for the usual limit
   */
  turns(longestPauseMs?: number): readonly Turn[] {
    return this.final?.turns ?? this.live.turns(longestPauseMs);
  }

  /** Mean similarity of a voice to the speech in a span; undefined if the span has no embedding. */
  similarity(id: string, startMs: number, endMs: number): number | undefined {
    if (!this.final) return this.live.similarity(id, startMs, endMs);
    return similarityIn(
      this.final.pieces,
      this.final.voices.find((voice) => voice.id === id)?.centre,
      { startMs, endMs },
    );
  }

  dispose(): void {
    this.setup.detector.dispose();
  }

  /**
   * A voice takes the id with the longest common time. A voice without common time gets a new id.
   */
  private idsOf({ voices, turns }: FinalSpeakers): string[] {
    const before = this.live.turns();
    const shares = voices
      .flatMap((_voice, k) => {
        const own = turns.filter(({ voice }) => voice === k);
        return this.live.voices.map(({ id }) => ({
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
