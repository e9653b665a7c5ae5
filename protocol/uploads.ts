/**
 * Family `upload`: upload copies of this machine, until the remote daemon confirms the recording.
 * Only over the local socket.
 */
import { z } from 'zod';
import { PUSH_MAX_FRAMES, Received, SourceName } from './audio';
import { Empty, PlainLine, PlainText, request } from './method';

const UploadId = z.object({ uploadId: z.string().max(100) });
const Recorded = SourceName.exclude(['file']);

export const UploadState = z
  .enum(['uploading', 'pending_verification', 'confirmed'])
  .describe(
    '`pending_verification`: all audio is sent. `confirmed`: the remote daemon has ' +
      'it, by length and hash, and the local copy is deleted.',
  );
export type UploadState = z.infer<typeof UploadState>;

export const UploadInfo = z.object({
  uploadId: z.string(),
  remote: z.string().describe('Name of the remote daemon.'),
  sessionId: z.string().describe('Session id on the remote daemon.'),
  startedAt: z.string().describe('ISO 8601.'),
  sources: z.array(z.object({ source: Recorded, device: z.string().optional() })),
  state: UploadState,
  ended: z.boolean().describe('The recording has ended.'),
  held: z.boolean().describe('A client is sending it.'),
  bytes: z.number().int().describe('Size of the local copy.'),
  problem: z.string().optional().describe('Reason why it is not confirmed, for a person.'),
});
export type UploadInfo = z.infer<typeof UploadInfo>;

const Have = z.array(z.object({ source: Recorded, frames: z.number().int().min(0) }));

export const UploadOpen = request({
  method: 'upload/open',
  doc:
    "Opens the local copy of a remote session's recording, or creates it. One " +
    'client at a time sends it; the copy is released with the connection.',
  params: z.object({
    remote: PlainLine.min(1).max(300),
    sessionId: z.string().min(1).max(100),
    sources: UploadInfo.shape.sources.min(1),
  }),
  result: z.object({
    upload: UploadInfo,
    have: Have.describe('Frames of each source in the local copy.'),
  }),
  errors: ['session.wrongState', 'rpc.tooMany', 'store.unwritable', 'store.locked'],
});
export const UploadRead = request({
  method: 'upload/read',
  doc:
    'Stored frames, up to the next break of the capture clock. Silence replaces damaged ' + 'ones.',
  params: UploadId.extend({
    source: Recorded,
    seq: z.number().int().min(0),
    frames: z.number().int().min(1).max(PUSH_MAX_FRAMES),
  }),
  result: z.object({
    captureMs: z.number().min(0).describe('Session time of the first sample, in milliseconds.'),
    pcm: z
      .string()
      .describe('Base64 of s16le mono 16 kHz: at least one frame, at most those requested.'),
  }),
  errors: ['session.notFound', 'store.locked'],
});
export const UploadClose = request({
  method: 'upload/close',
  doc:
    'Releases the copy before the connection ends, so that another client or a ' +
    'person can use it. Idempotent.',
  params: UploadId,
  result: Empty,
});
export const UploadEnd = request({
  method: 'upload/end',
  doc: 'Ends the recording of the copy. Idempotent.',
  params: UploadId,
  result: z.object({ have: Have }),
  errors: ['session.notFound', 'store.unwritable'],
});
export const UploadSent = request({
  method: 'upload/sent',
  doc:
    'Marks all audio as sent; the copy waits for confirmation. Returns the ' +
    'parameters for `audio/verify`.',
  params: UploadId,
  result: z.object({ sent: z.array(Received.extend({ source: Recorded })) }),
  errors: ['session.notFound', 'store.unwritable', 'store.locked'],
});
export const UploadSettle = request({
  method: 'upload/settle',
  doc:
    'Reports the digest of the remote daemon. If it matches by length and hash, ' +
    'the local copy is deleted; otherwise it stays, with the reason. `problem` ' +
    'says why the remote daemon could not answer.',
  params: UploadId.extend({
    received: z.array(Received.extend({ source: Recorded })),
    problem: PlainText.max(1000).optional(),
  }),
  result: z.object({ state: UploadState, problem: z.string().optional() }),
  errors: ['session.notFound', 'store.unwritable', 'store.locked'],
});
export const UploadList = request({
  method: 'upload/list',
  doc: 'Unconfirmed recordings for remote daemons, oldest first.',
  params: Empty,
  result: z.object({ uploads: z.array(UploadInfo) }),
});
export const UploadDiscard = request({
  method: 'upload/discard',
  doc: "Deletes the local copy on a person's request, confirmed or not.",
  params: UploadId,
  result: Empty,
  errors: ['session.wrongState'],
});
export const UploadTranscribe = request({
  method: 'upload/transcribe',
  doc:
    'Transcribes the local copy on this machine, as a separate meeting. The copy ' +
    'is deleted when that is complete.',
  params: UploadId,
  result: z.object({ sessionId: z.string() }),
  errors: [
    'session.notFound',
    'session.wrongState',
    'session.tooMany',
    'model.missing',
    'engine.unavailable',
    'store.unwritable',
    'store.locked',
  ],
});
