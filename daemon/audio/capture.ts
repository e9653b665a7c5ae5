/** Contract of the recorders. */
import type { Source } from './frame';

/** A running recorder. */
export interface Recording {
  readonly source: Source;
  readonly device: string;
  readonly recorder: string;
  stop(): Promise<void>;
}

export interface RecordingHandlers {
  /** Receives raw samples of any length. The session owns them from now on and cuts frames. */
  onData(pcm: Int16Array): void;
  /** The recorder ended without a request. */
  onEnd(error: Error): void;
}

export interface Capture {
  /** @throws EarmarkError audio.noRecorder, audio.deviceNotFound, audio.recorderFailed */
  start(
    source: 'mic' | 'system',
    device: string | undefined,
    handlers: RecordingHandlers,
  ): Promise<Recording>;
}
