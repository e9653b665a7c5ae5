/** Family `audio`: pushed frames and their acknowledgements, recording devices. */
import { z } from 'zod';
import { Empty, notification, request } from './method';

/** The one format of the wire and of the daemon. */
export const SAMPLE_RATE = 16_000;
export const FRAME_SAMPLES = 320;
export const FRAME_MS = 20;
export const FRAME_BYTES = FRAME_SAMPLES * 2;
/** Frames in one `audio/push` at most (2 s). */
export const PUSH_MAX_FRAMES = 100;
/** A pushing client keeps at most this much audio unacknowledged. */
export const UNACKNOWLEDGED_MAX_MS = 10_000;

export const SourceName = z
  .enum(['mic', 'system', 'file'])
  .describe(
    'Where the sound comes from. `mic` is the user, `system` the others, `file` a recording of one channel.',
  );
export type SourceName = z.infer<typeof SourceName>;

export const AudioFormat = z.object({
  sampleRate: z.number().describe('Hz; only 16000 is accepted.'),
  channels: z.number().describe('Only 1 is accepted.'),
  encoding: z.string().describe('Only `s16le` is accepted.'),
});
export type AudioFormat = z.infer<typeof AudioFormat>;

export const Device = z.object({
  id: z.string().describe('What the recorder takes as its device name.'),
  name: z.string(),
  isDefault: z.boolean(),
  recorder: z
    .string()
    .describe('Recorder module that reads it: parec, pw-record, arecord, sox, audiotee, ffmpeg.'),
});
export type Device = z.infer<typeof Device>;

export const RecorderStatus = z.object({
  name: z.string(),
  available: z.boolean(),
  /** For `mic`, `system` or both. */
  sources: z.array(SourceName),
  reason: z.string().optional().describe('Why it is not available, and what to install or permit.'),
});
export type RecorderStatus = z.infer<typeof RecorderStatus>;

export const AudioPush = request({
  method: 'audio/push',
  doc: 'Frames of one source, in order. `seq` numbers the first of them; frames are whole (320 samples). The answer names the last frame that is on disk.',
  params: z.object({
    sessionId: z.string(),
    source: SourceName,
    seq: z.number().int().min(0).describe('Sequence number of the first frame, from 0.'),
    captureMs: z
      .number()
      .describe('Capture clock of the first frame in milliseconds since the session start.'),
    pcm: z.string().describe('Base64 of s16le mono 16 kHz, a whole number of frames, at most 100.'),
  }),
  result: z.object({
    ackSeq: z
      .number()
      .int()
      .min(-1)
      .describe('Last frame of this source that is on disk; −1 when none.'),
  }),
  errors: [
    'session.notFound',
    'session.wrongState',
    'audio.unknownSource',
    'audio.oddFrame',
    'audio.badBase64',
    'audio.afterStop',
    'audio.tooFast',
    'audio.overLimit',
  ],
});

export const AudioOpen = request({
  method: 'audio/open',
  doc: 'Gives a source a number for the binary messages of this connection. Only over WebSocket; the same source gets the same number.',
  params: z.object({ sessionId: z.string(), source: SourceName }),
  result: z.object({ channel: z.number().int().min(1).max(65_535) }),
  errors: ['session.notFound', 'rpc.tooMany'],
});

export const AudioEnd = request({
  method: 'audio/end',
  doc: 'No more frames of this source: its open phrase is flushed. Idempotent.',
  params: z.object({ sessionId: z.string(), source: SourceName }),
  result: Empty,
  errors: ['session.notFound', 'audio.unknownSource'],
});

export const Received = z.object({
  frames: z.number().int().min(0),
  digest: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe('Hex. d(n) = SHA-256(d(n−1) ‖ the 640 bytes of frame n), d(0) is 32 zero bytes.'),
});
export type Received = z.infer<typeof Received>;

export const AudioVerify = request({
  method: 'audio/verify',
  doc: 'Is what was sent what came in and is kept? Answers with what came in, once it is on disk, in a team also in the stream that its servers share. Only for sources that were named with `verify`; also when the session is over.',
  params: Received.extend({ sessionId: z.string(), source: SourceName }),
  result: Received.extend({ confirmed: z.boolean() }),
  errors: ['session.notFound', 'audio.unknownSource', 'store.unwritable', 'rpc.timeout'],
});

export const AudioAck = notification({
  method: 'audio/ack',
  doc: 'Frames up to `ackSeq` of this source are on disk; the client may forget them.',
  params: z.object({ sessionId: z.string(), source: SourceName, ackSeq: z.number().int() }),
});

export const AudioClip = request({
  method: 'audio/clip',
  doc: 'A piece of the kept sound of a session that is over, at most 30 s from `startMs`.',
  params: z.object({
    sessionId: z.string(),
    source: SourceName,
    startMs: z.number().min(0),
    endMs: z.number().min(0),
  }),
  result: z.object({
    startMs: z.number().describe('Session time of the first sample.'),
    pcm: z.string().describe('Base64 of s16le mono 16 kHz.'),
  }),
  errors: ['session.notFound', 'session.wrongState', 'audio.notKept'],
});

export const AudioDevices = request({
  method: 'audio/devices',
  doc: 'What this machine can record with. `advice` says by name what to install or permit where a source has no recorder.',
  params: Empty,
  result: z.object({
    microphones: z.array(Device),
    systems: z.array(Device),
    recorders: z.array(RecorderStatus),
    advice: z.array(z.string()),
  }),
});
