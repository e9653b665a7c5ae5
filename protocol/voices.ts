/**
 * Family `voices`: voiceprints of named people, for recognition in later sessions. Stored only with
 * a user's consent.
 */
import { z } from 'zod';
import { Empty, PlainLine, request } from './method';

export const Voiceprint = z.object({
  name: z.string(),
  keptAt: z.string().describe('Time of the newest recording of the voice, ISO 8601.'),
  sessions: z.number().int().describe('Sessions that contributed to the voice.'),
  enrolAgain: z
    .boolean()
    .optional()
    .describe(
      'An earlier speaker encoder made this voiceprint. It names nobody until you name and store the person again.',
    ),
});
export type Voiceprint = z.infer<typeof Voiceprint>;

export const VoicesKeep = request({
  method: 'voices/keep',
  doc:
    'Stores the voice of a named speaker who agreed to it; later sessions then ' +
    'name the speaker. Works during the session and half an hour after. No voice ' +
    'data is ever sent to a client.',
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
  doc: 'People with a stored voice, by name.',
  params: Empty,
  result: z.object({ voices: z.array(Voiceprint) }),
});

export const VoicesForget = request({
  method: 'voices/forget',
  doc:
    'Erases the voice of a person, or, without a name, all voices. Names in ' + 'transcripts stay.',
  params: z.object({ name: PlainLine.max(200).optional() }),
  result: z.object({ forgotten: z.number().int().describe('People whose voices were erased.') }),
  errors: ['store.unwritable'],
});
