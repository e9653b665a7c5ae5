/** Speakers of one source during recording, from embeddings alone. They do not overlap. */
import type { Frame, Source } from '../audio/frame';
import type { SpeechDetector } from '../vad/contract';
import type { SpeakerEmbedder, Turn } from './contract';
import { EmbeddingStream } from './embeddingStream';
import type { SpeakersDuringRecording } from './liveSpeakers';
import { OnlineClustering } from './onlineClustering';

export interface WindowSpeakersSetup {
  readonly source: Source;
  readonly detector: SpeechDetector;
  readonly models: SpeakerEmbedder;
  /** Creates the id of a new voice. */
  readonly newId: () => string;
}

export class WindowSpeakers implements SpeakersDuringRecording {
  private readonly clustering: OnlineClustering;
  private readonly windows: EmbeddingStream;

  constructor({ source, detector, models, newId }: WindowSpeakersSetup) {
    this.clustering = new OnlineClustering(source, newId);
    this.windows = new EmbeddingStream({
      source,
      embedder: models,
      detector,
      onWindow: (window) => this.clustering.addWindow(window),
      onStretch: (stretch) => this.clustering.addStretch(stretch),
    });
  }

  get voices(): SpeakersDuringRecording['voices'] {
    return this.clustering.activeVoices;
  }

  process(frames: readonly Frame[]): Promise<void> {
    return this.windows.process(frames);
  }

  async flush(): Promise<void> {
    await this.windows.flush();
    this.clustering.cluster();
  }

  turns(longestPauseMs?: number): readonly Turn[] {
    return this.clustering.turns(this.windows.open, longestPauseMs);
  }

  similarity(id: string, startMs: number, endMs: number): number | undefined {
    return this.clustering.similarity(id, startMs, endMs);
  }
}
