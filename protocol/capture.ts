/**
 * Family `capture`: the local daemon records for a client that sends the audio to a remote daemon.
 * Only over the local socket.
 */
import { z } from 'zod';
import { SourceName } from './audio';
import { Empty, notification, request } from './method';

export const CaptureStart = request({
  method: 'capture/start',
  doc:
    'Records a source and sends the audio to the caller as `capture/frames`. Ends ' +
    'with `capture/stop` or with the connection, so that no microphone stays open.',
  params: z.object({
    source: SourceName.exclude(['file']),
    device: z.string().max(1000).optional(),
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
  doc: 'Audio of a recorder, in order of arrival.',
  params: z.object({
    captureId: z.string(),
    pcm: z.string().describe('Base64 of s16le mono 16 kHz, whole samples.'),
    seq: z.number().int().optional().describe('Number of the first frame, if the audio is stored.'),
  }),
});
export const CaptureEnded = notification({
  method: 'capture/ended',
  doc: 'The recorder ended by itself.',
  params: z.object({ captureId: z.string() }),
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
