/**
 * Watches every decode that a session asks for: how long it waited and worked, what failed in a
 * row, what is still out.
 */
import { DecodeStats } from '../asr/decodeStats';
import type { ManagedEngines } from '../asr/enginesApi';
import { SAMPLE_RATE } from '../audio/frame';
import type { Clock } from '../base/clock';
import type { EngineLease } from '../session/ports';
import { isEarmarkError } from '../../protocol/errors';
import type { MetricRecorder } from './metrics';

/** Real-time factors count for so long. */
const RTF_WINDOW_MS = 60_000;

export class DecodeWatch {
  private readonly stats = new DecodeStats();
  /** Finals that are asked for and not there, with the time of the wish. */
  private readonly out = new Map<number, number>();
  private count = 0;
  private failed = 0;

  constructor(
    private readonly clock: Clock,
    private readonly metrics: MetricRecorder,
  ) {}

  /** Finals that failed since the last one that did not. */
  get errorsInRow(): number {
    return this.failed;
  }

  get oldestWaitMs(): number {
    for (const since of this.out.values()) return this.clock.now() - since;
    return 0;
  }

  /** Over the decodes of the last minute; undefined where none ended. */
  get rtf(): number | undefined {
    return this.stats.meanSince(this.clock.now() - RTF_WINDOW_MS);
  }

  /** The same engines, with what they do counted. */
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

/**
 * `target` with some of its members replaced; everything else is asked of it when it is asked for.
 */
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
