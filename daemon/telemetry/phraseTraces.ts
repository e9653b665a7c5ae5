/**
 * Puts the stages of a phrase together under one trace id, a running number that leads to no
 * session.
 */
import { type PhraseName, type Stage, STAGES } from './metrics';

/**
 * Phrases on their way; what never ends (rejected, taken up by the next start) leaves in order of
 * age.
 */
const OPEN_MAX = 512;
/** Complete ones that are remembered for the page and the bundle. */
const KEPT = 50;

export interface PhraseTrace {
  readonly trace: number;
  /** Milliseconds. */
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
   *
   * @param onDone told of each phrase that came through every stage, with its session for the log's
   * mark
   */
  constructor(
    private readonly onDone: (trace: PhraseTrace, sessionId: string) => void = () => undefined,
  ) {}

  add({ sessionId, phraseId }: PhraseName, stage: Stage, ms: number): void {
    const key = `${sessionId} ${phraseId}`;
    let entry = this.open.get(key);
    if (!entry) {
      // The text of a phrase can be written twice (an echo that is split): only what began is
      // followed.
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

  /** The last ones, oldest first. */
  get recent(): readonly PhraseTrace[] {
    return this.done;
  }
}
