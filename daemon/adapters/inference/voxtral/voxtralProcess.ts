/**
 * One run of a voxtral.c process: `voxtral -d FOLDER --stdin`. It writes "Model loaded." to stderr
 * and reads raw s16le from stdin. It writes text to stdout meanwhile, and the rest with a line end
 * after stdin closes; then it exits.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { EarmarkError } from '../../../../protocol/errors';
import { childEnvironment } from '../../../base/childEnvironment';
import type { Clock } from '../../../base/clock';
import type { Disposable } from '../../../base/disposable';

export interface VoxtralCommand {
  readonly program: string;
  /** Arguments before the program's own options, for a program that another program runs. */
  readonly args?: readonly string[];
  /** Folder of the model's files. */
  readonly folder: string;
}

export interface VoxtralLimits {
  readonly readyMs: number;
  /** Time from TERM to KILL. */
  readonly killMs: number;
  /** Limit of queued audio in bytes. */
  readonly queuedBytes: number;
  /** Limit of text of one run in characters. */
  readonly textChars: number;
}

/** Seconds of audio in one encoder step: shorter steps show text sooner and cost more. */
const INTERVAL_S = 1;
const READY = /model loaded/i;

export class VoxtralProcess {
  /** Rejects if the process ends first or the model is not loaded in time. */
  readonly ready: Promise<void>;
  /**
   * Resolves when the process has ended and all its text is read. `failed`: an unexpected end or an
   * exit error.
   */
  readonly ended: Promise<{ readonly failed: boolean }>;
  /** All text so far. */
  text = '';
  /** Called after new text. */
  onText: () => void = () => undefined;
  private readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  private state: 'starting' | 'ready' | 'finishing' | 'stopping' | 'ended' = 'starting';
  /** True if the process was stopped for its own fault. */
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
    // Input that remains after the end is discarded.
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
        // Only the end is stored: a line may arrive in two pieces.
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

  /** @throws EarmarkError audio.tooFast if the queue is full */
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

  /** Ends the input; the rest of the text and the exit follow. */
  finish(): void {
    if (!this.isUsable) return;
    this.state = 'finishing';
    this.child.stdin.end();
  }

  /** Sends TERM, then KILL. */
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
