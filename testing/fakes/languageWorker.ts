/**
 * A process of a local language model without a model, for tests of what is around it. Its "model
 * file" is JSON that says how it behaves.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type LanguageRuntime,
  runLanguageWorker,
} from '../../daemon/adapters/llm/local/workerMain';
import { EarmarkError } from '../../protocol/errors';

/** Behaviour of the process, as its model file gives it. */
export interface FakeBehaviour {
  /** The answer to each request; `environment` answers with the names of its variables. */
  readonly answer: string;
  /** Time of one answer. */
  readonly answerMs?: number;
  /** Ignores a cancel, as native code does. */
  readonly deaf?: boolean;
  /** Computes nothing while it answers. */
  readonly still?: boolean;
}

const STEP_MS = 20;
let behaviour: FakeBehaviour = { answer: '' };
let steps = 0;

const runtime: LanguageRuntime = {
  get steps() {
    return steps;
  },
  load: ({ file }) => {
    try {
      behaviour = JSON.parse(readFileSync(file, 'utf8')) as FakeBehaviour;
    } catch {
      return Promise.reject(
        new EarmarkError('model.incompatible', 'The file of the language model cannot be loaded.'),
      );
    }
    return Promise.resolve({ contextTokens: 4096 });
  },
  complete: async ({ messages }, signal) => {
    const { answer, answerMs = 0, deaf, still } = behaviour;
    for (let spent = 0; spent < answerMs; spent += STEP_MS) {
      await delay(STEP_MS);
      if (deaf !== true) signal.throwIfAborted();
      if (still !== true) steps++;
    }
    return {
      text: answer === 'environment' ? Object.keys(process.env).join(' ') : answer,
      input: messages.length,
      reused: 0,
      output: 1,
      promptMs: 0,
      generateMs: answerMs,
    };
  },
};

runLanguageWorker(runtime);
