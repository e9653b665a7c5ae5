/** Idempotent requests: if the daemon ends in between, it is restarted and the request repeated. */
import type { Connection } from '../../client';
import { isEarmarkError } from '../../protocol/errors';
import type { ParamsOf, RequestType, ResultOf } from '../../protocol/method';

const ATTEMPTS = 5;

/** For requests that change nothing, or have the same effect when repeated. */
export async function persist<M extends RequestType>(
  connection: Connection,
  type: M,
  params: ParamsOf<M>,
  options?: { timeoutMs?: number; signal?: AbortSignal },
): Promise<ResultOf<M>> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await connection.request(type, params, options);
    } catch (error) {
      if (
        !isEarmarkError(error, 'rpc.disconnected') ||
        attempt >= ATTEMPTS ||
        connection.state.kind === 'closed'
      )
        throw error;
    }
  }
}
