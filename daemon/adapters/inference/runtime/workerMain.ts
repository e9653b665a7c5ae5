/**
 * Main loop of an inference worker: answers the calls of its role, sends heartbeats, and exits as
 * soon as the daemon is gone. The daemon ends workers by closing the channel or killing them, never
 * by a request.
 */
import { constants, setPriority } from 'node:os';
import { EarmarkError } from '../../../../protocol/errors';
import type { AsrProvider } from '../../../asr/contract/provider';
import { createRecogniser } from './recognisers';
import { SentenceEncoder } from '../embeddings/sentenceEncoder';
import { SileroVad } from '../silero/silero';
import { TurnEncoder } from '../embeddings/turnEncoder';
import { OnnxSpeakerModels } from '../speakers/speakerModels';
import {
  HEARTBEAT_MS,
  type FromWorker,
  type ToWorker,
  type WorkerCalls,
  type WorkerMethod,
  type WorkerRole,
} from './workerProtocol';
import { modelNotLoaded } from '../../../asr/contract/errors';
import { WorkerStreams } from './workerStreams';

type Handlers = {
  readonly [M in WorkerMethod]?: (
    params: WorkerCalls[M]['params'],
    signal: AbortSignal,
  ) => Promise<WorkerCalls[M]['result']>;
};

function asrHandlers(): Handlers {
  let provider: AsrProvider | undefined;
  const streams = new WorkerStreams();
  return {
    load: async ({ provider: id, model, device }) => {
      const next = createRecogniser(id);
      streams.closeAll();
      await provider?.unload();
      provider = next;
      await provider.load(model, device);
    },
    transcribe: async ({ pcm, options }, signal) => {
      if (!provider) throw modelNotLoaded();
      return provider.transcribe(pcm, options, signal);
    },
    openStream: ({ stream, options }) => {
      if (!provider) return Promise.reject(modelNotLoaded());
      return Promise.resolve(streams.add(stream, provider.openStream?.(options)));
    },
    pushAudio: ({ stream, pcm }) => streams.get(stream).push(pcm),
    endStream: ({ stream }) => streams.take(stream).end(),
    closeStream: ({ stream }) => Promise.resolve(streams.close(stream)),
  };
}

function vadHandlers(): Handlers {
  const vad = new SileroVad();
  return {
    load: ({ model }) => vad.load(model),
    detect: ({ streams, windows }) =>
      Promise.all(
        streams.map((stream, i) => vad.detect(stream, windows[i] ?? new Float32Array(0))),
      ),
    closeStream: ({ stream }) => Promise.resolve(vad.close(stream)),
  };
}

function speakerHandlers(): Handlers {
  const models = new OnnxSpeakerModels();
  return {
    load: ({ model }) => models.load(model),
    embed: ({ cuts }) => models.embed(cuts),
    segment: ({ window }) => models.segment(window),
  };
}

function sentenceHandlers(): Handlers {
  const encoder = new SentenceEncoder();
  return {
    load: ({ model }) => encoder.load(model),
    embedTexts: ({ texts }) => encoder.embed(texts),
  };
}

function turnHandlers(): Handlers {
  const encoder = new TurnEncoder();
  return {
    load: ({ model }) => encoder.load(model),
    scoreTurns: ({ turns }, signal) => encoder.score(turns, signal),
  };
}

const HANDLERS: Readonly<Record<WorkerRole, () => Handlers>> = {
  asr: asrHandlers,
  vad: vadHandlers,
  speaker: speakerHandlers,
  sentences: sentenceHandlers,
  turns: turnHandlers,
};

/** Roles with lower priority: on a busy machine, text and the editor come first. */
const BESIDE: ReadonlySet<WorkerRole> = new Set(['speaker', 'sentences', 'turns']);

/** Runs until the channel to the daemon closes. */
export function runWorker(role: WorkerRole): void {
  if (BESIDE.has(role)) setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  const handlers = HANDLERS[role]();
  const running = new Map<number, AbortController>();
  const post = (message: FromWorker): void => {
    if (process.connected) process.send?.(message, () => undefined);
  };
  const heartbeat = (): void => post({ kind: 'heartbeat', rssBytes: process.memoryUsage.rss() });

  process.on('message', (message: ToWorker) => {
    if (message.kind === 'cancel') {
      running.get(message.id)?.abort();
      return;
    }
    const { id } = message;
    const abort = new AbortController();
    running.set(id, abort);
    answer(handlers, message, abort.signal)
      .then(
        (value) => post({ kind: 'result', id, value }),
        (error: unknown) => post({ kind: 'error', id, ...describe(error) }),
      )
      .finally(() => running.delete(id));
  });
  // A killed daemon closes the channel, so nothing would receive an answer.
  process.on('disconnect', () => process.exit(0));
  // Ctrl-C or a shutdown reaches every process of the group while the daemon still flushes; the
  // daemon decides when its workers end.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => undefined);
  setInterval(heartbeat, HEARTBEAT_MS);
  heartbeat();
}

function answer(
  handlers: Handlers,
  message: Extract<ToWorker, { kind: 'call' }>,
  signal: AbortSignal,
): Promise<unknown> {
  const handler = handlers[message.method] as
    ((params: unknown, signal: AbortSignal) => Promise<unknown>) | undefined;
  if (!handler)
    return Promise.reject(
      new EarmarkError('internal', 'This inference worker has another task; run `earmark doctor`.'),
    );
  return Promise.resolve().then(() => handler(message.params, signal));
}

function describe(error: unknown): { code: EarmarkError['code']; message: string } {
  if (error instanceof EarmarkError) return { code: error.code, message: error.message };
  return {
    code: 'engine.crashed',
    message: 'The speech engine failed to decode this phrase. Earmark tries again.',
  };
}
