/** A real daemon with real workers under clients that push recordings in real time; for benches. */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createConnection, type Connection, type SessionSubscription } from '../client';
import { DAEMON_MEMORY } from '../client/local/startDaemon';
import type { WorkerRole } from '../daemon/adapters/inference/runtime/workerProtocol';
import { SAMPLE_RATE } from '../daemon/audio/frame';
import { AudioEnd, AudioPush, FRAME_SAMPLES } from '../protocol/audio';
import { isEarmarkError } from '../protocol/errors';
import { DaemonHealth, type DaemonHealthResult, DaemonShutdown } from '../protocol/health';
import { SessionGet, SessionStop } from '../protocol/session';
import { bundled } from '../testing/processes/bundle';
import type { LoopDelay } from './measuredDaemon';

/** Sent at once: as a recorder gives it. */
const CHUNK_MS = 100;
const CHUNK_FRAMES = CHUNK_MS / 20;
/** Kernel clock ticks a second; what /proc counts in. */
const TICKS = 100;

export interface Spoken {
  readonly sessionId: string;
  readonly latencyMs: number;
  /** When it came, milliseconds since the load began. */
  readonly atMs: number;
}

export class DaemonUnderLoad {
  private constructor(
    readonly home: string,
    private readonly child: ChildProcess,
    readonly connection: Connection,
  ) {}

  static async start(modelFolder: string): Promise<DaemonUnderLoad> {
    const home = mkdtempSync(join(tmpdir(), 'earmark-bench-'));
    const child = fork(bundled('measuredDaemon.ts'), [home], {
      execArgv: [...DAEMON_MEMORY.flags],
      env: { ...process.env, ...DAEMON_MEMORY.env, EARMARK_MODELS: modelFolder },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const connection = createConnection({
      stateDir: home,
      client: { name: 'bench', version: '0', window: true },
    });
    await connection.whenConnected(60_000);
    return new DaemonUnderLoad(home, child, connection);
  }

  loop(what: 'reset' | 'read' | 'off'): Promise<LoopDelay> {
    return new Promise((done) => {
      this.child.once('message', (message) => done(message as LoopDelay));
      this.child.send(what);
    });
  }

  health(): Promise<DaemonHealthResult> {
    return this.connection.request(DaemonHealth, {});
  }

  /** Processor time of the inference workers since they began, milliseconds, by role. */
  workerCpu(): Readonly<Record<WorkerRole, number>> {
    const spent = { asr: 0, vad: 0, speaker: 0, sentences: 0, turns: 0 };
    const { pid } = this.child;
    for (const child of readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .trim()
      .split(' ')) {
      const role = readFileSync(`/proc/${child}/comm`, 'utf8').trim().replace('earmark-', '');
      if (role in spent) spent[role as WorkerRole] += cpuOf(Number(child));
    }
    return spent;
  }

  session(on: (spoken: Spoken) => void): Promise<LiveSession> {
    return LiveSession.start(this.connection, on);
  }

  async stop(): Promise<void> {
    await this.connection.request(DaemonShutdown, {}).catch(() => undefined);
    this.connection.dispose();
    const gone = new Promise<void>((done) => this.child.once('exit', () => done()));
    if (
      this.child.exitCode === null &&
      (await Promise.race([gone, delay(15_000, 'late')])) === 'late'
    )
      this.child.kill('SIGKILL');
    rmSync(this.home, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Seconds in fields 14 and 15 of /proc/PID/stat, behind the name that may hold blanks. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS;
}

/** One client's session: pushes chunks when they are due, hears finals. */
export class LiveSession {
  finals = 0;
  private seq = 0;
  private startedMs = 0;
  private subscription!: SessionSubscription;
  private ended!: Promise<string>;

  static async start(connection: Connection, on: (spoken: Spoken) => void): Promise<LiveSession> {
    const session = new LiveSession(connection);
    let settle!: (state: string) => void;
    session.ended = new Promise((done) => (settle = done));
    session.subscription = await connection.start(
      {
        kind: 'meeting',
        sources: [{ source: 'mic', origin: { type: 'push' } }],
        partials: false,
        insights: true,
      },
      (event) => {
        if (event.kind === 'state' && (event.to === 'DONE' || event.to === 'FAILED'))
          settle(event.to);
        if (event.kind !== 'final') return;
        session.finals++;
        const now = performance.now();
        const spoken = event.segment.words?.at(-1)?.endMs ?? event.segment.endMs;
        on({ sessionId: session.id, latencyMs: now - session.startedMs - spoken, atMs: now });
      },
    );
    session.startedMs = performance.now();
    return session;
  }

  private constructor(private readonly connection: Connection) {}

  get id(): string {
    return this.subscription.sessionId;
  }

  /**
   * Sends the audio of `track` from `fromMs` on for so long, in real time. Audio counts as spoken
   * when its chunk is sent whole.
   */
  async speak(track: Int16Array, fromMs: number, forMs: number): Promise<void> {
    this.startedMs = performance.now();
    for (let sentMs = 0; sentMs < forMs;) {
      const at =
        (((fromMs + sentMs) * SAMPLE_RATE) / 1000) % (track.length - CHUNK_FRAMES * FRAME_SAMPLES);
      sentMs += CHUNK_MS;
      await delay(Math.max(0, this.startedMs + sentMs - performance.now()));
      this.send(track.subarray(at - (at % 1), at + CHUNK_FRAMES * FRAME_SAMPLES));
    }
  }

  /**
   * Sends a frame of whole audio without waiting for its time; resolves when it is taken, again and
   * again where the daemon asks to wait.
   */
  async flood(pcm: Int16Array): Promise<void> {
    for (;;) {
      try {
        await this.push(pcm);
        return;
      } catch (error) {
        if (!isEarmarkError(error) || error.retry !== 'later') throw error;
        await delay(error.retryAfterMs ?? 50);
      }
    }
  }

  /** @returns what the daemon counted */
  async finish(): Promise<{
    readonly state: string;
    readonly stats: Readonly<Record<string, number>>;
  }> {
    const { id: sessionId } = this;
    await this.connection.request(AudioEnd, { sessionId, source: 'mic' });
    await this.connection.request(SessionStop, { sessionId });
    const state = await this.ended;
    const { stats } = await this.connection.request(
      SessionGet,
      { sessionId },
      { timeoutMs: 60_000 },
    );
    this.subscription.dispose();
    return { state, stats };
  }

  get sentFrames(): number {
    return this.seq;
  }

  private send(pcm: Int16Array): void {
    this.push(pcm).catch((error: unknown) =>
      process.stderr.write(
        `A push failed: ${error instanceof Error ? error.message : 'unknown'}\n`,
      ),
    );
  }

  private async push(pcm: Int16Array): Promise<void> {
    const seq = this.seq;
    const bytes = Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength);
    this.seq += pcm.length / FRAME_SAMPLES;
    try {
      await this.connection.request(AudioPush, {
        sessionId: this.id,
        source: 'mic',
        seq,
        captureMs: seq * 20,
        pcm: bytes.toString('base64'),
      });
    } catch (error) {
      this.seq = seq;
      throw error;
    }
  }
}
