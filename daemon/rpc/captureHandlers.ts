/**
 * `capture/*`: records for a local client of a remote daemon. The recorder stops when the
 * connection closes.
 */
import { CaptureEnded, CaptureFrames, CaptureStart, CaptureStop } from '../../protocol/capture';
import { EarmarkError } from '../../protocol/errors';
import { toDisposable } from '../base/disposable';
import type { Recording } from '../session/ports';
import type { ClientContext } from './clientContext';
import type { RpcDeps } from './deps';
import type { Registry } from './registry';

/** Maximum number of concurrent recorders of a client. */
const CAPTURES_MAX = 4;

export function captureHandlers(registry: Registry, { capture, uploads, logger }: RpcDeps): void {
  const running = new WeakMap<ClientContext, Map<string, Pick<Recording, 'stop'>>>();
  let count = 0;
  const of = (client: ClientContext): Map<string, Pick<Recording, 'stop'>> => {
    let mine = running.get(client);
    if (!mine) {
      running.set(client, (mine = new Map()));
      const open = mine;
      client.disposables.add(
        toDisposable(() => {
          for (const recording of open.values())
            void recording.stop().catch(() => logger.warn('capture.notStopped'));
          open.clear();
        }),
      );
    }
    return mine;
  };
  registry
    .on(CaptureStart, async ({ source, device, upload }, client) => {
      // Only local clients may open the microphone.
      if (client.peer.identity.kind !== 'local')
        throw new EarmarkError(
          'rpc.forbidden',
          'A remote daemon cannot record; record on your own machine.',
        );
      const mine = of(client);
      if (mine.size >= CAPTURES_MAX)
        throw new EarmarkError(
          'rpc.tooMany',
          'This client has too many recordings; stop one first.',
        );
      const captureId = `c${++count}`;
      const send = (pcm: Int16Array, seq?: number): void =>
        client.notify(CaptureFrames, {
          captureId,
          pcm: Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength).toString('base64'),
          ...(seq === undefined ? {} : { seq }),
        });
      const kept =
        upload &&
        uploads?.recording(upload.uploadId, source, upload.seq, (seq, pcm) => send(pcm, seq));
      const started = await capture.start(source, device, {
        onData: (pcm) => (kept ? kept.write(pcm) : send(pcm)),
        onEnd: () => {
          kept?.end();
          if (mine.delete(captureId)) client.notify(CaptureEnded, { captureId });
        },
      });
      const recording = kept ? { stop: () => started.stop().finally(() => kept.end()) } : started;
      if (client.state.kind === 'gone') await recording.stop();
      else mine.set(captureId, recording);
      return { captureId };
    })
    .on(CaptureStop, async ({ captureId }, client) => {
      const recording = of(client).get(captureId);
      of(client).delete(captureId);
      await recording?.stop();
      return {};
    });
}
