/** `audio/push` in both forms, `audio/open`, `audio/end`, `audio/report`, `audio/clip`, `audio/devices`. */
import {
  AudioClip,
  AudioDevices,
  AudioEnd,
  AudioOpen,
  AudioPush,
  AudioReport,
  AudioVerify,
  FRAME_BYTES,
  PUSH_MAX_FRAMES,
} from '../../../protocol/audio';
import { EarmarkError } from '../../../protocol/errors';
import type { AudioMessage } from '../../base/peer';
import type { ClientContext } from '../clientContext';
import type { RpcDeps } from '../deps';
import type { Registry } from '../registry';

/** Maximum number of sources of a connection over its life. */
const CHANNELS_MAX = 1_000;

export function audioHandlers(registry: Registry, { sessions, devices }: RpcDeps): void {
  registry
    .on(AudioPush, async ({ sessionId, source, seq, captureMs, pcm }, client) => {
      const samples = decodeFrames(pcm);
      const ackSeq = await sessions.push(sessionId, source, seq, captureMs, samples);
      client.pushing.add(sessionId);
      return { ackSeq };
    })
    .on(AudioOpen, ({ sessionId, source }, { channels }) => {
      const known = channels.findIndex((c) => c.sessionId === sessionId && c.source === source);
      if (known >= 0) return { channel: known + 1 };
      if (channels.length >= CHANNELS_MAX)
        throw new EarmarkError(
          'rpc.tooMany',
          'This connection has too many open sources; open another connection.',
        );
      return { channel: channels.push({ sessionId, source }) };
    })
    .on(AudioEnd, async ({ sessionId, source }) => {
      await sessions.endSource(sessionId, source);
      return {};
    })
    .on(AudioReport, async ({ sessionId, source, code, message }) => {
      await sessions.report(sessionId, source, code, message);
      return {};
    })
    .on(AudioVerify, ({ sessionId, source, frames, digest }) =>
      sessions.verify(sessionId, source, { frames, digest }),
    )
    .on(AudioClip, async ({ sessionId, source, startMs, endMs }) => {
      const clip = await sessions.clip(sessionId, source, startMs, endMs);
      return {
        startMs: clip.startMs,
        pcm: Buffer.from(clip.pcm.buffer, clip.pcm.byteOffset, clip.pcm.byteLength).toString(
          'base64',
        ),
      };
    })
    .on(AudioDevices, async () => {
      const found = await devices.list();
      return {
        microphones: found.microphones.map((d) => ({ ...d })),
        systems: found.systems.map((d) => ({ ...d })),
        recorders: found.recorders.map(({ name, available, sources, reason }) => ({
          name,
          available,
          sources: [...sources],
          ...(reason === undefined ? {} : { reason }),
        })),
        advice: [...found.advice],
      };
    });
}

/**
 * Takes a binary message. Access to the session was checked when the channel was opened.
 * @throws EarmarkError as `audio/push`
 */
export async function takeAudio(
  { sessions }: RpcDeps,
  client: ClientContext,
  { channel, seq, captureMs, pcm }: AudioMessage,
): Promise<{ ackSeq: number }> {
  const target = client.channels[channel - 1];
  if (!target)
    throw new EarmarkError(
      'audio.unknownSource',
      'This channel is not open; open it with audio/open.',
    );
  const { sessionId, source } = target;
  requireFrames(pcm.length);
  const samples = new Int16Array(pcm.length / 2);
  new Uint8Array(samples.buffer).set(pcm);
  const ackSeq = await sessions.push(sessionId, source, seq, captureMs, samples);
  client.pushing.add(sessionId);
  return { ackSeq };
}

/** @throws EarmarkError audio.oddFrame, rpc.invalidParams */
function requireFrames(bytes: number): void {
  if (bytes === 0 || bytes % FRAME_BYTES !== 0) {
    throw new EarmarkError(
      'audio.oddFrame',
      `The audio has ${bytes} bytes, which is not a multiple of the frame size of ${FRAME_BYTES} ` +
        'bytes. Send whole frames.',
    );
  }
  if (bytes > PUSH_MAX_FRAMES * FRAME_BYTES) {
    throw new EarmarkError(
      'rpc.invalidParams',
      `audio/push: "pcm" has ${bytes / FRAME_BYTES} frames; send at most ${PUSH_MAX_FRAMES} at once.`,
      { details: { path: 'pcm' } },
    );
  }
}

/**
 * Strict base64 (RFC 4648, section 4) of whole frames.
 * @throws EarmarkError audio.badBase64, audio.oddFrame, rpc.invalidParams
 */
function decodeFrames(base64: string): Int16Array {
  const bytes =
    (base64.length / 4) * 3 - (base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0);
  const decoded = Buffer.from(base64, 'base64');
  // Node silently skips invalid base64, so that bytes are missing. It also accepts the URL
  // alphabet, and the low byte of wide characters. A regular expression would take ten times as
  // long.
  if (
    decoded.length !== bytes ||
    base64.includes('-') ||
    base64.includes('_') ||
    Buffer.byteLength(base64) !== base64.length
  ) {
    throw new EarmarkError(
      'audio.badBase64',
      'The audio is not base64 (RFC 4648, with padding); encode the samples again.',
    );
  }
  requireFrames(bytes);
  // Allocates new memory, so that the samples are aligned.
  const samples = new Int16Array(bytes / 2);
  new Uint8Array(samples.buffer).set(decoded);
  return samples;
}
