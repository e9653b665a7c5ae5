/** The process that runs a local language model: takes calls of the daemon, one at a time. */
import { EarmarkError, isEarmarkError } from '../../../../protocol/errors';
import {
  LANGUAGE_HEARTBEAT_MS,
  type FromLanguage,
  type LanguageCalls,
  type LanguageMethod,
  type ToLanguage,
} from './messages';

/** What runs a model; tests have their own. */
export type LanguageRuntime = {
  readonly [M in LanguageMethod]: (
    params: LanguageCalls[M]['params'],
    signal: AbortSignal,
  ) => Promise<LanguageCalls[M]['result']>;
} & { readonly steps: number };

export function runLanguageWorker(runtime: LanguageRuntime): void {
  const running = new Map<number, AbortController>();
  const send = (message: FromLanguage): void => void process.send?.(message, () => undefined);
  // A computation in native code would delay a usual exit by seconds.
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  process.on('message', (message: ToLanguage) => {
    if (message.kind === 'cancel') running.get(message.id)?.abort();
    else void answer(message);
  });
  const answer = async (call: Extract<ToLanguage, { kind: 'call' }>): Promise<void> => {
    const controller = new AbortController();
    running.set(call.id, controller);
    try {
      const method = runtime[call.method].bind(runtime) as (
        params: unknown,
        signal: AbortSignal,
      ) => Promise<unknown>;
      send({ kind: 'result', id: call.id, value: await method(call.params, controller.signal) });
    } catch (error) {
      send({ kind: 'error', id: call.id, ...failureOf(error, controller.signal) });
    } finally {
      running.delete(call.id);
    }
  };
  setInterval(
    () => send({ kind: 'heartbeat', rssBytes: process.memoryUsage.rss(), steps: runtime.steps }),
    LANGUAGE_HEARTBEAT_MS,
  ).unref();
}

/** The library's own messages may quote the prompt, so they stay here. */
function failureOf(
  error: unknown,
  signal: AbortSignal,
): Pick<Extract<FromLanguage, { kind: 'error' }>, 'code' | 'message'> {
  const known = signal.aborted
    ? new EarmarkError('rpc.cancelled', 'The request to the language model was cancelled.')
    : isEarmarkError(error)
      ? error
      : new EarmarkError(
          'engine.unavailable',
          'The local language model failed. Try again, or choose another model.',
        );
  return { code: known.code, message: known.message };
}
