/** Family `dictation`: speak, get text. A dictation is a session of kind `dictation`; partials and finals come as `session/event`. */
import { z } from 'zod';
import { Empty, request } from './method';
import { SourceSpec, Translate, Vocabulary } from './session';

export const DictationStart = request({
  method: 'dictation/start',
  doc: 'Starts listening and attaches the caller. Nothing is kept after stop or cancel.',
  params: z.object({
    key: z.string().max(100).optional(),
    language: z.string().max(20).optional(),
    provider: z.string().max(50).optional(),
    model: z.string().max(100).optional(),
    symbols: z.array(z.string().max(100)).max(5_000).optional().describe('Names of the code, the nearest to the cursor first; what sounds like one of them is spelled as it.'),
    vocabulary: Vocabulary.optional(),
    translate: Translate.optional(),
    device: z.enum(['auto', 'cpu', 'gpu']).optional(),
    origin: SourceSpec.shape.origin.optional().describe('The default microphone where absent.'),
  }),
  result: z.object({ sessionId: z.string() }),
  errors: ['session.tooMany', 'audio.noRecorder', 'audio.deviceNotFound', 'audio.recorderFailed', 'model.unknown', 'model.missing', 'engine.unavailable', 'engine.language', 'rpc.draining'],
});

export const DictationStop = request({
  method: 'dictation/stop',
  doc: 'Key released: flushes the open phrase and answers with the whole text once it is final, written as a developer means it: symbols spelled, spoken punctuation and commands carried out.',
  params: z.object({ sessionId: z.string() }),
  result: z.object({
    text: z.string(),
    raw: z.string().describe('As it was heard.'),
    named: z.boolean().describe('The text begins with a name whose first letter stays as it is.'),
    takeBack: z.number().int().min(0).describe('Dictations before this one that are to be taken back ("scratch that").'),
    spelled: z.array(z.object({ heard: z.string(), written: z.string() })),
  }),
  errors: ['session.notFound'],
});

export const DictationCancel = request({
  method: 'dictation/cancel',
  doc: 'Stops and forgets. Idempotent.',
  params: z.object({ sessionId: z.string() }),
  result: Empty,
});
