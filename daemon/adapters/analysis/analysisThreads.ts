/**
 * Runs each analysis of a given transcript on a thread of its own. Owners take turns: one analysis
 * of an owner runs at a time, and the others wait in a bounded queue.
 */
import { Worker } from 'node:worker_threads';
import { EarmarkError, isEarmarkError } from '../../../protocol/errors';
import type { Clock } from '../../base/clock';
import type { Disposable } from '../../base/disposable';
import type {
  AnalysedTranscript,
  GivenTranscript,
  TranscriptAnalysis,
} from '../../insights/analyseText';
import type { TurnScorer } from '../../insights/contract/turns';
import type { AskedModel } from '../../insights/model/modelQueue';
import { Deferred } from '../../base/wait';
import { sent } from '../sentError';
import { threadEntry } from '../threadEntry';
import type { AnalysisSetup, FromAnalysis, Question, ToAnalysis } from './analysisProtocol';

/** Threads at a time, so that recognition keeps the other processors. */
const RUNNING_MAX = 2;
/** Analyses of one owner, the running one included. */
const OWN_MAX = 4;
/** Analyses of all owners. Each holds its text, which is bounded. */
const ALL_MAX = 32;
/** Time without a question or an answer. A meeting of eight hours takes some seconds. */
const SILENT_MS = 60_000;
/** Heap limit of a thread: the words' model has 60 MB, eight hours of text some 100 MB. */
const HEAP = { maxOldGenerationSizeMb: 768 };

export interface AnalysisOptions {
  readonly clock: Clock;
  /** The language model, requested at the start of an analysis. */
  readonly model: () => AskedModel | undefined;
  readonly scorer?: TurnScorer;
}

interface Waiting {
  readonly owner: string;
  readonly given: GivenTranscript;
  readonly signal: AbortSignal;
  readonly answer: Deferred<AnalysedTranscript>;
}

export class AnalysisThreads implements TranscriptAnalysis, Disposable {
  private waiting: Waiting[] = [];
  private readonly running = new Map<Waiting, AbortController>();
  private disposed = false;

  constructor(private readonly options: AnalysisOptions) {}

  /** Owners with a running analysis, oldest first. */
  get owners(): readonly string[] {
    return [...this.running.keys()].map(({ owner }) => owner);
  }

  async analyse(
    given: GivenTranscript,
    owner: string,
    signal: AbortSignal,
  ): Promise<AnalysedTranscript> {
    if (signal.aborted || this.disposed) throw cancelled();
    const all = [...this.running.keys(), ...this.waiting];
    if (all.length >= ALL_MAX || all.filter((one) => one.owner === owner).length >= OWN_MAX)
      throw new EarmarkError(
        'rpc.tooMany',
        'Other transcripts are being analysed; try again when they are done.',
        { retryAfterMs: 5000 },
      );
    const one: Waiting = { owner, given, signal, answer: new Deferred() };
    const cancel = (): void => this.cancel(one);
    signal.addEventListener('abort', cancel, { once: true });
    this.waiting.push(one);
    this.start();
    try {
      return await one.answer.promise;
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  }

  dispose(): void {
    this.disposed = true;
    for (const one of [...this.waiting, ...this.running.keys()]) this.cancel(one);
  }

  private cancel(one: Waiting): void {
    this.waiting = this.waiting.filter((other) => other !== one);
    this.running.get(one)?.abort();
    one.answer.reject(cancelled());
  }

  /** Starts the oldest analyses whose owners have none running. */
  private start(): void {
    while (!this.disposed && this.running.size < RUNNING_MAX) {
      const at = this.waiting.findIndex(({ owner }) => !this.owners.includes(owner));
      const [one] = at < 0 ? [] : this.waiting.splice(at, 1);
      if (!one) return;
      const stop = new AbortController();
      this.running.set(one, stop);
      void runThread(one.given, this.options, stop.signal)
        .then(
          (done) => one.answer.resolve(done),
          (error: unknown) => one.answer.reject(error as Error),
        )
        .finally(() => {
          this.running.delete(one);
          this.start();
        });
    }
  }
}

/** @throws EarmarkError rpc.cancelled, analysis.badInput, and `internal` if the thread dies */
async function runThread(
  given: GivenTranscript,
  options: AnalysisOptions,
  signal: AbortSignal,
): Promise<AnalysedTranscript> {
  const model = options.model();
  const workerData: AnalysisSetup = {
    given,
    ...(model && { model: model.name }),
    scorer: options.scorer !== undefined,
  };
  const { path, ...entry } = threadEntry('analysisThread');
  const worker = new Worker(path, { workerData, resourceLimits: HEAP, ...entry });
  const result = new Deferred<AnalysedTranscript>();
  const stopped = new AbortController();
  const answering = new Answering({ ...options, model, worker, signal: stopped.signal }, () =>
    result.reject(tooLong()),
  );
  const abort = (): void => result.reject(cancelled());
  signal.addEventListener('abort', abort, { once: true });
  worker.on('message', (message: FromAnalysis) => {
    if ('done' in message) result.resolve(message.done);
    else void answering.answer(message.id, message.question);
  });
  worker.on('error', (error: NodeJS.ErrnoException) =>
    result.reject(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooLong() : error),
  );
  worker.on('exit', () => result.reject(cancelled()));
  try {
    return await result.promise;
  } finally {
    signal.removeEventListener('abort', abort);
    answering.dispose();
    stopped.abort();
    await worker.terminate();
  }
}

interface AnsweringSetup extends Omit<AnalysisOptions, 'model'> {
  readonly model: AskedModel | undefined;
  readonly worker: Worker;
  readonly signal: AbortSignal;
}

/** Answers the questions of a thread, and notices a thread that asks nothing for too long. */
class Answering implements Disposable {
  private open = 0;
  private timer: Disposable;

  constructor(
    private readonly setup: AnsweringSetup,
    private readonly onSilent: () => void,
  ) {
    this.timer = this.watch();
  }

  async answer(id: number, question: Question): Promise<void> {
    this.timer.dispose();
    this.open++;
    const message: ToAnalysis = await this.result(question).then(
      (answer) => ({ id, answer }),
      (error: unknown) => ({ id, error: sent(isEarmarkError(error) ? error : failed()) }),
    );
    if (this.setup.signal.aborted) return;
    this.setup.worker.postMessage(message);
    if (--this.open === 0) this.timer = this.watch();
  }

  dispose(): void {
    this.timer.dispose();
  }

  private watch(): Disposable {
    return this.setup.clock.setTimeout(this.onSilent, SILENT_MS);
  }

  private async result(question: Question): Promise<unknown> {
    const { model, scorer, signal } = this.setup;
    if (question.name === 'score') return scorer?.score(question.asked);
    if (question.name === 'capability') return model?.capability(signal);
    return model?.complete(question.asked.messages, question.asked.schema, signal);
  }
}

const cancelled = (): EarmarkError =>
  new EarmarkError('rpc.cancelled', 'The analysis was cancelled.');

const failed = (): EarmarkError =>
  new EarmarkError('internal', 'The Earmark daemon failed. See "earmark daemon logs".');

const tooLong = (): EarmarkError =>
  new EarmarkError(
    'analysis.badInput',
    'This transcript takes too long to analyse; analyse it in parts.',
  );
