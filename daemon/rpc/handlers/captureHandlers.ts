/**
 * `capture/*`: records for a local client of a remote daemon, as a session records for itself: with
 * capture clock, drift correction, search for lost devices and warnings. The recorder stops when
 * the connection closes.
 */
import {
  CaptureFrames,
  CaptureStart,
  CaptureStop,
  CaptureWarning,
} from '../../../protocol/capture';
import { EarmarkError } from '../../../protocol/errors';
import type { ParamsOf } from '../../../protocol/method';
import { FRAME_SAMPLES, type Frame } from '../../audio/frame';
import { evenRuns } from '../../audio/evenRuns';
import { toDisposable } from '../../base/disposable';
import { defaultSessionOptions } from '../../session/contract/options';
import { Recorder } from '../../speech/recorder';
import type { ClientContext } from '../clientContext';
import type { RpcDeps } from '../deps';
import type { Registry } from '../registry';

/** Maximum number of concurrent recorders of a client. */
const CAPTURES_MAX = 4;

interface Running {
  stop(): Promise<unknown>;
}

export function captureHandlers(registry: Registry, deps: RpcDeps): void {
  const running = new WeakMap<ClientContext, Map<string, Running>>();
  let count = 0;
  const of = (client: ClientContext): Map<string, Running> => {
    let mine = running.get(client);
    if (!mine) {
      running.set(client, (mine = new Map()));
      const open = mine;
      client.disposables.add(
        toDisposable(() => {
          for (const recording of open.values())
            void recording.stop().catch(() => deps.logger.warn('capture.notStopped'));
          open.clear();
        }),
      );
    }
    return mine;
  };
  registry
    .on(CaptureStart, async (params, client) => {
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
      const recording = record(deps, client, captureId, params);
      mine.set(captureId, recording);
      try {
        await recording.start();
      } catch (error) {
        mine.delete(captureId);
        await recording.stop();
        throw error;
      }
      if (client.state.kind === 'gone') await recording.stop();
      return { captureId };
    })
    .on(CaptureStop, async ({ captureId }, client) => {
      const recording = of(client).get(captureId);
      of(client).delete(captureId);
      await recording?.stop();
      return {};
    });
}

function record(
  { capture, uploads, clock, platform, logger }: RpcDeps,
  client: ClientContext,
  captureId: string,
  { source, device, upload, sessionMs = 0 }: ParamsOf<typeof CaptureStart>,
): Running & { start(): Promise<void> } {
  const beganMs = clock.now() - sessionMs;
  const send = (frames: readonly Frame[]): void => {
    for (const run of evenRuns(frames)) {
      const [first] = run;
      if (first)
        client.notify(CaptureFrames, {
          captureId,
          seq: first.seq,
          captureMs: first.captureMs,
          pcm: base64(run),
        });
    }
  };
  const kept = upload && uploads?.recording(upload.uploadId, source, upload.seq, send);
  const recorder = new Recorder({
    source,
    device,
    capture,
    clock,
    logger,
    platform: platform ?? 'linux',
    options: defaultSessionOptions,
    firstSeq: kept?.seq ?? 0,
    sessionMs: () => clock.now() - beganMs,
    onFrames: (frames) => (kept ? kept.write(frames) : send(frames)),
    warn: (code, message) => {
      if (code === 'source.lost' || code === 'source.silent')
        client.notify(CaptureWarning, { captureId, code, message });
    },
    // The session reports a gap when it receives the audio behind it.
    onGap: () => undefined,
    // The recorder has warned, and goes on searching.
    onLost: () => undefined,
    onFound: () => undefined,
  });
  return { start: () => recorder.start(), stop: () => recorder.stop().finally(() => kept?.end()) };
}

function base64(frames: readonly Frame[]): string {
  const pcm = new Int16Array(frames.length * FRAME_SAMPLES);
  frames.forEach((frame, i) => pcm.set(frame.pcm, i * FRAME_SAMPLES));
  return Buffer.from(pcm.buffer).toString('base64');
}
