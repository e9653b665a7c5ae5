/**
 * Kills a daemon with SIGKILL at random points while a client pushes real speech as fast as it is
 * taken, and compares: no acknowledged frame may be lost, no event missing or repeated, and the
 * words must be those of an undisturbed run.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ensureDaemon, type DaemonClient } from '../../client';
import { AudioEnd, AudioPush, FRAME_MS, FRAME_SAMPLES } from '../../protocol/audio';
import { EarmarkError, isEarmarkError } from '../../protocol/errors';
import {
  SessionAttach,
  SessionDelete,
  SessionEventNotification,
  SessionGet,
  SessionStart,
  SessionStop,
  type SessionEvent,
} from '../../protocol/session';
import { normaliseWords, wordErrors } from '../scoring/wordErrors';
import { bundleProcesses } from '../processes/processBundle';
import { randoms } from './random';
import type { Speech } from './speech';

export interface KillRoundsOptions {
  readonly count: number;
  readonly speech: Speech;
  readonly seed?: number;
  /** How to start the daemon; `--home FOLDER` is added. */
  readonly command: {
    readonly command: string;
    readonly args: readonly string[];
    readonly env: Readonly<Record<string, string>>;
  };
  /** Frames in one push and the pause after it, milliseconds: how fast the speech comes. */
  readonly pace?: { readonly frames: number; readonly pauseMs: number };
  readonly latestKillMs?: number;
  readonly onProgress?: (kills: number, sessions: number) => void;
  /**
   * A session that did not end as it should: the state it was left in, empty where no client got
   * that far, and the end of the daemon's log.
   */
  readonly onNotDone?: (state: string, log: string) => void;
}

export interface KillRoundsResult {
  readonly kills: number;
  readonly sessions: number;
  readonly finals: number;
  readonly killedWhileStarting: number;
  readonly acknowledgedLost: number;
  readonly eventsMissing: number;
  readonly eventsRepeated: number;
  readonly finalsDoubled: number;
  /** Sessions whose words are not those of the undisturbed run. */
  readonly sessionsThatDiffer: number;
  /** Finals that stand, at the same time with the same words, in the undisturbed run. */
  readonly finalsAsUndisturbed: number;
  readonly damagedPhrases: number;
  readonly notDone: number;
  /**
   * Words of all sessions, and those that are not as in the undisturbed run: put in, left out or
   * changed.
   */
  readonly words: number;
  readonly wordsThatDiffer: number;
  /** Processes of the daemon that lived 2 s after it was killed, and all there were. */
  readonly children: number;
  readonly childrenLeft: number;
  readonly restartMs: readonly number[];
}

interface Final {
  readonly startMs: number;
  readonly text: string;
}

const ROOT = resolve(__dirname, '../..');
const CONNECT_MS = 20_000;
/** Of the daemon's log, where a session did not end as it should. */
const LOG_LINES = 40;
/** So long may a recorder or a worker outlive the daemon. */
const ORPHAN_MS = 2_000;

/** The daemon of the rounds as one file, so that a start takes a tenth of a second. */
export async function killCommand(
  speech: Speech,
  home: string,
): Promise<KillRoundsOptions['command']> {
  const outfile = join(ROOT, 'out', 'fault', 'killDaemon.js');
  await bundleProcesses(ROOT, [join(__dirname, 'killDaemon.ts')], dirname(outfile));
  return {
    command: process.execPath,
    args: [outfile, '--home', home, '--idle-ms', '600000', '--log-level', 'warn'],
    env: { EARMARK_FAULT_AUDIO: speech.audioFile, EARMARK_FAULT_WORDS: speech.wordsFile },
  };
}

/**
 * The product as it is shipped, with its recognition workers.
 * @param models folder of the models
 */
export function productCommand(models: string, home: string): KillRoundsOptions['command'] {
  return {
    command: process.execPath,
    args: [
      join(ROOT, 'dist', 'daemon.js'),
      '--home',
      home,
      '--idle-ms',
      '600000',
      '--log-level',
      'warn',
    ],
    env: { EARMARK_MODELS: models },
  };
}

export function stateFolderForRounds(): string {
  return mkdtempSync(join(tmpdir(), 'earmark-kill-'));
}

export async function killRounds(
  options: KillRoundsOptions,
  home: string,
): Promise<KillRoundsResult> {
  const random = randoms(options.seed ?? 1);
  const host = new Host(options.command, home, random, options.latestKillMs ?? 600);
  const total = {
    sessions: 0,
    finals: 0,
    acknowledgedLost: 0,
    eventsMissing: 0,
    eventsRepeated: 0,
    finalsDoubled: 0,
    sessionsThatDiffer: 0,
    finalsAsUndisturbed: 0,
    damagedPhrases: 0,
    notDone: 0,
    words: 0,
    wordsThatDiffer: 0,
  };
  try {
    const clean = (await new Round(host, options, 'undisturbed').run()).finals;
    const wanted = wordsOf(clean);
    const known = new Set(clean.map(({ startMs, text }) => `${startMs} ${text}`));
    while (host.kills < options.count) {
      host.armed = options.count;
      const round = await new Round(host, options, `round-${total.sessions}`).run();
      total.sessions++;
      total.finals += round.finals.length;
      total.acknowledgedLost += round.acknowledgedLost;
      total.eventsMissing += round.missing;
      total.eventsRepeated += round.repeated;
      total.finalsDoubled += round.doubled;
      if (wordsOf(round.finals) !== wanted) total.sessionsThatDiffer++;
      total.words += normaliseWords(wanted).length;
      total.wordsThatDiffer += wordErrors(
        normaliseWords(wanted),
        normaliseWords(wordsOf(round.finals)),
      );
      total.finalsAsUndisturbed += round.finals.filter(({ startMs, text }) =>
        known.has(`${startMs} ${text}`),
      ).length;
      total.damagedPhrases += round.finals.filter(({ text }) => text.startsWith('[')).length;
      if (round.state !== 'DONE') {
        total.notDone++;
        options.onNotDone?.(
          round.state,
          readFileSync(join(home, 'logs', 'daemon.log'), 'utf8')
            .split('\n')
            .slice(-LOG_LINES)
            .join('\n'),
        );
      }
      options.onProgress?.(host.kills, total.sessions);
    }
  } finally {
    await host.end();
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }
  return {
    ...total,
    kills: host.kills,
    killedWhileStarting: host.killedWhileStarting,
    restartMs: host.restartMs,
    ...(await host.orphans()),
  };
}

function wordsOf(finals: readonly Final[]): string {
  return finals
    .map(({ text }) => text)
    .filter((text) => text !== '')
    .join(' ');
}

/** The daemon's process: started where there is none, killed at random. */
class Host {
  kills = 0;
  killedWhileStarting = 0;
  /** From the start of the process to the first answer. */
  readonly restartMs: number[] = [];
  /** Kills that are wanted; none before it is set. */
  armed = 0;
  private child: ChildProcess | undefined;
  private readonly looks: Promise<{ children: number; left: number }>[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly command: KillRoundsOptions['command'],
    private readonly home: string,
    private readonly random: () => number,
    private readonly latestKillMs: number,
  ) {}

  async connect(): Promise<DaemonClient> {
    for (;;) {
      const begun = performance.now();
      const fresh = this.child === undefined;
      const child = (this.child ??= this.start());
      // One in six dies while it starts and takes up what was left.
      if (fresh && this.armed > this.kills && this.random() < 1 / 6) {
        await delay(this.random() * 250);
        this.killedWhileStarting++;
        await this.kill(child);
        continue;
      }
      while (this.child === child && performance.now() - begun < CONNECT_MS) {
        try {
          const client = await ensureDaemon({
            stateDir: this.home,
            client: { name: 'fault', version: '1' },
            timeoutMs: CONNECT_MS,
          });
          if (fresh) this.restartMs.push(performance.now() - begun);
          return client;
        } catch (error) {
          if (!isEarmarkError(error)) throw error;
          await delay(5);
        }
      }
      if (performance.now() - begun >= CONNECT_MS) throw new Error('The daemon does not come up.');
    }
  }

  /** From now on it may be killed. */
  arm(): void {
    const { child } = this;
    if (!child || this.timer || this.armed <= this.kills) return;
    this.timer = setTimeout(() => void this.kill(child), this.random() * this.latestKillMs);
  }

  async end(): Promise<void> {
    clearTimeout(this.timer);
    const { child } = this;
    if (!child) return;
    child.removeAllListeners('exit');
    child.kill('SIGKILL');
  }

  /** What the killed daemons had started, looked at 2 s after each. */
  async orphans(): Promise<{ children: number; childrenLeft: number }> {
    const looks = await Promise.all(this.looks);
    return {
      children: looks.reduce((sum, { children }) => sum + children, 0),
      childrenLeft: looks.reduce((sum, { left }) => sum + left, 0),
    };
  }

  private async kill(child: ChildProcess): Promise<void> {
    if (this.child !== child) return;
    const children = childrenOf(child.pid ?? -1);
    if (children.length > 0)
      this.looks.push(
        delay(ORPHAN_MS).then(() => ({
          children: children.length,
          left: children.filter((one) => startOf(one.pid) === one.start).length,
        })),
      );
    const gone = new Promise((done) => child.once('exit', done));
    child.kill('SIGKILL');
    this.kills++;
    await gone;
  }

  private start(): ChildProcess {
    const child = spawn(this.command.command, [...this.command.args], {
      env: { ...process.env, ...this.command.env },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    child.on('exit', () => {
      if (this.child !== child) return;
      this.child = undefined;
      clearTimeout(this.timer);
      this.timer = undefined;
    });
    return child;
  }
}

interface Child {
  readonly pid: number;
  readonly start: string;
}

/** Processes that a process started, where the system shows them. */
function childrenOf(parent: number): readonly Child[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && statOf(pid)?.[1] === String(parent))
    .map((pid) => ({ pid, start: startOf(pid) ?? '' }));
}

/**
 * When it was started; a number that was given anew has another. Undefined where it is gone or only
 * waits to be cleared away.
 */
function startOf(pid: number): string | undefined {
  const fields = statOf(pid);
  return fields?.[0] === 'Z' ? undefined : fields?.[19];
}

/** Fields of /proc/PID/stat from the third, the state, on (proc(5)). */
function statOf(pid: number): readonly string[] | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
  } catch {
    return undefined;
  }
}

/** One session, from its start to DONE, over as many daemons as it takes. */
class Round {
  readonly finals: Final[] = [];
  acknowledgedLost = 0;
  missing = 0;
  repeated = 0;
  doubled = 0;
  state = '';
  private last = 0;
  private acked = -1;
  private sessionId: string | undefined;
  private readonly ids = new Set<string>();

  constructor(
    private readonly host: Host,
    private readonly options: KillRoundsOptions,
    private readonly key: string,
  ) {}

  async run(): Promise<this> {
    for (let tries = 0; tries < 200; tries++) {
      const client = await this.host.connect();
      try {
        await this.live(client);
        return this;
      } catch (error) {
        if (!isEarmarkError(error)) throw error;
      } finally {
        client.dispose();
      }
    }
    return this;
  }

  private async live(client: DaemonClient): Promise<void> {
    let ended = false;
    client.onNotification(SessionEventNotification, ({ event }) => {
      this.receive(event);
      if (event.kind === 'state') ended = event.to === 'DONE' || event.to === 'FAILED';
    });
    this.host.arm();
    this.sessionId ??= (
      await client.request(SessionStart, {
        key: this.key,
        kind: 'file',
        sources: [{ source: 'file', origin: { type: 'push' } }],
        partials: false,
        insights: false,
      })
    ).session.id;
    const { sessionId } = this;
    const { sources, session } = await client.request(SessionAttach, {
      sessionId,
      afterSeq: this.last,
    });
    const next = sources[0]?.nextSeq ?? 0;
    if (session.state !== 'DONE') this.acknowledgedLost += Math.max(0, this.acked + 1 - next);
    if (session.state === 'STREAMING') {
      await this.push(client, sessionId, next);
      await client.request(SessionStop, { sessionId });
    }
    while (!ended && session.state !== 'DONE') {
      if (client.closed) throw new EarmarkError('rpc.disconnected', 'The daemon was killed.');
      await delay(3);
    }
    // What the client heard is what is kept.
    const kept = await client.request(SessionGet, { sessionId });
    this.state = kept.session.state;
    if (kept.segments.length !== this.finals.length || kept.session.lastSeq !== this.last)
      this.missing++;
    await client.request(SessionDelete, { sessionId });
  }

  private async push(client: DaemonClient, sessionId: string, from: number): Promise<void> {
    const { speech, pace = { frames: 50, pauseMs: 4 } } = this.options;
    const frames = Math.floor(speech.pcm.length / FRAME_SAMPLES);
    for (let seq = from; seq < frames;) {
      const part = speech.pcm.subarray(
        seq * FRAME_SAMPLES,
        Math.min(frames, seq + pace.frames) * FRAME_SAMPLES,
      );
      try {
        const { ackSeq } = await client.request(AudioPush, {
          sessionId,
          source: 'file',
          seq,
          captureMs: seq * FRAME_MS,
          pcm: Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString('base64'),
        });
        this.acked = Math.max(this.acked, ackSeq);
        seq += part.length / FRAME_SAMPLES;
      } catch (error) {
        if (!isEarmarkError(error, 'audio.tooFast')) throw error;
      }
      await delay(pace.pauseMs);
    }
    await client.request(AudioEnd, { sessionId, source: 'file' });
  }

  private receive(event: SessionEvent): void {
    if (!('seq' in event)) return;
    if (event.seq <= this.last) this.repeated++;
    if (event.seq > this.last + 1) this.missing++;
    this.last = Math.max(this.last, event.seq);
    if (event.kind !== 'final') return;
    if (this.ids.has(event.segment.id)) this.doubled++;
    this.ids.add(event.segment.id);
    this.finals.push({ startMs: event.segment.startMs, text: event.segment.text });
  }
}
