/** A decoded recording: 16 kHz, one Int16 track for each source. The decoder is an adapter. */
import type { ErrorCode } from '../../protocol/errors';
import type { Source } from './frame';

/** A fault of a file that leaves the rest usable. */
export interface AudioDiagnostic {
  readonly code: Extract<ErrorCode, 'audio.truncated' | 'audio.unsupportedFormat'> | 'audio.quiet';
  /** One sentence for the user. */
  readonly message: string;
}

export interface AudioFileOptions {
  /** Left becomes `mic`, right `system`; otherwise all channels are mixed into one `file` track. */
  readonly splitChannels?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * One time span of all sources: an array for each source, in the order of `AudioFile.sources`,
 * equally long.
 */
export type AudioBlock = readonly Int16Array[];

export interface AudioFile {
  /** wav, flac, mp3, vorbis, opus, or ffmpeg for files decoded by it. */
  readonly codec: string;
  /** As recorded, before conversion to 16 kHz. */
  readonly sampleRate: number;
  readonly channels: number;
  readonly sources: readonly Source[];
  /**
   * Duration according to the header; undefined if the header gives none (some MP3, piped files).
   */
  readonly declaredMs: number | undefined;
  /**
   * 16 kHz blocks of at most a few seconds, read on demand: a long file is never in memory as a
   * whole. Can be read once.
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
