/**
 * Family `capture`: the local daemon records for a client that sends the audio to a remote daemon.
 * Only over the local socket.
 */
import { z } from 'zod';
import { RecorderWarning, SourceName } from './audio';
import { Empty, notification, request } from './method';

export const CaptureStart = request({
  method: 'capture/start',
  doc:
    'Records a source and sends the audio to the caller as `capture/frames`. A lost ' +
    'device is searched for. Ends with `capture/stop` or with the connection, so that no ' +
    'microphone stays open.',
  params: z.object({
    source: SourceName.exclude(['file']),
    device: z.string().max(1000).optional(),
    sessionMs: z
      .number()
      .min(0)
      .optional()
      .describe('Session time now, in milliseconds; the capture clock starts with it.'),
    upload: z
      .object({
        uploadId: z.string().max(100),
        seq: z.number().int().min(0).describe('First frame that the remote daemon lacks.'),
      })
      .optional()
      .describe('Stores the audio, and sends whole frames once they are on disk.'),
  }),
  result: z.object({ captureId: z.string() }),
  errors: [
    'audio.noRecorder',
    'audio.deviceNotFound',
    'audio.recorderFailed',
    'rpc.tooMany',
    'session.notFound',
    'audio.unknownSource',
  ],
});
export const CaptureStop = request({
  method: 'capture/stop',
  doc: 'Stops the recorder; answers after the last audio. Idempotent.',
  params: z.object({ captureId: z.string() }),
  result: Empty,
});

export const CaptureFrames = notification({
  method: 'capture/frames',
  doc: 'Audio of a recorder, in order, as whole frames whose capture clock has no break.',
  params: z.object({
    captureId: z.string(),
    seq: z
      .number()
      .int()
      .min(0)
      .describe('Number of the first frame; without a copy, counted from 0 by `captureId`.'),
    captureMs: z.number().min(0).describe('Session time of the first sample, in milliseconds.'),
    pcm: z.string().describe('Base64 of s16le mono 16 kHz, a whole number of frames.'),
  }),
});
export const CaptureWarning = notification({
  method: 'capture/warning',
  doc: 'The recorder lost its device, or delivers nothing or only zeros.',
  params: RecorderWarning.extend({ captureId: z.string() }),
});

export const CaptureWatch = request({
  method: 'capture/watch',
  doc:
    'Reports the other programs that use the microphone as `capture/programs`, until `on` is false ' +
    'or the connection closes. Nothing is recorded. The client that called last is offered new programs.',
  params: z.object({ on: z.boolean() }),
  result: Empty,
});
export const CapturePrograms = notification({
  method: 'capture/programs',
  doc: 'The other programs that use the microphone now.',
  params: z.object({
    programs: z
      .array(
        z.object({
          id: z.string().max(100).describe('Stable name of the program.'),
          name: z.string().max(100).describe('Display name.'),
          opened: z
            .boolean()
            .describe('It opened the microphone just now, and no other client was offered it.'),
        }),
      )
      .max(100),
  }),
});
