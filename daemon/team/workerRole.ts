/**
 * Role of a team's decode worker: it offers its engine's decoders as slots of the queue while the
 * engine is ready. If the engine fails, the slots are removed and other workers decode the phrases.
 * The engine is tried again and its slots return.
 */
import { isEarmarkError } from '../../protocol/errors';
import type { DecodeSlot, DecodeQueueConsumer } from '../asr/engine/phraseQueue';
import type { Clock } from '../base/clock';
import type { Logger } from '../base/logger';
import type { SpeechEngine } from '../asr/contract/engine';
import { type MetricRecorder, noMetrics } from '../telemetry/metrics';

export interface WorkerRoleSetup {
  readonly engine: Pick<SpeechEngine, 'ready' | 'decode' | 'provider'>;
  readonly consumer: DecodeQueueConsumer;
  /** Number of phrases decoded in parallel. */
  readonly slots: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics?: MetricRecorder;
}

/** Delay between two tries to restart a failed engine. */
const RETRY_MS = 2_000;

type State = { readonly kind: 'loading' } | { readonly kind: 'ready' } | { readonly kind: 'ended' };

export class WorkerRole {
  private state: State = { kind: 'loading' };
  private readonly slots: readonly DecodeSlot[];

  constructor(private readonly setup: WorkerRoleSetup) {
    this.slots = Array.from({ length: setup.slots }, () => ({
      transcribe: (pcm, options, signal) => this.transcribe(pcm, options, signal),
    }));
  }

  get ready(): boolean {
    return this.state.kind === 'ready';
  }

  /**
   * Loads the engine and offers its slots.
   * @throws EarmarkError as SpeechEngine.ready, if the first load fails
   */
  async begin(): Promise<void> {
    await this.setup.engine.ready();
    this.offer();
  }

  /** Offers no more slots; running decodes continue. */
  end(): void {
    this.to({ kind: 'ended' });
  }

  private to(state: State): void {
    const { consumer } = this.setup;
    this.state = state;
    for (const slot of this.slots) {
      if (state.kind === 'ready') consumer.addSlot(slot);
      else consumer.removeSlot(slot);
    }
  }

  private offer(): void {
    if (this.state.kind === 'loading') this.to({ kind: 'ready' });
  }

  private async transcribe(
    ...[pcm, options, signal]: Parameters<DecodeSlot['transcribe']>
  ): ReturnType<DecodeSlot['transcribe']> {
    try {
      // The queue has ordered the phrases, so each is decoded at once.
      const result = await this.setup.engine.decode(
        pcm,
        { ...options, priority: 'final', sessionId: options.conversation ?? '' },
        signal,
      );
      if (result === undefined) throw new Error('An engine accepts every final.');
      const { engine, metrics = noMetrics } = this.setup;
      if (result.inferenceMs > 0) metrics.observe('inference', result.inferenceMs, engine.provider);
      return result;
    } catch (error) {
      if (
        isEarmarkError(error, 'engine.unavailable') ||
        (isEarmarkError(error) && error.code.startsWith('model.'))
      )
        this.lost(error.code);
      throw error;
    }
  }

  private lost(error: string): void {
    if (this.state.kind !== 'ready') return;
    this.setup.logger.error('engine.lost', { error });
    this.to({ kind: 'loading' });
    this.retry();
  }

  private retry(): void {
    this.setup.clock.setTimeout(() => {
      if (this.state.kind !== 'loading') return;
      this.setup.engine.ready().then(
        () => this.offer(),
        () => this.retry(),
      );
    }, RETRY_MS);
  }
}
