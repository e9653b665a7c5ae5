/** Family `privacy`: how long what is kept may be kept. */
import { z } from 'zod';
import { request } from './method';

const days = z.number().min(0).max(36_500);

/** Days since the end of a session; a kind that is absent is kept until a person deletes it. */
export const Retention = z.object({ audioDays: days.optional(), transcriptDays: days.optional(), insightsDays: days.optional() });
export type Retention = z.infer<typeof Retention>;

export const PrivacyRetention = request({
  method: 'privacy/retention',
  doc: 'Answers how long sound, transcripts and insights are kept; with `set` that changes first, and what is too old goes at once. Kept over restarts.',
  params: z.object({ set: Retention.optional() }),
  result: z.object({ retention: Retention }),
  errors: ['store.unwritable'],
});
