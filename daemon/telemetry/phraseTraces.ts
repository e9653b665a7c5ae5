/**
 * Collects the stages of a phrase under a trace id, a running number that cannot be traced to a
 * session.
 */
import { type PhraseName, type Stage, STAGES } from './metrics';

/**
 * Limit of open phrases; phrases that never end (rejected, or resumed by the next start) are
 * removed by age.
 */
const OPEN_MAX = 512;
/** Complete traces stored for the page and the bundle. */
const KEPT = 50;

export interface PhraseTrace {
  readonly trace: number;
  /** Durations in milliseconds. */
  readonly stages: Readonly<Partial<Record<Stage, number>>>;
}

export class PhraseTraces {
  private readonly open = new Map<
    string,
    { readonly trace: number; readonly stages: Partial<Record<Stage, number>> }
  >();
  private readonly done: PhraseTrace[] = [];
  private count = 0;

  /**
   * @param onDone receives each phrase that passed every stage, with its session for the log's mark
   */
  constructor(
    private readonly onDone: (trace: PhraseTrace, sessionId: string) => void = () => undefined,
  ) {}

  add({ sessionId, phraseId }: PhraseName, stage: Stage, ms: number): void {
    const key = `${sessionId} ${phraseId}`;
    let entry = this.open.get(key);
    if (!entry) {
      // The text of a phrase can be written twice (a split echo): only a started phrase is traced.
      if (STAGES.indexOf(stage) >= STAGES.indexOf('store')) return;
      entry = { trace: ++this.count, stages: {} };
      this.open.set(key, entry);
      if (this.open.size > OPEN_MAX)
        for (const oldest of this.open.keys()) {
          this.open.delete(oldest);
          break;
        }
    }
    entry.stages[stage] = Math.round(ms * 1000) / 1000;
    if (stage !== 'send') return;
    this.open.delete(key);
    this.done.push(entry);
    if (this.done.length > KEPT) this.done.shift();
    this.onDone(entry, sessionId);
  }

  /** The last traces, oldest first. */
  get recent(): readonly PhraseTrace[] {
    return this.done;
  }
}
