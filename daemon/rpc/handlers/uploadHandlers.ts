/** `upload/*`: upload copies of recordings for a remote daemon. For local clients only. */
import { EarmarkError } from '../../../protocol/errors';
import type { ParamsOf, RequestType, ResultOf } from '../../../protocol/method';
import {
  UploadClose,
  UploadDiscard,
  UploadEnd,
  UploadList,
  UploadOpen,
  UploadRead,
  UploadSent,
  UploadSettle,
  UploadTranscribe,
  type UploadInfo,
} from '../../../protocol/uploads';
import { toDisposable } from '../../base/disposable';
import { transcribeHere } from '../../uploads/transcribeHere';
import type { Uploads, UploadView } from '../../uploads/uploads';
import type { ClientContext } from '../clientContext';
import { defined } from '../../base/defined';
import type { RpcDeps } from '../deps';
import type { Registry } from '../registry';

export function uploadHandlers(registry: Registry, { uploads, sessions, clock }: RpcDeps): void {
  const holders = new WeakSet<ClientContext>();
  const on = <M extends RequestType>(
    type: M,
    handle: (
      params: ParamsOf<M>,
      client: ClientContext,
      uploads: Uploads,
    ) => ResultOf<M> | Promise<ResultOf<M>>,
  ): void => {
    registry.on(type, (params, client) => {
      if (client.peer.identity.kind !== 'local')
        throw new EarmarkError(
          'rpc.forbidden',
          'Only the user of a machine can use the recordings that wait there.',
        );
      if (!uploads)
        throw new EarmarkError(
          'rpc.forbidden',
          'A shared server stores no recordings for remote daemons.',
        );
      return handle(params, client, uploads);
    });
  };
  on(UploadOpen, ({ remote, sessionId, sources }, client, uploads) => {
    const upload = uploads.open(
      { remote, sessionId, sources: sources.map((source) => defined(source)) },
      client,
    );
    if (!holders.has(client)) client.disposables.add(toDisposable(() => uploads.letGo(client)));
    holders.add(client);
    return { upload: toInfo(upload), have: have(uploads, upload.id) };
  });
  on(UploadRead, ({ uploadId, source, seq, frames }, _client, uploads) => {
    const { captureMs, pcm } = uploads.read(uploadId, source, seq, frames);
    return {
      captureMs,
      pcm: Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength).toString('base64'),
    };
  });
  on(UploadClose, ({ uploadId }, client, uploads) => {
    uploads.giveBack(uploadId, client);
    return {};
  });
  on(UploadEnd, ({ uploadId }, _client, uploads) => {
    uploads.end(uploadId);
    return { have: have(uploads, uploadId) };
  });
  on(UploadSent, async ({ uploadId }, _client, uploads) => ({
    sent: (await uploads.sent(uploadId)).map((s) => ({ ...s })),
  }));
  on(UploadSettle, async ({ uploadId, received, problem }, _client, uploads) => ({
    ...(await uploads.settle(uploadId, received, problem)),
  }));
  on(UploadList, (_params, _client, uploads) => ({ uploads: uploads.list().map(toInfo) }));
  on(UploadDiscard, ({ uploadId }, client, uploads) => {
    uploads.discard(uploadId, client);
    return {};
  });
  on(UploadTranscribe, async ({ uploadId }, _client, uploads) => ({
    sessionId: await transcribeHere(uploads, uploadId, sessions, clock),
  }));
}

function have(uploads: Uploads, id: string): ResultOf<typeof UploadEnd>['have'] {
  return uploads.frames(id).map((f) => ({ ...f }));
}

function toInfo({ id, sources, ...rest }: UploadView): UploadInfo {
  return { uploadId: id, ...rest, sources: sources.map((s) => ({ ...s })) };
}
