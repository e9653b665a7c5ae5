/**
 * Family `upload`: what this machine keeps of a recording for a daemon elsewhere until that one has
 * confirmed it. Only over the local socket.
 */
import { z } from 'zod';
import { PUSH_MAX_FRAMES, Received, SourceName } from './audio';
import { Empty, request } from './method';

const UploadId = z.object({ uploadId: z.string().max(100) });
const Recorded = SourceName.exclude(['file']);

export const UploadState = z
  .enum(['uploading', 'pending_verification', 'confirmed'])
  .describe(
    '`pending_verification`: all was sent. `confirmed`: the daemon elsewhere has it, by length and hash, and the copy here is gone.',
  );
export type UploadState = z.infer<typeof UploadState>;

export const UploadInfo = z.object({
  uploadId: z.string(),
  remote: z.string().describe('Name of the daemon elsewhere.'),
  sessionId: z.string().describe('The session there.'),
  startedAt: z.string().describe('ISO 8601.'),
  sources: z.array(z.object({ source: Recorded, device: z.string().optional() })),
  state: UploadState,
  ended: z.boolean().describe('No more is recorded for it.'),
  held: z.boolean().describe('A client sends it now.'),
  bytes: z.number().int().describe('On disk here.'),
  problem: z.string().optional().describe('Why it is not confirmed, for a person.'),
});
export type UploadInfo = z.infer<typeof UploadInfo>;

const Have = z.array(z.object({ source: Recorded, frames: z.number().int().min(0) }));

export const UploadOpen = request({
  method: 'upload/open',
  doc: 'Keeps what is recorded for a session elsewhere, or takes up what is kept of it. One client at a time sends it; it is given back with the connection.',
  params: z.object({
    remote: z.string().min(1).max(300),
    sessionId: z.string().min(1).max(100),
    sources: UploadInfo.shape.sources.min(1),
  }),
  result: z.object({
    upload: UploadInfo,
    have: Have.describe('Frames of each source on disk here.'),
  }),
  errors: ['session.wrongState', 'rpc.tooMany', 'store.unwritable', 'store.locked'],
});
export const UploadRead = request({
  method: 'upload/read',
  doc: 'Frames that are kept. Silence stands for what is damaged.',
  params: UploadId.extend({
    source: Recorded,
    seq: z.number().int().min(0),
    frames: z.number().int().min(1).max(PUSH_MAX_FRAMES),
  }),
  result: z.object({
    pcm: z.string().describe('Base64 of s16le mono 16 kHz, as many frames as asked for.'),
  }),
  errors: ['session.notFound', 'store.locked'],
});
export const UploadClose = request({
  method: 'upload/close',
  doc: 'Gives it back before the connection ends, so that another client, or a person, can have it. Idempotent.',
  params: UploadId,
  result: Empty,
});
export const UploadEnd = request({
  method: 'upload/end',
  doc: 'No more is recorded for it. Idempotent.',
  params: UploadId,
  result: z.object({ have: Have }),
  errors: ['session.notFound', 'store.unwritable'],
});
export const UploadSent = request({
  method: 'upload/sent',
  doc: 'All was sent: it waits to be confirmed. Answers what `audio/verify` is to be asked.',
  params: UploadId,
  result: z.object({ sent: z.array(Received.extend({ source: Recorded })) }),
  errors: ['session.notFound', 'store.unwritable', 'store.locked'],
});
export const UploadSettle = request({
  method: 'upload/settle',
  doc: 'What the daemon elsewhere has. Where that is what was recorded here, by length and hash, the copy here is deleted; otherwise it stays, with the reason. `problem` says why it could not be asked.',
  params: UploadId.extend({
    received: z.array(Received.extend({ source: Recorded })),
    problem: z.string().max(1000).optional(),
  }),
  result: z.object({ state: UploadState, problem: z.string().optional() }),
  errors: ['session.notFound', 'store.unwritable', 'store.locked'],
});
export const UploadList = request({
  method: 'upload/list',
  doc: 'What is kept for daemons elsewhere and was not confirmed, oldest first.',
  params: Empty,
  result: z.object({ uploads: z.array(UploadInfo) }),
});
export const UploadDiscard = request({
  method: 'upload/discard',
  doc: 'Deletes the copy here, confirmed or not: a person says so.',
  params: UploadId,
  result: Empty,
  errors: ['session.wrongState'],
});
export const UploadTranscribe = request({
  method: 'upload/transcribe',
  doc: 'Transcribes the copy with the engine of this machine, as a meeting of its own. The copy goes when that is done.',
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
