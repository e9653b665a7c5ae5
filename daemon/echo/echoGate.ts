/**
 * Gate for finals of a session with microphone and system audio. It hides echoes: copies of the
 * loudspeakers' words in the microphone. A suspected echo waits briefly for the system's words, so
 * that it is not shown and then dimmed. Later words hide it by a revision. All other finals pass at
 * once; no final is lost.
 */
import type { Frame, Source } from '../audio/frame';
import type { Clock } from '../base/clock';
import type { Disposable } from '../base/disposable';
import { EchoRemover } from './echo';
import type { Segment } from '../transcript/types';
import type { Revision } from '../transcript/revision';

/** A passing event as far as the gate reads it. */
type PassingText =
  | { readonly kind: 'level' | 'health' }
  | {
      readonly kind: 'partial';
      readonly source: Source;
      readonly startMs: number;
      readonly stable: string;
      readonly unstable: string;
    };

export interface EchoGateSetup {
  readonly clock: Clock;
  /** Maximum time that a suspected echo is held, milliseconds. */
  readonly options: { readonly echoHoldMs: number };
  /** Called in order of speech within a source. `segments` is empty if the phrase has no text. */
  readonly publish: (segments: readonly Segment[], source: Source, finalThrough: number) => void;
  /** Calls `plan` when `current` includes all published segments. */
  readonly revise: (plan: () => readonly Revision[]) => void;
  /** Returns the current version of a segment. */
  readonly current: (id: string) => Segment | undefined;
}

interface DelayedSegment {
  readonly segment: Segment | undefined;
  readonly finalThrough: number;
  readonly untilMs: number;
}

export class EchoGate implements Disposable {
  private readonly echo = new EchoRemover();
  private readonly delayed: DelayedSegment[] = [];
  private timer: Disposable | undefined;
  private found = 0;

  constructor(private readonly setup: EchoGateSetup) {}

  /** Number of hidden segments and parts of segments. */
  get echoes(): number {
    return this.found;
  }

  frames(frames: readonly Frame[]): void {
    for (const frame of frames) this.echo.receive(frame);
  }

  phrase(segment: Segment | undefined, source: Source, finalThrough: number): void {
    const { clock, options, publish } = this.setup;
    if (source === 'mic')
      this.delayed.push({ segment, finalThrough, untilMs: clock.now() + options.echoHoldMs });
    else {
      publish(segment ? [segment] : [], source, finalThrough);
      if (segment) {
        this.echo.add(segment);
        this.revise();
      }
    }
    this.pass(false);
  }

  /** Returns false for a partial that is an echo. */
  shows(event: PassingText): boolean {
    return (
      event.kind !== 'partial' ||
      event.source !== 'mic' ||
      (event.stable === '' && event.unstable === '') ||
      !this.echo.echoing(event.startMs)
    );
  }

  /** Publishes the held segments. */
  flush(): void {
    this.pass(true);
  }

  dispose(): void {
    this.timer?.dispose();
    this.delayed.length = 0;
  }

  private pass(all: boolean): void {
    this.timer?.dispose();
    this.timer = undefined;
    const { clock, publish } = this.setup;
    for (let next = this.delayed[0]; next; next = this.delayed[0]) {
      const { segment, finalThrough, untilMs } = next;
      const verdict = segment && this.echo.judge(segment);
      const waitMs = untilMs - clock.now();
      if (verdict?.suspect && waitMs > 0 && !all) {
        this.timer = clock.setTimeout(() => this.pass(false), waitMs);
        return;
      }
      this.delayed.shift();
      const segments = verdict?.segments ?? [];
      this.count(segments);
      this.echo.published(segments);
      publish(segments, 'mic', finalThrough);
    }
    this.revise();
  }

  private revise(): void {
    const fresh = this.echo.takeFresh();
    if (fresh.length === 0 && !this.echo.learnt) return;
    this.setup.revise(() => {
      const revisions = this.echo.late(fresh, this.setup.current);
      for (const { segment, added } of revisions) this.count([segment, ...(added ?? [])]);
      return revisions;
    });
  }

  private count(segments: readonly Segment[]): void {
    this.found += segments.filter(({ hidden }) => hidden).length;
  }
}
