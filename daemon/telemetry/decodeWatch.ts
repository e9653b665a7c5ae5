/**
 * Observes every decode of the sessions: wait and work times, consecutive failures, open requests.
 */
import { DecodeStats } from '../asr/contract/decodeStats';
import type { SessionDecode } from '../asr/contract/enginesApi';
import { SAMPLE_RATE } from '../audio/frame';
import type { Clock } from '../base/clock';
import { isEarmarkError } from '../../protocol/errors';
import type { MetricRecorder } from './metrics';

/** Window of real-time factors. */
const RTF_WINDOW_MS = 60_000;

export class DecodeWatch {
  private readonly stats = new DecodeStats();
  /** Requested finals without a result, with the time of the request. */
  private readonly out = new Map<number, number>();
  private count = 0;
  private failed = 0;

  constructor(
    private readonly clock: Clock,
    private readonly metrics: MetricRecorder,
  ) {}

  /** Number of failed finals since the last success. */
  get errorsInRow(): number {
    return this.failed;
  }

  get oldestWaitMs(): number {
    for (const since of this.out.values()) return this.clock.now() - since;
    return 0;
  }

  /** Real-time factor over the decodes of the last minute; undefined if none ended. */
  get rtf(): number | undefined {
    return this.stats.meanSince(this.clock.now() - RTF_WINDOW_MS);
  }

  /** Follows a decode that began. */
  follow({ engine, priority, samples, result }: SessionDecode): void {
    const { clock, metrics } = this;
    const begunMs = clock.now();
    const id = ++this.count;
    const isFinal = priority === 'final';
    if (isFinal) this.out.set(id, begunMs);
    result.then(
      (text) => {
        this.out.delete(id);
        if (text && text.inferenceMs > 0) {
          metrics.observe('inference', text.inferenceMs, engine.provider);
          this.stats.add({
            atMs: clock.now(),
            inferenceMs: text.inferenceMs,
            audioMs: (samples * 1000) / SAMPLE_RATE,
          });
        }
        if (!text || !isFinal) return;
        metrics.observe('inference_wait', Math.max(0, clock.now() - begunMs - text.inferenceMs));
        this.failed = 0;
      },
      (error: unknown) => {
        this.out.delete(id);
        const code = isEarmarkError(error) ? error.code : 'internal';
        if (!isFinal || code === 'rpc.cancelled') return;
        this.failed++;
        metrics.count('errors', 1, code);
      },
    );
  }
}
