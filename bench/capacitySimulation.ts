/**
 * Many sessions on a machine with so many cores, simulated: the product's scheduler, phrases as the
 * product cuts them, decodes that last as long as their measured processor time. What else must be
 * done (detector, daemon) takes its share of the cores away from them. Pure but for the scheduler;
 * time is a ManualClock.
 */
import { DecodeScheduler } from '../daemon/asr/engine/decodeScheduler';
import type { DecodeEffort } from '../daemon/asr/engine/decodeEffort';
import type { DecodeSlot } from '../daemon/asr/engine/phraseQueue';
import type { AsrResult } from '../daemon/asr/contract/provider';
import { ManualClock } from '../daemon/base/clock';
import { EarmarkError } from '../protocol/errors';

/** A phrase of the track; times in milliseconds from the begin of the track. */
export interface MeasuredPhrase {
  readonly speechEndMs: number;
  /** The frame that ended it was complete. */
  readonly decidedMs: number;
  readonly audioMs: number;
  /** Goes on behind the audio and the text of the phrase before. */
  readonly hasLead: boolean;
  /** Processor time of its decode, by what is done for it. */
  readonly cpuMs: Readonly<Record<DecodeEffort, number>>;
}

export interface Simulation {
  readonly cores: number;
  readonly trackMs: number;
  readonly phrases: readonly MeasuredPhrase[];
  /** Processor time of everything but decodes, per second and session, milliseconds. */
  readonly besidesMs: number;
  readonly sessions: number;
  readonly forMs: number;
  /** A client that has always so many phrases waiting, the longest of the track. */
  readonly flood?: number;
  /** Ends as soon as the 95th percentile is certain to be above this. */
  readonly markMs?: number;
}

export interface SimulationResult {
  /** End of speech → final, by session; in order of their begin. Without the flood's. */
  readonly latencies: readonly number[];
  readonly phrases: number;
  readonly finals: number;
  /** How long after the last phrase the last final came. */
  readonly drainMs: number;
  readonly flooded: number;
  /** Share of the cores in use. */
  readonly busy: number;
}

/** Decodes that run share what is left of the cores; each has one at most. */
class Machine {
  private readonly running = new Set<{ left: number; done: () => void }>();
  private timer: { dispose(): void } | undefined;
  private lastMs = 0;
  usedMs = 0;

  constructor(
    private readonly clock: ManualClock,
    private readonly free: number,
  ) {}

  run(cpuMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.pass();
      const job = { left: cpuMs, done: resolve };
      this.running.add(job);
      signal.addEventListener(
        'abort',
        () => {
          if (!this.running.has(job)) return;
          this.pass();
          this.running.delete(job);
          this.plan();
          reject(new EarmarkError('rpc.cancelled', 'The decode was cancelled.'));
        },
        { once: true },
      );
      this.plan();
    });
  }

  private get rate(): number {
    return Math.min(1, this.free / Math.max(1, this.running.size));
  }

  private pass(): void {
    const work = (this.clock.now() - this.lastMs) * this.rate;
    this.lastMs = this.clock.now();
    for (const job of this.running) {
      job.left -= work;
      this.usedMs += work;
    }
  }

  private plan(): void {
    this.timer?.dispose();
    const next = Math.min(...[...this.running].map(({ left }) => left));
    if (!Number.isFinite(next)) return;
    this.timer = this.clock.setTimeout(
      () => {
        this.pass();
        for (const job of [...this.running]) {
          if (job.left > 1e-6) continue;
          this.running.delete(job);
          job.done();
        }
        this.plan();
      },
      Math.max(0, next) / this.rate,
    );
  }
}

const RESULT: AsrResult = {
  text: 'said',
  words: [],
  confidence: 1,
  language: 'en',
  inferenceMs: 0,
};
/** Steps of the clock; a phrase is decided at a frame. */
const STEP_MS = 20;

export async function simulate({
  cores,
  trackMs,
  phrases,
  besidesMs,
  sessions,
  forMs,
  flood = 0,
  markMs = Infinity,
}: Simulation): Promise<SimulationResult> {
  const clock = new ManualClock();
  const machine = new Machine(clock, Math.max(0.05, cores - (besidesMs * sessions) / 1000));
  const costs = new Map<Float32Array, MeasuredPhrase>();
  const slot = (): DecodeSlot => ({
    transcribe: async (pcm, { effort: asked = 'full', context }, signal) => {
      const phrase = costs.get(pcm);
      const effort: DecodeEffort =
        asked === 'greedy' && phrase?.hasLead && !context?.left ? 'no-context' : asked;
      await machine.run(phrase?.cpuMs[effort] ?? 0, signal);
      return RESULT;
    },
  });
  const scheduler = new DecodeScheduler(clock);
  for (let i = 0; i < cores; i++) scheduler.addSlot(slot());
  // The scheduler looks at the length of the audio only; one array a phrase of the track serves all
  // sessions.
  const audio = phrases.map((phrase) => {
    const pcm = new Float32Array(phrase.audioMs * 16);
    costs.set(pcm, phrase);
    return pcm;
  });
  const due = Array.from({ length: sessions }, (_, n) => {
    const offset = (n * trackMs * 0.618) % trackMs;
    const session = `s${n}`;
    return phrases.map((phrase, i) => ({
      session,
      i,
      atMs: (phrase.decidedMs - offset + trackMs) % trackMs,
      waited: phrase.decidedMs - phrase.speechEndMs,
    }));
  })
    .flat()
    .sort((a, b) => a.atMs - b.atMs);

  const latencies: number[] = [];
  let [asked, finals, late, flooded, lastAskedMs, lastFinalMs] = [0, 0, 0, 0, 0, 0];
  const longest = phrases.reduce(
    (best, phrase, i) => (phrase.audioMs > (phrases[best]?.audioMs ?? 0) ? i : best),
    0,
  );
  let over = false;
  const pour = (): void => {
    if (over) return;
    void scheduler
      .run({
        pcm: audio[longest] as Float32Array,
        options: { language: 'en' },
        priority: 'final',
        sessionId: 'flood',
      })
      .then(() => {
        flooded++;
        pour();
      });
  };
  for (let i = 0; i < flood; i++) pour();
  const order = new Map<string, Promise<unknown>>();
  /** Waits and asks again where the queue is full, as the session's decoder does. */
  const decode = async (sessionId: string, i: number): Promise<void> => {
    const pcm = audio[i] as Float32Array;
    const request = phrases[i]?.hasLead ? { context: { left: { pcm, tokens: [] } } } : {};
    for (;;) {
      try {
        await scheduler.run({
          pcm,
          options: { language: 'en', ...request },
          priority: 'final',
          sessionId,
          live: true,
        });
        return;
      } catch {
        await new Promise<void>((resolve) => clock.setTimeout(resolve, 1_000));
      }
    }
  };
  const ask = async ({ session, i, waited }: (typeof due)[number]): Promise<void> => {
    const begun = clock.now();
    asked++;
    lastAskedMs = begun;
    const before = order.get(session);
    const said = (
      phrases[i]?.hasLead
        ? (before ?? Promise.resolve()).then(() => decode(session, i))
        : decode(session, i)
    ).then(() => before);
    order.set(session, said);
    await said;
    finals++;
    lastFinalMs = clock.now();
    const latencyMs = lastFinalMs - begun + waited;
    latencies.push(latencyMs);
    if (latencyMs > markMs) late++;
  };
  const asks: Promise<void>[] = [];
  const mayBeLate = Math.ceil((0.05 * due.length * forMs) / trackMs);
  for (let round = 0, next = 0; clock.now() < forMs && late <= mayBeLate; clock.advance(STEP_MS)) {
    for (; ; next++) {
      if (next === due.length) [next, round] = [0, round + 1];
      const one = due[next];
      if (!one || one.atMs + round * trackMs > clock.now()) break;
      asks.push(ask(one));
    }
    await new Promise(setImmediate);
  }
  const busy = machine.usedMs / (cores * forMs) + (besidesMs * sessions) / 1000 / cores;
  over = true;
  while (finals < asked && late <= mayBeLate) {
    clock.advance(STEP_MS);
    await new Promise(setImmediate);
  }
  if (finals === asked) await Promise.all(asks);
  return {
    latencies,
    phrases: asked,
    finals,
    drainMs: Math.max(0, lastFinalMs - lastAskedMs),
    flooded,
    busy,
  };
}
