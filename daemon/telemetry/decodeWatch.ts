/**
 * Observes every decode of the sessions: wait and work times, consecutive failures, open requests.
 */
import { DecodeStats } from '../asr/decodeStats';
import type { ManagedEngines } from '../asr/enginesApi';
import { SAMPLE_RATE } from '../audio/frame';
import type { Clock } from '../base/clock';
import type { EngineLease } from '../session/ports';
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

  /** Returns the same engines, with observed decodes. */
  watch(engines: ManagedEngines): ManagedEngines {
    return standIn(engines, { open: (request) => this.watchLease(engines.open(request)) });
  }

  private watchLease(lease: EngineLease): EngineLease {
    return standIn(lease, {
      decode: async (pcm, options, signal) => {
        const { clock, metrics } = this;
        const begunMs = clock.now();
        const id = ++this.count;
        const isFinal = options.priority === 'final';
        if (isFinal) this.out.set(id, begunMs);
        try {
          const result = await lease.decode(pcm, options, signal);
          if (result && result.inferenceMs > 0) {
            metrics.observe('inference', result.inferenceMs, lease.provider);
            this.stats.add({
              atMs: clock.now(),
              inferenceMs: result.inferenceMs,
              audioMs: (pcm.length * 1000) / SAMPLE_RATE,
            });
          }
          if (result && isFinal) {
            metrics.observe(
              'inference_wait',
              Math.max(0, clock.now() - begunMs - result.inferenceMs),
            );
            this.failed = 0;
          }
          return result;
        } catch (error) {
          const code = isEarmarkError(error) ? error.code : 'internal';
          if (isFinal && code !== 'rpc.cancelled') {
            this.failed++;
            metrics.count('errors', 1, code);
          }
          throw error;
        } finally {
          this.out.delete(id);
        }
      },
    });
  }
}

/** Returns `target` with some members replaced; other members are read from it on access. */
function standIn<T extends object>(target: T, replaced: Partial<T>): T {
  return new Proxy(target, {
    get: (object, name) => {
      if (Object.hasOwn(replaced, name)) return Reflect.get(replaced, name) as unknown;
      const value = Reflect.get(object, name, object) as unknown;
      return typeof value === 'function'
        ? (value as (...given: unknown[]) => unknown).bind(object)
        : value;
    },
  });
}
