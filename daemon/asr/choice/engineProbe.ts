/**
 * Probes of a preferred engine while another engine decodes: whether it works, and how fast it is
 * for the present amount of speech.
 */
import { SAMPLE_RATE } from '../../audio/frame';
import type { Clock } from '../../base/clock';
import type { ManagedSpeechEngine } from '../contract/speechEngineApi';

/** Interval between probes … */
const PROBE_MS = 5_000;
/** … longer if a probe takes long, because a probe is load: three times its duration, up to this. */
const MAX_PROBE_MS = 10_000;
const PROBE_SHARE = 3;
/** Audio of a probe: long enough to measure speed, short enough to be cheap. */
const PROBE_SAMPLES = 2 * SAMPLE_RATE;
/** Window in which the amount of speech is measured. */
const SPEECH_WINDOW_MS = 30_000;

export class EngineProbe {
  /** Real-time factor of the last probe; Infinity before it and after a failed one. */
  private rtf = Infinity;
  private running = false;
  private lastMs = -Infinity;
  private everyMs = PROBE_MS;
  /** End of the last recognised speech. In memory only. */
  private speech: Float32Array | undefined;
  /** Live finals of the last seconds. */
  private spoken: { readonly atMs: number; readonly audioMs: number }[] = [];

  constructor(private readonly clock: Clock) {}

  /** A live final is requested. @param samples its length, 16 kHz */
  requested(samples: number): void {
    const atMs = this.clock.now();
    this.spoken = this.spoken.filter((one) => atMs - one.atMs < SPEECH_WINDOW_MS);
    this.spoken.push({ atMs, audioMs: (samples * 1000) / SAMPLE_RATE });
  }

  /** Words were recognised in this audio. */
  recognised(pcm: Float32Array): void {
    this.speech = pcm.slice(0, PROBE_SAMPLES);
  }

  /** Another engine took over: earlier probes no longer count. */
  begin(): void {
    this.rtf = Infinity;
    this.lastMs = this.clock.now();
  }

  get due(): boolean {
    return !this.running && this.clock.now() - this.lastMs >= this.everyMs;
  }

  /** Real-time factor of the last probe; Infinity if unknown. */
  get measuredRtf(): number {
    return this.rtf;
  }

  /** Expected load of the probed engine: several sources at once are more than its speed. */
  get expectedLoad(): number {
    const now = this.clock.now();
    const audioMs = this.spoken
      .filter(({ atMs }) => now - atMs < SPEECH_WINDOW_MS)
      .reduce((sum, one) => sum + one.audioMs, 0);
    return this.rtf * Math.max(1, audioMs / SPEECH_WINDOW_MS);
  }

  /**
   * Loads the engine and decodes a little.
   * @returns true if it decoded @throws EarmarkError as `ready` and `decode`
   */
  async run(engine: ManagedSpeechEngine): Promise<boolean> {
    const begunMs = this.clock.now();
    this.running = true;
    let rtf = Infinity;
    try {
      await engine.ready();
      const pcm =
        this.speech ?? new Float32Array(PROBE_SAMPLES).map((_, i) => 0.1 * Math.sin(i / 8));
      const result = await engine.decode(pcm, {
        language: 'en',
        priority: 'final',
        sessionId: 'probe',
        retryOnOther: true,
      });
      rtf = result ? (result.inferenceMs * SAMPLE_RATE) / (pcm.length * 1000) : this.rtf;
      return result !== undefined;
    } finally {
      this.rtf = rtf;
      this.running = false;
      this.lastMs = this.clock.now();
      this.everyMs = Math.min(
        MAX_PROBE_MS,
        Math.max(PROBE_MS, PROBE_SHARE * (this.lastMs - begunMs)),
      );
    }
  }
}
