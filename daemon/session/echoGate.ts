/**
 * Where finals of a session with microphone and system pass: a copy of the loudspeakers' words in
 * the microphone leaves hidden. What sounds like an echo waits shortly for the system's words, so
 * that it is not first shown and then dimmed; words that come later than that hide it by a
 * revision. Everything else passes at once, and nothing is lost.
 */
import type { Frame, Source } from '../audio/frame';
import type { Clock } from '../base/clock';
import type { Disposable } from '../base/disposable';
import { EchoRemover } from '../transcript/echo';
import type { Segment } from '../transcript/types';
import type { TransientEventBody, Revision } from './events';
import type { SessionOptions } from './options';

export interface EchoGateSetup {
  readonly clock: Clock;
  readonly options: Pick<SessionOptions, 'echoHoldMs'>;
  /** In order of speech within a source. None where the phrase came to nothing. */
  readonly publish: (segments: readonly Segment[], source: Source, finalThrough: number) => void;
  /** `plan` is asked when everything that was published before can be seen by `current`. */
  readonly revise: (plan: () => readonly Revision[]) => void;
  /** A segment as it is now. */
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

  /** Segments, or parts of them, that were hidden. */
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

  /** False for words in the making that are the loudspeakers'. */
  shows(event: TransientEventBody): boolean {
    return (
      event.kind !== 'partial' ||
      event.source !== 'mic' ||
      (event.stable === '' && event.unstable === '') ||
      !this.echo.echoing(event.startMs)
    );
  }

  /** Lets go of what is held. */
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
