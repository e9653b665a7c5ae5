/**
 * Transcribes a recording through the daemon: decodes it here, pushes its frames, and follows the
 * session until DONE.
 */
import { setTimeout as delay } from 'node:timers/promises';
import {
  createFramePusher,
  type Connection,
  type FramePusher,
  type SessionSubscription,
} from '../../client';
import { FRAME_MS, SAMPLE_RATE } from '../../protocol/audio';
import { EarmarkError, isEarmarkError } from '../../protocol/errors';
import { plainLine } from '../../protocol/plainText';
import { SessionDelete, SessionGet, SessionStop, type SessionEvent } from '../../protocol/session';
import type { ResultOf } from '../../protocol/method';
import type { Segment } from '../../protocol/transcript';
import type { DeviceChoice } from '../asr/contract/provider';
import type { AudioFile } from '../audio/audioFile';
import { watchDisk } from './diskWatch';
import { persist } from './persist';

export interface FileSessionOptions {
  readonly title: string;
  readonly insights: boolean;
  readonly keep: boolean;
  readonly realtime: boolean;
  /** Separate the speakers. */
  readonly diarize?: boolean;
  readonly language?: string;
  /** Likely phrases, likeliest first. */
  readonly phrases?: readonly string[];
  readonly provider?: string;
  readonly model?: string;
  readonly device?: DeviceChoice;
  readonly signal: AbortSignal;
  readonly onFinal?: (segment: Segment) => void;
  /** Receives the transcribed milliseconds of the recording. */
  readonly onProgress?: (doneMs: number) => void;
  /** Receives warnings of the session and of the disk at once. */
  readonly onWarning?: (sentence: string) => void;
}

export type FileResult = ResultOf<typeof SessionGet> & { readonly diagnostics: readonly string[] };

/** Decoded audio of a source that may wait to be sent. */
const AHEAD_MS = 20_000;
/** In real time, the audio pushed at once. */
const SLICE_MS = 100;
const TOO_MANY_RETRY_MS = 500;
const TOO_MANY_RETRIES = 240;
const GET_TIMEOUT_MS = 60_000;

/** @throws EarmarkError of the file, the session or the connection; no data stays in the daemon */
export async function transcribeFile(
  connection: Connection,
  audio: AudioFile,
  options: FileSessionOptions,
): Promise<FileResult> {
  const follower = new Follower(options);
  const subscription = await startSession(connection, audio, options, follower);
  const { sessionId } = subscription;
  const pushers = audio.sources.map((source) =>
    createFramePusher(connection, subscription, { source }),
  );
  subscription.onDidLose((error) => follower.fail(error));
  for (const pusher of pushers) pusher.onDidFail((error) => follower.fail(error));
  const onAbort = () => follower.fail(new EarmarkError('rpc.cancelled', 'Stopped before the end.'));
  options.signal.addEventListener('abort', onAbort, { once: true });
  if (options.signal.aborted) onAbort();
  const { onWarning } = options;
  // A session in memory needs no disk.
  const disk =
    options.keep && onWarning
      ? watchDisk(connection, onWarning, (error) => follower.fail(error))
      : undefined;
  try {
    await Promise.race([follower.ended, pushAll(audio, pushers, options)]);
    await Promise.race([follower.ended, persist(connection, SessionStop, { sessionId })]);
    await follower.ended;
    const document = await persist(
      connection,
      SessionGet,
      { sessionId },
      { timeoutMs: GET_TIMEOUT_MS },
    );
    if (!options.keep) await remove(connection, sessionId);
    return { ...document, diagnostics: audio.diagnostics.map((d) => d.message) };
  } catch (error) {
    const tidied = options.keep
      ? connection.request(SessionStop, { sessionId })
      : remove(connection, sessionId);
    await tidied.catch(() => undefined);
    throw error;
  } finally {
    options.signal.removeEventListener('abort', onAbort);
    disk?.dispose();
    for (const pusher of pushers) pusher.dispose();
    subscription.dispose();
  }
}

/** Starts the session; waits while other sessions fill the daemon. */
async function startSession(
  connection: Connection,
  audio: AudioFile,
  options: FileSessionOptions,
  follower: Follower,
): Promise<SessionSubscription> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await connection.start(
        {
          kind: 'file',
          title: plainLine(options.title),
          sources: audio.sources.map((source) => ({
            source,
            origin: {
              type: 'push' as const,
              format: { sampleRate: SAMPLE_RATE, channels: 1, encoding: 's16le' },
            },
          })),
          live: options.realtime,
          partials: options.realtime,
          insights: options.insights,
          diarize: options.diarize ?? false,
          ephemeral: !options.keep,
          ...(options.phrases === undefined ? {} : { phrases: [...options.phrases] }),
          ...(options.language === undefined ? {} : { language: options.language }),
          ...(options.provider === undefined ? {} : { provider: options.provider }),
          ...(options.model === undefined ? {} : { model: options.model }),
          ...(options.device === undefined ? {} : { device: options.device }),
        },
        (event) => follower.take(event),
      );
    } catch (error) {
      if (!isEarmarkError(error, 'session.tooMany') || attempt >= TOO_MANY_RETRIES) throw error;
      await delay(TOO_MANY_RETRY_MS, undefined, { signal: options.signal });
    }
  }
}

async function pushAll(
  audio: AudioFile,
  pushers: readonly FramePusher[],
  options: FileSessionOptions,
): Promise<void> {
  const begun = performance.now();
  let sentMs = 0;
  for await (const block of audio.blocks()) {
    const length = block[0]?.length ?? 0;
    const slice = options.realtime ? (SLICE_MS * SAMPLE_RATE) / 1000 : length;
    for (let at = 0; at < length; at += slice) {
      options.signal.throwIfAborted();
      block.forEach((pcm, i) => pushers[i]?.write(pcm.subarray(at, at + slice)));
      sentMs += (Math.min(slice, length - at) * 1000) / SAMPLE_RATE;
      if (options.realtime)
        await delay(Math.max(0, begun + sentMs - performance.now()), undefined, {
          signal: options.signal,
        });
    }
    for (const pusher of pushers) await pusher.whenReady(AHEAD_MS);
  }
  if (sentMs < FRAME_MS)
    throw new EarmarkError(
      'audio.empty',
      `${options.title} contains no audio; choose a file that contains a recording.`,
    );
  await Promise.all(pushers.map((pusher) => pusher.end()));
}

async function remove(connection: Connection, sessionId: string): Promise<void> {
  try {
    await persist(connection, SessionDelete, { sessionId });
  } catch (error) {
    if (!isEarmarkError(error, 'session.notFound')) throw error;
  }
}

/** Follows the session until its end. */
class Follower {
  private resolve!: () => void;
  private reject!: (error: EarmarkError) => void;
  private lastError: EarmarkError | undefined;
  readonly ended = new Promise<void>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });

  constructor(private readonly options: FileSessionOptions) {
    this.ended.catch(() => undefined);
  }

  take(event: SessionEvent): void {
    if (event.kind === 'final') {
      if (event.segment.hidden !== true) this.options.onFinal?.(event.segment);
      this.options.onProgress?.(event.segment.endMs);
    }
    if (event.kind === 'warning')
      this.options.onWarning?.(
        event.code === 'language.foreign'
          ? `${event.message} The options are --model and --language.`
          : event.message,
      );
    if (event.kind === 'error') this.lastError = new EarmarkError(event.code, event.message);
    if (event.kind !== 'state') return;
    if (event.to === 'DONE') this.resolve();
    if (event.to === 'FAILED')
      this.fail(
        this.lastError ??
          new EarmarkError('internal', 'The session failed; see "earmark daemon logs".'),
      );
  }

  fail(error: EarmarkError): void {
    this.reject(error);
  }
}
