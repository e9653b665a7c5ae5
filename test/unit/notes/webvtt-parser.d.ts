declare module 'webvtt-parser' {
  export class WebVTTParser {
    parse(
      input: string,
      mode: 'subtitles' | 'captions' | 'chapters' | 'metadata',
    ): {
      /** Times in seconds. */
      readonly cues: readonly { startTime: number; endTime: number; text: string }[];
      readonly errors: readonly { readonly message: string }[];
    };
  }
}
