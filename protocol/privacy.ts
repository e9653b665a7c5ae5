/** Family `privacy`: how long what is kept may be kept, and the key that it is encrypted with. */
import { z } from 'zod';
import { Empty, request } from './method';

const days = z.number().min(0).max(36_500);

/** Days since the end of a session; a kind that is absent is kept until a person deletes it. */
export const Retention = z.object({
  audioDays: days.optional(),
  transcriptDays: days.optional(),
  insightsDays: days.optional(),
});
export type Retention = z.infer<typeof Retention>;

export const PrivacyRetention = request({
  method: 'privacy/retention',
  doc: 'Answers how long sound, transcripts and insights are kept; with `set` that changes first, and what is too old goes at once. Kept over restarts.',
  params: z.object({ set: Retention.optional() }),
  result: z.object({ retention: Retention }),
  errors: ['store.unwritable'],
});

export const PrivacyStorage = request({
  method: 'privacy/storage',
  doc: 'What is kept on this machine, where, and how much room it takes.',
  params: Empty,
  result: z.object({
    folder: z.string().describe('State folder of the daemon.'),
    databaseBytes: z.number().describe('Transcripts, insights, search index.'),
    audioBytes: z.number().describe('Sound that waits for its text, or is kept.'),
    modelBytes: z.number(),
    logBytes: z.number(),
    encrypted: z.boolean(),
    sessions: z.number().int().describe('Sessions of any kind; at most 1000 are counted.'),
    oldest: z.string().optional().describe('Begin of the oldest of them, ISO 8601.'),
  }),
});

const Key = z.string().min(8).max(1000).describe('A passphrase or a random text.');

export const PrivacyUnlock = request({
  method: 'privacy/unlock',
  doc: 'Gives the key of what is encrypted at rest; interrupted sessions go on then. Does nothing where it is open already.',
  params: z.object({ key: Key }),
  result: z.object({ encrypted: z.boolean() }),
  errors: ['store.locked', 'store.unwritable', 'store.corrupt'],
});

export const PrivacyRotateKey = request({
  method: 'privacy/rotateKey',
  doc: 'From now on another key opens what is encrypted; the one before it does not any more.',
  params: z.object({ key: Key }),
  result: z.object({}),
  errors: ['store.locked', 'store.unwritable', 'rpc.invalidRequest'],
});
