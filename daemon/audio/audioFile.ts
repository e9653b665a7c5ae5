/**
 * A recording on disk as the daemon's rooms see it: decoded, 16 kHz, one Int16 track a source. The
 * decoder is an adapter.
 */
import type { ErrorCode } from '../../protocol/errors';
import type { Source } from './frame';

/** Something that was wrong with a file and did not keep the rest from being used. */
export interface AudioDiagnostic {
  readonly code: Extract<ErrorCode, 'audio.truncated' | 'audio.unsupportedFormat'> | 'audio.quiet';
  /** One sentence for the user. */
  readonly message: string;
}

export interface AudioFileOptions {
  /**
   * Left becomes `mic`, right `system`; without it all channels are mixed into one `file` track.
   */
  readonly splitChannels?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * The same stretch of time of every source: one array a source, in the order of
 * `AudioFile.sources`, equally long.
 */
export type AudioBlock = readonly Int16Array[];

export interface AudioFile {
  /** wav, flac, mp3, vorbis, opus, or ffmpeg for anything it had to decode. */
  readonly codec: string;
  /** As recorded, before conversion to 16 kHz. */
  readonly sampleRate: number;
  readonly channels: number;
  readonly sources: readonly Source[];
  /** What the header promises; undefined where it says nothing (some MP3, piped files). */
  readonly declaredMs: number | undefined;
  /**
   * 16 kHz blocks of at most a few seconds, read as they are asked for: a long file never stands in
   * memory as a whole. Can be read once.
   */
  blocks(): AsyncIterable<AudioBlock>;
  /** Complete when `blocks` has ended. */
  readonly diagnostics: readonly AudioDiagnostic[];
}

/** A whole file in memory, 16 kHz. */
export interface DecodedAudio {
  readonly durationMs: number;
  readonly tracks: readonly { readonly source: Source; readonly pcm: Int16Array }[];
  readonly diagnostics: readonly AudioDiagnostic[];
}
