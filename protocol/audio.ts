/** Family `audio`: pushed frames, their acknowledgements, and recording devices. */
import { z } from 'zod';
import { Empty, notification, PlainText, request } from './method';

/** The only sample rate of the protocol and the daemon. */
export const SAMPLE_RATE = 16_000;
export const FRAME_SAMPLES = 320;
export const FRAME_MS = 20;
export const FRAME_BYTES = FRAME_SAMPLES * 2;
/** Limit of frames in one `audio/push` (2 s). */
export const PUSH_MAX_FRAMES = 100;
/** Limit of unacknowledged audio of a client. */
export const UNACKNOWLEDGED_MAX_MS = 10_000;

export const SourceName = z
  .enum(['mic', 'system', 'file'])
  .describe(
    'Source of the audio. `mic` is the user, `system` the others, `file` a ' +
      'recording of one channel.',
  );
export type SourceName = z.infer<typeof SourceName>;

export const AudioFormat = z.object({
  sampleRate: z.number().describe('Hz; only 16000 is accepted.'),
  channels: z.number().describe('Only 1 is accepted.'),
  encoding: z.string().describe('Only `s16le` is accepted.'),
});
export type AudioFormat = z.infer<typeof AudioFormat>;

export const Device = z.object({
  id: z.string().describe('Device name for the recorder.'),
  name: z.string(),
  isDefault: z.boolean(),
  recorder: z
    .string()
    .describe('Recorder module: parec, pw-record, arecord, sox, audiotee, ffmpeg.'),
});
export type Device = z.infer<typeof Device>;

export const RecorderStatus = z.object({
  name: z.string(),
  available: z.boolean(),
  /** `mic`, `system` or both. */
  sources: z.array(SourceName),
  reason: z
    .string()
    .optional()
    .describe('Reason why it is not available, and what to install or permit.'),
});
export type RecorderStatus = z.infer<typeof RecorderStatus>;

export const AudioPush = request({
  method: 'audio/push',
  doc:
    'Frames of one source, in order. `seq` is the number of the first frame; ' +
    'frames are whole (320 samples). The answer names the last frame on disk.',
  params: z.object({
    sessionId: z.string(),
    source: SourceName,
    seq: z.number().int().min(0).describe('Sequence number of the first frame, from 0.'),
    captureMs: z
      .number()
      .describe(
        'Session time of the first sample by the clock of the recording machine, in ' +
          'milliseconds. A jump of more than 1 s is reported as a gap.',
      ),
    pcm: z.string().describe('Base64 of s16le mono 16 kHz, a whole number of frames, at most 100.'),
  }),
  result: z.object({
    ackSeq: z.number().int().min(-1).describe('Last frame of this source on disk; −1 if none.'),
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
  doc:
    'Gives a source a number for the binary messages of this connection. WebSocket ' +
    'only; the same source gets the same number.',
  params: z.object({ sessionId: z.string(), source: SourceName }),
  result: z.object({ channel: z.number().int().min(1).max(65_535) }),
  errors: ['session.notFound', 'rpc.tooMany'],
});

export const AudioEnd = request({
  method: 'audio/end',
  doc: 'Ends a source: its open phrase is flushed. Idempotent.',
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
  doc:
    'Returns the digest of the received audio once it is on disk; for a team also ' +
    'in the shared stream. Only for sources named with `verify`. Works after the ' +
    'session too.',
  params: Received.extend({ sessionId: z.string(), source: SourceName }),
  result: Received.extend({ confirmed: z.boolean() }),
  errors: ['session.notFound', 'audio.unknownSource', 'store.unwritable', 'rpc.timeout'],
});

export const RecorderWarning = z.object({
  code: z.enum(['source.lost', 'source.silent']),
  message: PlainText.max(1_000).describe('For a person.'),
});
export type RecorderWarning = z.infer<typeof RecorderWarning>;

export const AudioReport = request({
  method: 'audio/report',
  doc:
    'Reports a fault of the recorder behind a pushed source. The session warns of it as ' +
    'of a recorder of its own.',
  params: RecorderWarning.extend({ sessionId: z.string(), source: SourceName }),
  result: Empty,
  errors: ['session.notFound', 'session.wrongState', 'audio.unknownSource'],
});

export const AudioAck = notification({
  method: 'audio/ack',
  doc: 'Frames up to `ackSeq` of this source are on disk; the client may discard them.',
  params: z.object({ sessionId: z.string(), source: SourceName, ackSeq: z.number().int() }),
});

export const AudioClip = request({
  method: 'audio/clip',
  doc: 'A part of the stored audio of an ended session, at most 30 s from `startMs`.',
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
  doc:
    'Recording devices of this machine. For a source without a recorder, `advice` ' +
    'names what to install or permit.',
  params: Empty,
  result: z.object({
    microphones: z.array(Device),
    systems: z.array(Device),
    recorders: z.array(RecorderStatus),
    advice: z.array(z.string()),
  }),
});
