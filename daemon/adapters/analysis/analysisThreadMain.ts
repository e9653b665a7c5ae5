/**
 * Analyses one transcript on a thread of its own: no text, however odd, holds the daemon's event
 * loop. The turn encoder and the language model answer through the daemon.
 */
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { analyseText } from '../../insights/analyseText';
import { createAnalyzerFactory } from '../../insights/analyzerFactory';
import type { TurnScorer } from '../../insights/contract/turns';
import type { AskedModel } from '../../insights/model/modelQueue';
import { Deferred } from '../../base/wait';
import { received } from '../sentError';
import type {
  AnalysisSetup,
  FromAnalysis,
  Question,
  Questions,
  ToAnalysis,
} from './analysisProtocol';

export function runAnalysisThread(): void {
  const port = parentPort;
  if (!port)
    throw new Error(
      'The daemon starts this program by itself; run `earmark daemon start` instead.',
    );
  const { given, model, scorer } = workerData as AnalysisSetup;
  const daemon = new Daemon(port);
  const factory = createAnalyzerFactory({
    ...(model === undefined ? {} : { model: () => daemon.model(model) }),
    ...(scorer ? { scorer: daemon.scorer } : {}),
  });
  // The daemon ends this thread when the request is cancelled.
  void analyseText(factory, given, new AbortController().signal).then((done) => {
    daemon.send({ done });
    port.close();
  });
}

/** Asks the daemon and waits for its answers. */
class Daemon {
  private readonly open = new Map<number, Deferred<unknown>>();
  private count = 0;

  constructor(private readonly port: MessagePort) {
    port.on('message', (message: ToAnalysis) => {
      const waiting = this.open.get(message.id);
      this.open.delete(message.id);
      if ('error' in message) waiting?.reject(received(message.error));
      else waiting?.resolve(message.answer);
    });
  }

  readonly scorer: TurnScorer = {
    score: (turns) => this.ask('score', turns),
  };

  model(name: string): AskedModel {
    return {
      name,
      level: undefined,
      rateLimited: false,
      capability: () => this.ask('capability', null),
      complete: (messages, schema) => this.ask('complete', { messages, schema }),
    };
  }

  send(message: FromAnalysis): void {
    this.port.postMessage(message);
  }

  private ask<N extends keyof Questions>(
    name: N,
    asked: Questions[N]['asked'],
  ): Promise<Questions[N]['answer']> {
    const id = ++this.count;
    const waiting = new Deferred<unknown>();
    this.open.set(id, waiting);
    this.send({ id, question: { name, asked } as Question });
    return waiting.promise as Promise<Questions[N]['answer']>;
  }
}
