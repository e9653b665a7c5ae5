/**
 * One life of a voxtral.c process: `voxtral -d FOLDER --stdin`. It says "Model loaded." on stderr,
 * takes raw s16le on stdin, writes text to stdout while it listens, and the rest with a line end
 * when stdin closes; then it ends.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { EarmarkError } from '../../../protocol/errors';
import { childEnvironment } from '../../base/childEnvironment';
import type { Clock } from '../../base/clock';
import type { Disposable } from '../../base/disposable';

export interface VoxtralCommand {
  readonly program: string;
  /** Before the program's own options: for a program that another one runs. */
  readonly args?: readonly string[];
  /** Folder of the model's files. */
  readonly folder: string;
}

export interface VoxtralLimits {
  readonly readyMs: number;
  /** From TERM to KILL. */
  readonly killMs: number;
  /** Audio that waits for the process, in bytes. */
  readonly queuedBytes: number;
  /** Text of one life, in characters. */
  readonly textChars: number;
}

/** Seconds of audio that the encoder takes at once: less shows text sooner and costs more. */
const INTERVAL_S = 1;
const READY = /model loaded/i;

export class VoxtralProcess {
  /** Rejects when it ends before, or is not ready in time. */
  readonly ready: Promise<void>;
  /**
   * Resolves when the process is gone and all its text was read. `failed`: nobody asked it to end,
   * or it ended badly.
   */
  readonly ended: Promise<{ readonly failed: boolean }>;
  /** All text so far. */
  text = '';
  /** Called when text came. */
  onText: () => void = () => undefined;
  private readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  private state: 'starting' | 'ready' | 'finishing' | 'stopping' | 'ended' = 'starting';
  /** It was ended for a fault of its own. */
  private faulty = false;
  private kill: Disposable | undefined;
  private queued = 0;

  constructor(
    command: VoxtralCommand,
    private readonly clock: Clock,
    private readonly limits: VoxtralLimits,
  ) {
    const { program, args = [], folder } = command;
    this.child = spawn(program, [...args, '-d', folder, '--stdin', '-I', String(INTERVAL_S)], {
      env: childEnvironment(process.env),
      stdio: ['pipe', 'pipe', 'pipe'],
      windowsHide: true,
    });
    // What it still had to read when it ended is of no use to anybody.
    this.child.stdin.on('error', () => undefined);
    this.child.stdout.setEncoding('utf8').on('data', (chunk: string) => this.receive(chunk));
    let failed: NodeJS.ErrnoException | undefined;
    this.ended = new Promise((resolve) => {
      this.child.once('error', (error) => (failed = error));
      this.child.once('close', (code) => {
        const wanted = this.state === 'stopping' || (this.state === 'finishing' && code === 0);
        this.state = 'ended';
        this.kill?.dispose();
        resolve({ failed: this.faulty || !wanted });
      });
    });
    this.ready = new Promise((resolve, reject) => {
      let said = '';
      const timer = clock.setTimeout(() => {
        this.fault();
        reject(
          new EarmarkError(
            'engine.unavailable',
            `voxtral was not ready within ${limits.readyMs / 1000} s, so Earmark stopped ` +
              'it. Free memory, or choose a smaller speech model.',
          ),
        );
      }, limits.readyMs);
      this.child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
        if (this.state !== 'starting') return;
        // Only the end is kept: a line may come in two pieces.
        said = `${said}${chunk}`.slice(-1000);
        if (!READY.test(said)) return;
        timer.dispose();
        this.state = 'ready';
        resolve();
      });
      void this.ended.then(() => {
        timer.dispose();
        reject(
          failed
            ? notStarted(command.program, failed)
            : new EarmarkError(
                'engine.unavailable',
                'voxtral ended before it was ready; run it by hand with the same model folder to see why.',
              ),
        );
      });
    });
    this.ready.catch(() => undefined);
  }

  get isUsable(): boolean {
    return this.state === 'starting' || this.state === 'ready';
  }

  /** @throws EarmarkError audio.tooFast when more waits than the queue holds */
  write(samples: Int16Array): void {
    if (!this.isUsable || samples.length === 0) return;
    if (this.queued + samples.byteLength > this.limits.queuedBytes)
      throw new EarmarkError(
        'audio.tooFast',
        'voxtral is behind and its queue is full; push this audio again in a moment.',
      );
    this.queued += samples.byteLength;
    this.child.stdin.write(
      Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength),
      () => (this.queued -= samples.byteLength),
    );
  }

  /** Says that no more audio comes: the rest of the text follows, then the end. */
  finish(): void {
    if (!this.isUsable) return;
    this.state = 'finishing';
    this.child.stdin.end();
  }

  /** TERM, then KILL. */
  stop(): void {
    if (this.state === 'ended' || this.state === 'stopping') return;
    this.state = 'stopping';
    this.child.kill('SIGTERM');
    this.kill = this.clock.setTimeout(() => this.child.kill('SIGKILL'), this.limits.killMs);
  }

  private fault(): void {
    this.faulty = true;
    this.stop();
  }

  private receive(chunk: string): void {
    if (this.text.length + chunk.length > this.limits.textChars) return this.fault();
    this.text += chunk;
    this.onText();
  }
}

function notStarted(program: string, error: NodeJS.ErrnoException): EarmarkError {
  return new EarmarkError(
    'engine.unavailable',
    `Could not start the program ${program} (${error.code ?? error.message}). Set ` +
      '"earmark.voxtral.program" to the full path of voxtral.',
    { cause: error },
  );
}
