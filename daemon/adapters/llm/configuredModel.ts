/** The language model that the user configured, with the queue in front of it. Without an endpoint there is none. */
import { DEFAULT_CONCURRENCY, DEFAULT_TIMEOUT_MS, ModelQueue } from '../../analysis/model/modelQueue';
import type { Clock } from '../../base/clock';
import { OpenaiCompatibleModel } from './openaiCompatible';

const MAX_CONCURRENCY = 16;
const MAX_TIMEOUT_S = 3_600;

/**
 * `EARMARK_LLM_ENDPOINT`, `EARMARK_LLM_MODEL`, `EARMARK_LLM_KEY`, `EARMARK_LLM_PLAIN_HTTP`, `EARMARK_LLM_CONCURRENCY`
 * and `EARMARK_LLM_TIMEOUT_S`.
 * @throws EarmarkError engine.unavailable for an address that is none
 */
export function configuredModel(env: Readonly<Record<string, string | undefined>>, clock: Clock): ModelQueue | undefined {
  const text = (name: string): string => env[name]?.trim() ?? '';
  const number = (name: string, otherwise: number, most: number): number => {
    const value = Number(text(name));
    return text(name) !== '' && Number.isFinite(value) && value >= 1 ? Math.min(most, Math.floor(value)) : otherwise;
  };
  const endpoint = text('EARMARK_LLM_ENDPOINT');
  if (endpoint === '') return undefined;
  const key = text('EARMARK_LLM_KEY');
  const model = new OpenaiCompatibleModel({ endpoint, model: text('EARMARK_LLM_MODEL'), allowPlainHttp: text('EARMARK_LLM_PLAIN_HTTP') === '1', ...(key === '' ? {} : { key }) });
  return new ModelQueue(model, { clock, concurrency: number('EARMARK_LLM_CONCURRENCY', DEFAULT_CONCURRENCY, MAX_CONCURRENCY), timeoutMs: 1000 * number('EARMARK_LLM_TIMEOUT_S', DEFAULT_TIMEOUT_MS / 1000, MAX_TIMEOUT_S) });
}
