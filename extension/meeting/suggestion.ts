/**
 * Suggests to record when another program opens the microphone, and to end the meeting when the
 * program closes it or nobody speaks for long. It never starts or ends a meeting by itself.
 */

/** A program must hold the microphone this long: a test of the microphone is no meeting. */
const HOLD_MS = 1_000;
/** No suggestions after *Not Now*. */
const SNOOZE_MS = 30 * 60_000;
/** A call that reconnects closes the microphone for a moment. */
const CLOSED_MS = 10_000;
/** Silence that asks whether the meeting is over. */
export const SILENCE_MS = 15 * 60_000;

export interface OtherProgram {
  readonly id: string;
  readonly name: string;
  /** It opened the microphone just now, and this window is the one that suggests. */
  readonly opened: boolean;
}

export type EndReason =
  { readonly kind: 'closed'; readonly program: string } | { readonly kind: 'silence' };

interface Timer {
  dispose(): void;
}

export interface SuggestionHost {
  readonly clock: { now(): number; setTimeout(run: () => void, ms: number): Timer };
  enabled(): boolean;
  /** Programs for which the user wants no suggestion. */
  ignored(): readonly string[];
  /** True if a meeting is recorded, in any window. */
  isRecording(): Promise<boolean>;
  suggest(program: string): PromiseLike<'record' | 'later' | 'never' | undefined>;
  ignore(id: string): PromiseLike<unknown>;
  start(): PromiseLike<unknown>;
  /** @returns true if the meeting should end */
  askEnd(reason: EndReason): PromiseLike<boolean>;
  stop(): PromiseLike<unknown>;
}

export class MeetingSuggestion {
  private programs: readonly OtherProgram[] = [];
  private asking = false;
  private snoozedUntil = -Infinity;
  /** Timers of programs that opened the microphone. */
  private readonly held = new Map<string, Timer>();
  private meeting: RunningMeeting | undefined;

  constructor(private readonly host: SuggestionHost) {}

  setPrograms(programs: readonly OtherProgram[]): void {
    this.programs = programs;
    for (const [id, timer] of this.held)
      if (!this.has(id)) {
        timer.dispose();
        this.held.delete(id);
      }
    for (const program of programs)
      if (program.opened && !this.held.has(program.id)) this.hold(program);
    this.meeting?.setPrograms(this.calling());
  }

  /** This window's meeting started, or a paused meeting goes on. */
  meetingRuns(): void {
    this.meeting ??= new RunningMeeting(this.host, this.calling());
  }

  /** This window's meeting ended or pauses. */
  meetingRests(): void {
    this.meeting?.dispose();
    this.meeting = undefined;
  }

  /** Somebody speaks. */
  spoke(): void {
    this.meeting?.spoke();
  }

  dispose(): void {
    for (const timer of this.held.values()) timer.dispose();
    this.held.clear();
    this.meetingRests();
  }

  private has(id: string): boolean {
    return this.programs.some((program) => program.id === id);
  }

  private calling(): readonly OtherProgram[] {
    const ignored = this.host.ignored();
    return this.programs.filter(({ id }) => !ignored.includes(id));
  }

  private hold(program: OtherProgram): void {
    const timer = this.host.clock.setTimeout(() => {
      this.held.delete(program.id);
      // A lost connection to the daemon suggests nothing.
      this.suggest(program).catch(() => undefined);
    }, HOLD_MS);
    this.held.set(program.id, timer);
  }

  private async suggest({ id, name }: OtherProgram): Promise<void> {
    const { host } = this;
    if (
      this.asking ||
      !host.enabled() ||
      host.ignored().includes(id) ||
      host.clock.now() < this.snoozedUntil
    )
      return;
    this.asking = true;
    try {
      if (await host.isRecording()) return;
      const answer = await host.suggest(name);
      if (answer === 'record') await host.start();
      else if (answer === 'never') await host.ignore(id);
      else if (answer === 'later') this.snoozedUntil = host.clock.now() + SNOOZE_MS;
    } finally {
      this.asking = false;
    }
  }
}

/** A meeting that records now. Each reason to end is asked once, until there is a new one. */
class RunningMeeting {
  private readonly seen = new Map<string, string>();
  private closed: Timer | undefined;
  private silence: Timer | undefined;
  private spokenAt: number;
  private asking = false;

  constructor(
    private readonly host: SuggestionHost,
    programs: readonly OtherProgram[],
  ) {
    this.spokenAt = host.clock.now();
    this.setPrograms(programs);
    this.watchSilence(SILENCE_MS);
  }

  setPrograms(programs: readonly OtherProgram[]): void {
    for (const { id, name } of programs) this.seen.set(id, name);
    if (programs.length > 0) {
      this.closed?.dispose();
      this.closed = undefined;
    } else if (this.seen.size > 0 && this.closed === undefined)
      this.closed = this.host.clock.setTimeout(() => {
        this.closed = undefined;
        const program = [...this.seen.values()].at(-1) ?? '';
        this.seen.clear();
        void this.ask({ kind: 'closed', program });
      }, CLOSED_MS);
  }

  spoke(): void {
    this.spokenAt = this.host.clock.now();
    if (this.silence === undefined) this.watchSilence(SILENCE_MS);
  }

  dispose(): void {
    this.closed?.dispose();
    this.silence?.dispose();
    this.asking = true;
  }

  /** Speech only notes its time; the timer looks whether it was long ago. */
  private watchSilence(ms: number): void {
    this.silence = this.host.clock.setTimeout(() => {
      this.silence = undefined;
      const quietMs = this.host.clock.now() - this.spokenAt;
      if (quietMs >= SILENCE_MS) void this.ask({ kind: 'silence' });
      else this.watchSilence(SILENCE_MS - quietMs);
    }, ms);
  }

  private async ask(reason: EndReason): Promise<void> {
    if (this.asking || !this.host.enabled()) return;
    this.asking = true;
    const ends = await Promise.resolve(this.host.askEnd(reason)).finally(
      () => (this.asking = false),
    );
    if (ends) await this.host.stop();
  }
}
