/** Family `privacy`: retention of stored data, and its encryption key. */
import { z } from 'zod';
import { Empty, request } from './method';

const days = z.number().min(0).max(36_500);

/** Days since the end of a session; an absent kind is stored until the user deletes it. */
export const Retention = z.object({
  audioDays: days.optional(),
  transcriptDays: days.optional(),
  insightsDays: days.optional(),
});
export type Retention = z.infer<typeof Retention>;

export const PrivacyRetention = request({
  method: 'privacy/retention',
  doc:
    'Returns how long audio, transcripts and insights are stored. With `set`, ' +
    'changes this first and deletes older data at once; over the network that needs the ' +
    'scope "admin". Survives restarts.',
  params: z.object({ set: Retention.optional() }),
  result: z.object({
    retention: Retention,
    fixed: z.boolean().optional().describe('True if the caller may not change it.'),
  }),
  errors: ['store.unwritable'],
});

export const PrivacyStorage = request({
  method: 'privacy/storage',
  doc: "Stored data of the caller; kind, location and size for the machine's administrator.",
  params: Empty,
  result: z.object({
    disk: z
      .object({
        folder: z.string().describe('State folder of the daemon.'),
        databaseBytes: z.number().describe('Transcripts, insights, search index.'),
        audioBytes: z.number().describe('Audio waiting for recognition, and stored audio.'),
        modelBytes: z.number(),
        logBytes: z.number(),
      })
      .optional()
      .describe('All data of the machine; only for its administrator.'),
    encrypted: z.boolean(),
    sessions: z.number().int().describe('Sessions of all kinds; the count stops at 1000.'),
    oldest: z.string().optional().describe('Start of the oldest session, ISO 8601.'),
  }),
});

const Key = z.string().min(8).max(1000).describe('A passphrase or a random text.');

export const PrivacyUnlock = request({
  method: 'privacy/unlock',
  doc:
    'Provides the key of the encrypted data; interrupted sessions then continue. ' +
    'Does nothing if the data is open already.',
  params: z.object({ key: Key }),
  result: z.object({ encrypted: z.boolean() }),
  errors: ['store.locked', 'store.unwritable', 'store.corrupt'],
});

export const PrivacyRotateKey = request({
  method: 'privacy/rotateKey',
  doc: 'Replaces the key of the encrypted data. The previous key no longer works.',
  params: z.object({ key: Key }),
  result: z.object({}),
  errors: ['store.locked', 'store.unwritable', 'rpc.invalidRequest'],
});
