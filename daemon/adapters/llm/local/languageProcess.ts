/**
 * One process with a local language model, from its start to its end. A call that is cancelled and
 * does not stop, that computes nothing for too long, or that needs too much memory ends the process.
 */
import { type ForkOptions, fork } from 'node:child_process';
import { EarmarkError } from '../../../../protocol/errors';
import { childEnvironment } from '../../../base/childEnvironment';
import type { Clock } from '../../../base/clock';
import type { Disposable } from '../../../base/disposable';
import type { WorkerEntry } from '../../inference/runtime/forkWorker';
import type { FromLanguage, LanguageCalls, LanguageMethod, ToLanguage } from './messages';

export interface LanguageLimits {
  /** Time for a cancelled call to end before the process is killed. */
  readonly graceMs: number;
  /** Time without a computation or an answer, after which the process is killed. */
  readonly silentMs: number;
  /** Resident memory above which the process is killed. */
  readonly memoryBytes: number;
}

interface Call {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: EarmarkError) => void;
}

export class LanguageProcess implements Disposable {
  readonly pid: number | undefined;
  /** Highest resident memory so far, as reported by the process. */
  peakBytes = 0;
  private readonly child: ReturnType<typeof fork>;
  private readonly calls = new Map<number, Call>();
  private lastId = 0;
  private steps = -1;
  private silent: Disposable | undefined;
  private ended: EarmarkError | undefined;

  constructor(
    entry: WorkerEntry,
    /** Name of the model, for messages to the user. */
    private readonly name: string,
    private readonly clock: Clock,
    private readonly limits: LanguageLimits,
    onEnd: () => void,
  ) {
    const options: ForkOptions = {
      execArgv: [...(entry.execArgv ?? [])],
      env: childEnvironment(process.env, { NODE_LLAMA_CPP_SKIP_DOWNLOAD: 'true' }),
      serialization: 'advanced',
      // Native code writes to stderr, and its lines may quote the prompt.
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    };
    this.child = fork(entry.path, [], { ...options, windowsHide: true } as ForkOptions);
    this.pid = this.child.pid;
    this.child.on('message', (message) => this.receive(message as FromLanguage));
    const end = (reason: string): void => {
      this.end(this.ended ?? this.crashed(reason));
      onEnd();
    };
    this.child.once('error', ({ message }) => end(message));
    this.child.once('exit', (code, signal) => end(signal ?? `exit ${code}`));
  }

  get isUsable(): boolean {
    return this.ended === undefined;
  }

  /**
   * Settles with the answer of the process. After a cancel it rejects when the process has stopped
   * the call, or was killed.
   * @throws EarmarkError engine.crashed, engine.timeout, engine.unavailable, rpc.cancelled, and the
   * errors of the process
   */
  async call<M extends LanguageMethod>(
    method: M,
    params: LanguageCalls[M]['params'],
    signal: AbortSignal,
  ): Promise<LanguageCalls[M]['result']> {
    if (this.ended) throw this.ended;
    if (signal.aborted) throw cancelled();
    const id = ++this.lastId;
    let grace: Disposable | undefined;
    const cancel = (): void => {
      this.send({ kind: 'cancel', id });
      // A process that still loads has nothing to keep.
      const graceMs = method === 'load' ? 0 : this.limits.graceMs;
      grace = this.clock.setTimeout(() => this.kill(cancelled()), graceMs);
    };
    signal.addEventListener('abort', cancel, { once: true });
    this.watch();
    try {
      return await new Promise((resolve, reject) => {
        this.calls.set(id, {
          resolve: (value) => resolve(value as LanguageCalls[M]['result']),
          reject,
        });
        this.send({ kind: 'call', id, method, params } as ToLanguage);
      });
    } finally {
      this.calls.delete(id);
      signal.removeEventListener('abort', cancel);
      grace?.dispose();
      this.silent?.dispose();
    }
  }

  dispose(): void {
    this.kill(cancelled());
  }

  private send(message: ToLanguage): void {
    if (this.child.connected) this.child.send(message, () => undefined);
  }

  private receive(message: FromLanguage): void {
    if (message.kind === 'heartbeat') {
      this.peakBytes = Math.max(this.peakBytes, message.rssBytes);
      if (message.rssBytes > this.limits.memoryBytes) this.kill(this.tooLarge());
      if (message.steps !== this.steps && this.calls.size > 0) this.watch();
      this.steps = message.steps;
      return;
    }
    const call = this.calls.get(message.id);
    if (message.kind === 'result') call?.resolve(message.value);
    else call?.reject(new EarmarkError(message.code, message.message));
  }

  private watch(): void {
    this.silent?.dispose();
    this.silent = this.clock.setTimeout(
      () =>
        this.kill(
          new EarmarkError(
            'engine.timeout',
            `${this.name} computed nothing for ${Math.round(this.limits.silentMs / 1000)} s and was stopped. Close other programs, or choose a smaller model.`,
          ),
        ),
      this.limits.silentMs,
    );
  }

  private kill(error: EarmarkError): void {
    this.end(error);
    this.child.kill('SIGKILL');
  }

  private end(error: EarmarkError): void {
    this.ended ??= error;
    this.silent?.dispose();
    for (const { reject } of [...this.calls.values()]) reject(error);
  }

  private crashed(reason: string): EarmarkError {
    return new EarmarkError(
      'engine.crashed',
      `${this.name} ended unexpectedly (${reason}). Nothing is lost; write the notes again.`,
    );
  }

  private tooLarge(): EarmarkError {
    return new EarmarkError(
      'engine.unavailable',
      `${this.name} needed more memory than expected and was stopped. Close other programs, or choose a smaller model.`,
    );
  }
}

function cancelled(): EarmarkError {
  return new EarmarkError('rpc.cancelled', 'The request to the language model was cancelled.');
}
