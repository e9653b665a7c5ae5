/**
 * Family `dictation`: speak, get text. A dictation is a session of kind `dictation`; partials and
 * finals come as `session/event`.
 */
import { z } from 'zod';
import { Empty, request } from './method';
import { SourceSpec, Translate, Vocabulary } from './session';

const Symbols = z.array(z.string().max(100)).max(5_000);

export const DictationStart = request({
  method: 'dictation/start',
  doc: 'Starts listening and attaches the caller. Nothing is kept after stop or cancel.',
  params: z.object({
    key: z.string().max(100).optional(),
    language: z.string().max(20).optional(),
    provider: z.string().max(50).optional(),
    model: z.string().max(100).optional(),
    symbols: Symbols.optional().describe(
      'Names of the code, the nearest to the cursor first; what sounds like one of them is spelled as it.',
    ),
    vocabulary: Vocabulary.optional(),
    translate: Translate.optional(),
    device: z.enum(['auto', 'cpu', 'gpu']).optional(),
    origin: SourceSpec.shape.origin.optional().describe('The default microphone where absent.'),
  }),
  result: z.object({ sessionId: z.string() }),
  errors: [
    'session.tooMany',
    'audio.noRecorder',
    'audio.deviceNotFound',
    'audio.recorderFailed',
    'model.unknown',
    'model.missing',
    'engine.unavailable',
    'engine.language',
    'rpc.draining',
  ],
});

export const DictationLearn = request({
  method: 'dictation/learn',
  doc: 'More names of the code, farther from the cursor than those before: what was found out while the user speaks. Nothing for a dictation that is over.',
  params: z.object({ sessionId: z.string(), symbols: Symbols }),
  result: Empty,
});

const room = z.number().int().min(1).max(1_000);

/** What the place is that the text goes to; the caller sees it, the daemon writes for it. */
export const DictationScope = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('prose') }),
  z.object({
    kind: z.literal('code'),
    indent: z.string().max(1_000).describe('What further lines begin with.'),
  }),
  z
    .object({
      kind: z.literal('wrapped'),
      lead: z
        .string()
        .max(1_000)
        .describe('What further lines begin with: indentation and comment marker.'),
      first: room.describe('Characters that still fit on the line of the cursor.'),
      rest: room.describe('Characters that fit behind `lead`.'),
      close: z.string().min(1).max(20).optional().describe('What would end the comment.'),
    })
    .describe('A comment, a docstring, the body of a commit message.'),
  z.object({
    kind: z.literal('list'),
    indent: z.string().max(1_000),
    marker: z.string().max(20).describe('`- `, `- [ ] `, or what stands behind the number.'),
    number: z
      .number()
      .int()
      .optional()
      .describe('Of the item with the cursor, in a numbered list.'),
  }),
  z.object({
    kind: z.literal('string'),
    quote: z.string().min(1).max(3),
    escape: z.enum(['backslash', 'double', 'none']),
    multiline: z.boolean(),
  }),
  z
    .object({ kind: z.literal('commit') })
    .describe('The subject of a commit message; further lines are its body.'),
]);
export type DictationScope = z.infer<typeof DictationScope>;

const Asked = z.object({
  sessionId: z.string(),
  scopes: z.array(DictationScope).max(1_000).optional().describe('The places it goes to.'),
  from: z
    .number()
    .int()
    .min(0)
    .optional()
    .describe(
      "Phrases before this one, counted from 0, are left out: their text is the user's by now.",
    ),
});

const DictatedText = z.object({
  text: z.string(),
  texts: z.array(z.string()).describe('The text in the form of each of `scopes`.'),
  raw: z.string().describe('As it was heard.'),
  named: z.boolean().describe('The text begins with a name whose first letter stays as it is.'),
  takeBack: z
    .number()
    .int()
    .min(0)
    .describe('Dictations before this one that are to be taken back ("scratch that").'),
  spelled: z.array(z.object({ recognised: z.string(), written: z.string() })),
  phrases: z
    .number()
    .int()
    .min(0)
    .describe('So many were heard since the start, those before `from` too.'),
});

export const DictationTake = request({
  method: 'dictation/take',
  doc: 'The text of what is final so far, written as a developer means it; the dictation goes on. A later answer says what became of all phrases from `from` on, so it stands in place of the one before.',
  params: Asked.extend({
    flush: z
      .boolean()
      .optional()
      .describe('What was said until now is made final first, as if a silence had followed.'),
  }),
  result: DictatedText,
  errors: ['session.notFound'],
});

export const DictationStop = request({
  method: 'dictation/stop',
  doc: 'Stops listening and answers with the text once it is final, written as a developer means it: symbols spelled, spoken punctuation and commands carried out. Answers before recorder and record of the dictation have ended.',
  params: Asked,
  result: DictatedText,
  errors: ['session.notFound'],
});

export const DictationCancel = request({
  method: 'dictation/cancel',
  doc: 'Stops and forgets. Idempotent.',
  params: z.object({ sessionId: z.string() }),
  result: Empty,
});
