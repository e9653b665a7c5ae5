/**
 * Family `dictation`: speech to text at a target. A dictation is a session of kind `dictation`;
 * partials and finals arrive as `session/event`.
 */
import { z } from 'zod';
import { Empty, request } from './method';
import { SourceSpec, Translate, Vocabulary } from './session';

const Symbols = z.array(z.string().max(100)).max(5_000);

export const DictationStart = request({
  method: 'dictation/start',
  doc: 'Starts a dictation and attaches the caller. Nothing is stored after stop or ' + 'cancel.',
  params: z.object({
    key: z.string().max(100).optional(),
    language: z.string().max(20).optional(),
    provider: z.string().max(50).optional(),
    model: z.string().max(100).optional(),
    symbols: Symbols.optional().describe(
      'Names from the code, nearest to the cursor first. Recognised words that ' +
        'resemble a name are spelled like it.',
    ),
    vocabulary: Vocabulary.optional(),
    translate: Translate.optional(),
    device: z.enum(['auto', 'cpu', 'gpu']).optional(),
    origin: SourceSpec.shape.origin.optional().describe('If absent: the default microphone.'),
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
  doc:
    'More names from the code, found during the dictation and farther from the ' +
    'cursor than the earlier ones. Has no effect after the dictation.',
  params: z.object({ sessionId: z.string(), symbols: Symbols }),
  result: Empty,
});

const room = z.number().int().min(1).max(1_000);

/** Target of the text; the client determines it, and the daemon formats the text for it. */
export const DictationScope = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('prose') }),
  z.object({
    kind: z.literal('code'),
    indent: z.string().max(1_000).describe('Prefix of further lines.'),
  }),
  z
    .object({
      kind: z.literal('wrapped'),
      lead: z
        .string()
        .max(1_000)
        .describe('Prefix of further lines: indentation and comment marker.'),
      first: room.describe('Characters left on the line of the cursor.'),
      rest: room.describe('Characters that fit after `lead`.'),
      close: z.string().min(1).max(20).optional().describe('Marker that ends the comment.'),
    })
    .describe('A comment, a docstring, the body of a commit message.'),
  z.object({
    kind: z.literal('list'),
    indent: z.string().max(1_000),
    marker: z.string().max(20).describe('`- `, `- [ ] `, or the text after the number.'),
    number: z
      .number()
      .int()
      .optional()
      .describe('Number of the item at the cursor, in a numbered list.'),
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
  scopes: z
    .array(DictationScope)
    .max(1_000)
    .optional()
    .describe('Kinds of places that receive the text.'),
  from: z
    .number()
    .int()
    .min(0)
    .optional()
    .describe(
      'Leaves out phrases before this one, counted from 0: the user owns their text ' + 'already.',
    ),
});

const DictatedText = z.object({
  text: z.string(),
  texts: z.array(z.string()).describe('The text in the form of each of `scopes`.'),
  raw: z.string().describe('The recognised text, unchanged.'),
  named: z.boolean().describe('The text begins with a name whose first letter stays as it is.'),
  takeBack: z
    .number()
    .int()
    .min(0)
    .describe('Number of earlier dictations to undo ("scratch that").'),
  spelled: z.array(z.object({ recognised: z.string(), written: z.string() })),
  phrases: z
    .number()
    .int()
    .min(0)
    .describe('Phrases recognised since the start, including those before `from`.'),
});

export const DictationTake = request({
  method: 'dictation/take',
  doc:
    'Returns the final text so far, written the way developers write; the ' +
    'dictation continues. A later answer covers all phrases from `from` on and ' +
    'replaces the earlier one.',
  params: Asked.extend({
    flush: z.boolean().optional().describe('First finishes the open phrase, as after a silence.'),
  }),
  result: DictatedText,
  errors: ['session.notFound'],
});

export const DictationStop = request({
  method: 'dictation/stop',
  doc:
    'Stops the dictation and returns its final text, written the way developers ' +
    'write. Symbols are spelled, punctuation is written, and spoken commands are ' +
    'carried out. Answers before the recorder and the session have ended.',
  params: Asked,
  result: DictatedText,
  errors: ['session.notFound'],
});

export const DictationCancel = request({
  method: 'dictation/cancel',
  doc: 'Stops the dictation and deletes it. Idempotent.',
  params: z.object({ sessionId: z.string() }),
  result: Empty,
});
