/** Partials: texts of the open phrase, decoded at intervals while the engine is idle. */
import { PartialAgreement, type PartialText } from '../asr/decoding/partialAgreement';
import type { AsrResult } from '../asr/contract/provider';
import type { Source } from '../audio/frame';
import type { Clock } from '../base/clock';
import type { MetricRecorder } from '../telemetry/metrics';
import type { OpenPhrase } from '../vad/contract';
import type { Drafts } from './drafts';
import type { SpeechEvent } from './contract';
import type { SpeechOptions } from './options';
import type { PhraseEngine } from '../asr/contract/engine';

export interface PartialsSetup {
  readonly source: Source;
  readonly engine: PhraseEngine;
  readonly clock: Clock;
  readonly metrics: MetricRecorder;
  readonly options: Pick<SpeechOptions, 'partialMs'>;
  readonly sessionId: string;
  readonly language: string;
  readonly drafts: Drafts;
  /** Redacts secrets if that is wanted. */
  readonly redacted: (result: AsrResult) => AsrResult;
  readonly emit: (event: Extract<SpeechEvent, { kind: 'partial' }>) => void;
}

interface Open {
  readonly id: string;
  readonly startMs: number;
  readonly agreement: PartialAgreement;
  readonly abortion: AbortController;
  lastMs: number;
  /** The last partial sent. */
  text?: PartialText;
}

export class Partials {
  private open: Open | undefined;
  private decoding = false;
  /** Phrases that a client shows. Each ends in a final or an empty partial. */
  private readonly shown = new Map<string, number>();

  constructor(private readonly setup: PartialsSetup) {}

  onset(id: string, startMs: number): void {
    this.close();
    this.open = {
      id,
      startMs,
      agreement: new PartialAgreement(),
      abortion: new AbortController(),
      lastMs: this.setup.clock.now(),
    };
  }

  /** Called when audio arrives. Decodes if the interval has passed and the engine is idle. */
  tick(phrase: () => OpenPhrase | undefined): void {
    const { engine, clock, options } = this.setup;
    const open = this.open;
    // Before the first word, the interval is halved.
    const everyMs = open?.text ? options.partialMs : options.partialMs / 2;
    if (!open || this.decoding || clock.now() - open.lastMs < everyMs || !engine.idle) return;
    const spoken = phrase();
    if (spoken?.id !== open.id) return;
    open.lastMs = clock.now();
    this.decoding = true;
    void this.decode(open, spoken).finally(() => (this.decoding = false));
  }

  /**
   * Sends a text of the open phrase.
   * @returns false if it is shown already, or another phrase is open
   */
  show(id: string, text: PartialText): boolean {
    const { open } = this;
    if (open?.id !== id) return false;
    if (text.stable === open.text?.stable && text.unstable === open.text.unstable) return false;
    open.text = text;
    this.shown.set(id, open.startMs);
    const { source, emit } = this.setup;
    emit({ kind: 'partial', source, phraseId: id, startMs: open.startMs, ...text });
    return true;
  }

  /** The phrase ended. Its final follows, so a partial in progress is cancelled. */
  close(): void {
    this.open?.abortion.abort();
    this.open = undefined;
  }

  /** The final of the phrase was sent. */
  settle(id: string): void {
    this.shown.delete(id);
  }

  /** The phrase has no text: its partial is removed. */
  drop(id: string): void {
    if (this.open?.id === id) this.close();
    const startMs = this.shown.get(id);
    if (startMs === undefined) return;
    this.shown.delete(id);
    this.setup.emit({
      kind: 'partial',
      source: this.setup.source,
      phraseId: id,
      startMs,
      stable: '',
      unstable: '',
    });
  }

  private async decode(open: Open, phrase: OpenPhrase): Promise<void> {
    const { engine, sessionId, language, drafts, clock, metrics } = this.setup;
    const shownMs = clock.now();
    try {
      const result = await engine.decode(
        phrase.pcm,
        { language, priority: 'partial', sessionId, ...drafts.of(phrase) },
        open.abortion.signal,
      );
      drafts.keep(open.id, result?.tokens);
      if (this.open !== open || result === undefined || result.text === '') return;
      const { text } = this.setup.redacted(result);
      if (!this.show(open.id, open.agreement.update(text))) return;
      metrics.observe('partial_latency', clock.now() - shownMs);
    } catch {
      // Partials are optional. The decode of the final reports errors of the engine.
    }
  }
}
