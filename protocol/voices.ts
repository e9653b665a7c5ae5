/**
 * Family `voices`: voices of named people that are kept, so that they are named the next time. Only
 * on a person's word.
 */
import { z } from 'zod';
import { Empty, request } from './method';

export const Voiceprint = z.object({
  name: z.string(),
  keptAt: z.string().describe('When the newest of it was kept, ISO 8601.'),
  sessions: z.number().int().describe('Sessions that the voice was kept from.'),
});
export type Voiceprint = z.infer<typeof Voiceprint>;

export const VoicesKeep = request({
  method: 'voices/keep',
  doc: 'Keeps the voice of a speaker whom a person named, because that person agreed: later sessions name it. It can be kept while its session runs and half an hour after. Nothing of the voice is ever sent to a client.',
  params: z.object({ sessionId: z.string(), speakerId: z.string().max(100) }),
  result: Empty,
  errors: [
    'session.notFound',
    'speaker.notFound',
    'speaker.noVoice',
    'rpc.tooMany',
    'store.unwritable',
  ],
});

export const VoicesList = request({
  method: 'voices/list',
  doc: 'People whose voices are kept, by name.',
  params: Empty,
  result: z.object({ voices: z.array(Voiceprint) }),
});

export const VoicesForget = request({
  method: 'voices/forget',
  doc: 'Removes every trace of the voice of a person, or, without a name, of everybody. Names in transcripts stay.',
  params: z.object({ name: z.string().max(200).optional() }),
  result: z.object({ forgotten: z.number().int().describe('People whose voices went.') }),
  errors: ['store.unwritable'],
});
