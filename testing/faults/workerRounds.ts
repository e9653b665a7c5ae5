/**
 * Live sessions of real speech in a daemon as it ships, whose recognition workers are killed with
 * SIGKILL at random moments: which finals are lost or doubled beside a run that nobody disturbs,
 * and how soon there is text again.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type DaemonClient, ensureDaemon } from '../../client';
import { AudioEnd, AudioPush, FRAME_MS, FRAME_SAMPLES } from '../../protocol/audio';
import { EngineRetry } from '../../protocol/engine';
import { isEarmarkError } from '../../protocol/errors';
import { DaemonHealth } from '../../protocol/health';
import {
  type SessionEvent,
  SessionEventNotification,
  SessionGet,
  SessionStart,
  SessionStop,
} from '../../protocol/session';
import { bundled } from '../processes/bundle';
import { normaliseWords, wordErrors } from '../scoring/wordErrors';

/** A second of speech comes in a second. */
const LIVE = 1;
/** For the run that nobody disturbs: phrases depend on the audio alone. */
const HURRIED = 4;
const PUSH_FRAMES = 10;
const LOOK_MS = 25;
const READY_MS = 60_000;
const END_MS = 120_000;
/** Longest wait between the text that came again and the next kill. */
const KILL_WITHIN_MS = 800;
/** Half of the kills wait so long for a decode to be under way. */
const BUSY_WITHIN_MS = 1_500;

export interface Final {
  readonly id: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly text: string;
}

export interface WorkerRounds {
  readonly kills: number;
  readonly killedWhileLoading: number;
  readonly killedWhileDecoding: number;
  readonly sessions: number;
  readonly finals: number;
  readonly lost: number;
  readonly doubled: number;
  readonly words: number;
  readonly wordsThatDiffer: number;
  readonly notDone: number;
  /**
   * From a kill to a worker that has loaded its model; and, where a decode was under way, from
   * there to the next text of any session. Milliseconds.
   */
  readonly loadMs: readonly number[];
  readonly textMs: readonly number[];
}

/** A daemon of its own, with its folder. */
export class OwnDaemon {
  private readonly home = mkdtempSync(join(tmpdir(), 'earmark-workers-'));
  private child: ChildProcess | undefined;

  /**
   *
   * @param models folder.
   * @param crashes ends of workers before they are given up, where not the product's own.
   * @param program the daemon's file, bundled from the sources where absent
   */
  constructor(
    private readonly models: string,
    private readonly crashes?: number,
    private readonly program: string = bundled('workerDaemon.ts'),
  ) {}

  async start(): Promise<DaemonClient> {
    this.child = spawn(
      process.execPath,
      [this.program, '--home', this.home, '--log-level', 'warn'],
      {
        env: {
          ...process.env,
          EARMARK_MODELS: this.models,
          ...(this.crashes === undefined ? {} : { EARMARK_BENCH_CRASHES: String(this.crashes) }),
        },
        stdio: ['ignore', 'ignore', 'inherit'],
      },
    );
    for (const until = performance.now() + READY_MS; ;) {
      try {
        const client = await ensureDaemon({
          stateDir: this.home,
          client: { name: 'bench', version: '1' },
        });
        while ((await client.request(DaemonHealth, {})).engine.state !== 'READY') {
          if (performance.now() > until) throw new Error('The speech engine does not get ready.');
          await delay(LOOK_MS);
        }
        return client;
      } catch (error) {
        if (!isEarmarkError(error) || performance.now() > until) throw error;
        await delay(LOOK_MS);
      }
    }
  }

  get pid(): number {
    return this.child?.pid ?? -1;
  }

  /** Ends the process; the folder stays for the next start. */
  async stop(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (!child || child.exitCode !== null) return;
    const gone = new Promise((done) => child.once('exit', done));
    child.kill('SIGKILL');
    await gone;
  }

  async end(): Promise<void> {
    await this.stop();
    rmSync(this.home, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** One session that hears `pcm`; its finals are complete when `run` has ended. */
class RecordedSession {
  readonly finals: Final[] = [];
  readonly warnings: string[] = [];
  state = '';
  broken = 0;
  private sessionId = '';
  private last = 0;

  constructor(
    private readonly client: DaemonClient,
    private readonly pcm: Int16Array,
    private readonly key: string,
    private readonly onText: () => void = () => undefined,
  ) {}

  async run(speed: number): Promise<this> {
    const { client } = this;
    const early: { sessionId: string; event: SessionEvent }[] = [];
    client.onNotification(SessionEventNotification, ({ sessionId, event }) => {
      if (sessionId === this.sessionId) this.receive(event);
      else if (this.sessionId === '') early.push({ sessionId, event });
    });
    const { session } = await client.request(SessionStart, {
      key: this.key,
      kind: 'meeting',
      sources: [{ source: 'mic', origin: { type: 'push' } }],
      partials: speed === LIVE,
      insights: false,
      diarize: false,
    });
    this.sessionId = session.id;
    for (const { sessionId, event } of early) if (sessionId === session.id) this.receive(event);
    await this.push(speed);
    await client.request(AudioEnd, { sessionId: this.sessionId, source: 'mic' });
    await client.request(SessionStop, { sessionId: this.sessionId });
    for (
      const until = performance.now() + END_MS;
      this.state !== 'DONE' && performance.now() < until;
    )
      await delay(LOOK_MS);
    const kept = await client.request(SessionGet, { sessionId: this.sessionId });
    if (kept.segments.filter(({ text }) => text !== '').length !== this.finals.length)
      this.broken++;
    return this;
  }

  private async push(speed: number): Promise<void> {
    const frames = Math.floor(this.pcm.length / FRAME_SAMPLES);
    const begun = performance.now();
    for (let seq = 0; seq < frames;) {
      const part = this.pcm.subarray(
        seq * FRAME_SAMPLES,
        Math.min(frames, seq + PUSH_FRAMES) * FRAME_SAMPLES,
      );
      try {
        await this.client.request(AudioPush, {
          sessionId: this.sessionId,
          source: 'mic',
          seq,
          captureMs: seq * FRAME_MS,
          pcm: Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString('base64'),
        });
        seq += part.length / FRAME_SAMPLES;
      } catch (error) {
        if (!isEarmarkError(error, 'audio.tooFast')) throw error;
      }
      await delay(Math.max(1, begun + (seq * FRAME_MS) / speed - performance.now()));
    }
  }

  private receive(event: SessionEvent): void {
    if ('seq' in event) {
      if (event.seq !== this.last + 1) this.broken++;
      this.last = event.seq;
    }
    if (event.kind === 'state') this.state = event.to;
    if (event.kind === 'warning') this.warnings.push(event.code);
    if (event.kind === 'partial' && event.stable + event.unstable !== '') this.onText();
    if (event.kind !== 'final' || event.segment.text === '') return;
    const { id, startMs, endMs, text } = event.segment;
    this.finals.push({ id, startMs, endMs, text });
    this.onText();
  }
}

/**
 * @param speech one recording for each session that speaks at a time
 * @param seconds no new round begins after them
 */
export async function workerRounds(
  daemon: OwnDaemon,
  {
    speech,
    count,
    random,
    seconds = Infinity,
    onProgress = () => undefined,
    onRound = () => undefined,
  }: {
    readonly speech: readonly Int16Array[];
    readonly count: number;
    readonly random: () => number;
    readonly seconds?: number;
    readonly onProgress?: (kills: number) => void;
    readonly onRound?: (soFar: WorkerRounds) => void;
  },
): Promise<WorkerRounds> {
  const begun = performance.now();
  const client = await daemon.start();
  const total = {
    kills: 0,
    killedWhileLoading: 0,
    killedWhileDecoding: 0,
    sessions: 0,
    finals: 0,
    lost: 0,
    doubled: 0,
    words: 0,
    wordsThatDiffer: 0,
    notDone: 0,
  };
  const times = { loadMs: [] as number[], textMs: [] as number[] };
  try {
    const clean: Final[][] = [];
    for (const [i, pcm] of speech.entries())
      clean.push((await new RecordedSession(client, pcm, `undisturbed-${i}`).run(HURRIED)).finals);
    while (total.kills < count && performance.now() - begun < seconds * 1000) {
      const killer = new Killer(client, random, times);
      const recorded = speech.map(
        (pcm, i) =>
          new RecordedSession(client, pcm, `round-${total.sessions}-${i}`, () => killer.onText()),
      );
      const killing = killer.run(count - total.kills, (kills) => onProgress(total.kills + kills));
      const ended = await Promise.all(recorded.map((one) => one.run(LIVE)));
      const { kills, whileLoading, whileDecoding } = await killing.end();
      total.kills += kills;
      total.killedWhileLoading += whileLoading;
      total.killedWhileDecoding += whileDecoding;
      ended.forEach((one, i) => {
        const { lost, doubled } = compareFinals(clean[i] ?? [], one.finals);
        total.sessions++;
        total.finals += one.finals.length;
        total.lost += lost + one.broken;
        total.doubled += doubled;
        const wanted = wordsOf(clean[i] ?? []);
        total.words += wanted.length;
        total.wordsThatDiffer += wordErrors(wanted, wordsOf(one.finals));
        if (one.state !== 'DONE') total.notDone++;
      });
      onRound({ ...total, ...times });
    }
  } finally {
    client.dispose();
  }
  return { ...total, ...times };
}

/**
 * Lost: what was said at a time at which nothing is said now. Doubled: an id that came twice, or
 * what covers most of another.
 */
export function compareFinals(
  wanted: readonly Final[],
  got: readonly Final[],
): { lost: number; doubled: number } {
  const middle = ({ startMs, endMs }: Final): number => (startMs + endMs) / 2;
  const covers = (one: Final, ms: number): boolean => one.startMs <= ms && ms <= one.endMs;
  return {
    lost: wanted.filter((final) => !got.some((one) => covers(one, middle(final)))).length,
    doubled: got.filter((final, i) =>
      got
        .slice(0, i)
        .some(
          (one) => one.id === final.id || covers(one, middle(final)) || covers(final, middle(one)),
        ),
    ).length,
  };
}

function wordsOf(finals: readonly Final[]): string[] {
  return normaliseWords(finals.map(({ text }) => text).join(' '));
}

/**
 * Kills recognition workers one after the other, each at a random moment after the last one's
 * successor gave text.
 */
class Killer {
  private kills = 0;
  private whileLoading = 0;
  private whileDecoding = 0;
  private over = false;
  private textAt = 0;

  constructor(
    private readonly client: DaemonClient,
    private readonly random: () => number,
    private readonly times: { readonly loadMs: number[]; readonly textMs: number[] },
  ) {}

  onText(): void {
    this.textAt = performance.now();
  }

  run(
    count: number,
    onKill: (kills: number) => void,
  ): { end(): Promise<{ kills: number; whileLoading: number; whileDecoding: number }> } {
    const done = (async () => {
      while (!this.over && this.kills < count) {
        await delay(this.random() * KILL_WITHIN_MS);
        if (await this.killOne()) onKill(this.kills);
      }
    })();
    return {
      end: async () => {
        this.over = true;
        await done;
        return {
          kills: this.kills,
          whileLoading: this.whileLoading,
          whileDecoding: this.whileDecoding,
        };
      },
    };
  }

  /**
   * One in six dies again while it loads.
   * @returns false where there was none to kill or the session was over before there was text again
   */
  private async killOne(): Promise<boolean> {
    const busy = this.random() < 1 / 2 && (await this.killBusy());
    if (!busy && (this.over || !(await killWorker(this.client, ['ready', 'busy'])))) return false;
    const at = performance.now();
    this.kills++;
    if (busy) this.whileDecoding++;
    if (this.random() < 1 / 6) {
      await delay(this.random() * 300);
      if (await killWorker(this.client, ['restarting', 'starting'])) {
        this.kills++;
        this.whileLoading++;
      }
    }
    const readyAt = await this.until(async () =>
      (await asrWorkers(this.client)).some(
        ({ pid, state }) =>
          pid !== undefined && !killed.has(pid) && (state === 'ready' || state === 'busy'),
      ),
    );
    if (readyAt === undefined) return true;
    this.times.loadMs.push(readyAt - at);
    const before = this.textAt;
    if ((await this.until(() => Promise.resolve(this.textAt > before))) !== undefined && busy)
      this.times.textMs.push(this.textAt - readyAt);
    return true;
  }

  private async killBusy(): Promise<boolean> {
    for (
      const until = performance.now() + BUSY_WITHIN_MS;
      !this.over && performance.now() < until;
      await delay(LOOK_MS)
    )
      if (await killWorker(this.client, ['busy'])) return true;
    return false;
  }

  private async until(condition: () => Promise<boolean>): Promise<number | undefined> {
    while (!(await condition())) {
      if (this.over) return undefined;
      await delay(LOOK_MS);
    }
    return performance.now();
  }
}

async function asrWorkers(
  client: DaemonClient,
): Promise<{ name: string; state: string; pid?: number | undefined }[]> {
  return (await client.request(DaemonHealth, {})).workers.filter(({ name }) => name !== 'vad');
}

/** The daemon sees the end of a process a little later than it comes. */
const killed = new Set<number>();

/** @returns false where none is in such a state */
async function killWorker(client: DaemonClient, states: readonly string[]): Promise<boolean> {
  const pid = (await asrWorkers(client)).find(
    ({ state, pid }) => pid !== undefined && !killed.has(pid) && states.includes(state),
  )?.pid;
  if (pid === undefined) return false;
  killed.add(pid);
  process.kill(pid, 'SIGKILL');
  return true;
}

export interface CrashLoop {
  readonly kills: number;
  readonly state: string;
  /** What the daemon says about it, and the warnings that the session got. */
  readonly error: string;
  readonly warned: boolean;
  readonly stateAfterRetry: string;
  readonly lost: number;
  readonly doubled: number;
  readonly done: boolean;
}

/**
 * Five kills in a row while a session speaks: the engine fails in sight, a retry brings it back,
 * and nothing is lost.
 */
export async function crashLoop(daemon: OwnDaemon, pcm: Int16Array): Promise<CrashLoop> {
  const client = await daemon.start();
  try {
    const clean = (await new RecordedSession(client, pcm, 'undisturbed').run(HURRIED)).finals;
    const session = new RecordedSession(client, pcm, 'killed');
    const ended = session.run(LIVE);
    await delay(1_000);
    let kills = 0;
    const engine = async () => (await client.request(DaemonHealth, {})).engine;
    while ((await engine()).state !== 'ERROR' && kills < 20)
      if (await killWorker(client, ['ready', 'busy'])) kills++;
      else await delay(LOOK_MS);
    const { state, error = '' } = await engine();
    await delay(500);
    await client.request(EngineRetry, {}, { timeoutMs: READY_MS });
    const stateAfterRetry = (await engine()).state;
    await ended;
    return {
      kills,
      state,
      error,
      warned: session.warnings.includes('engine.unavailable'),
      stateAfterRetry,
      ...compareFinals(clean, session.finals),
      done: session.state === 'DONE',
    };
  } finally {
    client.dispose();
  }
}
