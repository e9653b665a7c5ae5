/**
 * Fallback policy over two speech detectors. The second detector gets the windows on which the
 * first failed, so that no window is lost. The first is tried again after every half minute of
 * audio.
 */
import { type SpeechDetector, VAD_WINDOW } from './contract';

/** About 30 s of windows. */
const PROBE_WINDOWS = Math.round(30_000 / 32);

type State =
  | { readonly kind: 'primary' }
  | { readonly kind: 'fallback'; readonly detector: SpeechDetector; readonly windows: number };

export class FallbackDetector implements SpeechDetector {
  private state: State = { kind: 'primary' };

  /** @param onFallback called each time the fallback takes over */
  constructor(
    private readonly primary: SpeechDetector,
    private readonly makeFallback: () => SpeechDetector,
    private readonly onFallback: (error: unknown) => void,
  ) {}

  async detect(windows: Float32Array): Promise<Float32Array> {
    let state = this.state;
    if (state.kind === 'primary' || state.windows >= PROBE_WINDOWS) {
      try {
        if (state.kind === 'fallback') this.primary.reset();
        const answer = await this.primary.detect(windows);
        if (state.kind === 'fallback') state.detector.dispose();
        this.state = { kind: 'primary' };
        return answer;
      } catch (error) {
        if (state.kind === 'primary') this.onFallback(error);
        state = {
          kind: 'fallback',
          detector: state.kind === 'primary' ? this.makeFallback() : state.detector,
          windows: 0,
        };
      }
    }
    this.state = { ...state, windows: state.windows + windows.length / VAD_WINDOW };
    return state.detector.detect(windows);
  }

  reset(): void {
    this.primary.reset();
    if (this.state.kind === 'fallback') this.state.detector.reset();
  }

  dispose(): void {
    this.primary.dispose();
    if (this.state.kind === 'fallback') this.state.detector.dispose();
  }
}
