/**
 * Keeps tokens of a model away from other models. After a change of engine, the decode context still
 * has tokens of the former model; their numbers mean other words, or nothing, to the new one.
 */
import type { AsrResult, DecodeRequest } from '../contract/provider';

/** Model that made each list of tokens. */
const makers = new WeakMap<readonly number[], string>();

/** Remembers that the tokens of a result belong to a model. */
export function markTokens<T extends AsrResult | undefined>(result: T, model: string): T {
  if (result?.tokens) makers.set(result.tokens, model);
  return result;
}

/** Returns the request without tokens of other models. */
export function withOwnTokens<T extends DecodeRequest>(request: T, model: string): T {
  const { draft, left, ...rest } = request.context ?? {};
  const foreign = (tokens: readonly number[] | undefined): boolean =>
    tokens !== undefined && tokens.length > 0 && (makers.get(tokens) ?? model) !== model;
  if (!foreign(draft) && !foreign(left?.tokens)) return request;
  return {
    ...request,
    context: {
      ...rest,
      ...(draft && !foreign(draft) ? { draft } : {}),
      ...(left && !foreign(left.tokens) ? { left } : {}),
    },
  };
}
