/** Registry of the handlers by method. It validates params before a handler receives them. */
import { EarmarkError } from '../../protocol/errors';
import type { ParamsOf, RequestType, ResultOf } from '../../protocol/method';
import type { Asked } from '../base/peer';
import type { ClientContext } from './clientContext';

export type Handler<M extends RequestType> = (
  params: ParamsOf<M>,
  client: ClientContext,
  asked: Asked,
) => ResultOf<M> | Promise<ResultOf<M>>;

interface Entry {
  readonly type: RequestType;
  readonly handle: (params: unknown, client: ClientContext, asked: Asked) => unknown;
}

export class Registry {
  private readonly entries = new Map<string, Entry>();

  on<M extends RequestType>(type: M, handle: Handler<M>): this {
    if (this.entries.has(type.method)) throw new Error(`${type.method} has two handlers.`);
    this.entries.set(type.method, { type, handle: handle as Entry['handle'] });
    return this;
  }

  has(method: string): boolean {
    return this.entries.has(method);
  }

  get methods(): readonly string[] {
    return [...this.entries.keys()];
  }

  /** @throws EarmarkError rpc.unknownMethod, rpc.invalidParams, and errors of the handler */
  async dispatch(
    method: string,
    params: unknown,
    client: ClientContext,
    asked: Asked,
  ): Promise<object> {
    const entry = this.entries.get(method);
    if (!entry)
      throw new EarmarkError(
        'rpc.unknownMethod',
        `The daemon has no method "${method.slice(0, 100)}"; update Earmark on both sides.`,
      );
    const parsed = parse(entry.type, params);
    if (!parsed?.success) {
      const issue = parsed?.error.issues[0];
      const path = issue?.path.map(String).join('.') ?? '';
      // zod's messages name types and limits, not the received values.
      throw new EarmarkError(
        'rpc.invalidParams',
        `${method}: ${path === '' ? 'params' : `"${path.slice(0, 100)}"`} is not valid: ` +
          `${issue?.message ?? 'wrong type'}.`,
        { details: { path } },
      );
    }
    return (await entry.handle(parsed.data, client, asked)) as object;
  }
}

/**
 * Parses params.
 * @returns undefined if the schema itself throws: zod compares a "length" that is an object, and
 * throws if that has no primitive value
 */
function parse(
  { params }: RequestType,
  given: unknown,
): ReturnType<RequestType['params']['safeParse']> | undefined {
  try {
    return params.safeParse(given ?? {});
  } catch {
    return undefined;
  }
}
