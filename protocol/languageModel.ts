/**
 * Family `languageModel`: an editor provides its language model to the daemon. Only from this
 * machine, and only with the user's permission.
 */
import { z } from 'zod';
import { Empty, notification, request } from './method';

const Id = z.number().int().min(1).describe('Number of the request, counted by the daemon.');

export const LanguageModelOffer = request({
  method: 'languageModel/offer',
  doc:
    'Offers a language model: this client answers `languageModel/ask` until its ' +
    'connection ends or it calls this without a name. A configured `llm.endpoint` ' +
    'takes precedence.',
  params: z.object({
    name: z
      .string()
      .trim()
      .min(1)
      .max(100)
      .optional()
      .describe('For people, such as "GPT-4o of VS Code".'),
    modelId: z
      .string()
      .trim()
      .min(1)
      .max(300)
      .optional()
      .describe('Vendor, family and version; the result of the exam is stored under it.'),
  }),
  result: Empty,
  errors: ['rpc.forbidden'],
});

export const LanguageModelAsk = notification({
  method: 'languageModel/ask',
  doc: 'A request with transcript text, without secrets. Answer with ' + '`languageModel/answer`.',
  params: z.object({
    id: Id,
    messages: z
      .array(z.object({ role: z.enum(['system', 'user', 'assistant']), content: z.string() }))
      .min(1)
      .max(20),
    schema: z
      .record(z.string(), z.unknown())
      .describe('JSON schema of the answer; a model without schemas may ignore it.'),
  }),
});

export const LanguageModelCancel = notification({
  method: 'languageModel/cancel',
  doc: 'The daemon no longer waits for the answer.',
  params: z.object({ id: Id }),
});

export const LanguageModelAnswer = request({
  method: 'languageModel/answer',
  doc: "The model's answer, or the reason for none. A late answer is ignored.",
  params: z.object({
    id: Id,
    outcome: z.discriminatedUnion('kind', [
      z.object({
        kind: z.literal('text'),
        text: z.string().max(1_000_000),
        tokens: z
          .object({ input: z.number().int().min(0), output: z.number().int().min(0) })
          .optional()
          .describe('Counted by the provider; the daemon estimates them otherwise.'),
      }),
      z.object({
        kind: z.literal('failed'),
        reason: z
          .enum(['refused', 'unavailable', 'rateLimited'])
          .describe(
            '`refused`: the user or the provider does not allow it. `rateLimited`: the ' +
              'provider takes no more requests now.',
          ),
      }),
    ]),
  }),
  result: Empty,
});

export const ModelLevel = z
  .enum(['strong', 'middle', 'none'])
  .describe(
    'Result of the exam of five questions. `strong`: writes whole notes. `middle`: shortens ' +
      'single items. `none`: is not used.',
  );
export type ModelLevel = z.infer<typeof ModelLevel>;

export const LanguageModelLevels = request({
  method: 'languageModel/levels',
  doc:
    'Language models that took the exam, the configured server, and local models. Sends nothing ' +
    'to a model.',
  params: Empty,
  result: z.object({
    levels: z.array(z.object({ modelId: z.string(), level: ModelLevel })).max(200),
    local: z
      .array(
        z.object({
          id: z.string(),
          name: z.string(),
          modelId: z.string().describe('Under which the result of the exam is stored.'),
          bytes: z.number(),
          residentBytes: z.number().describe('Memory of its process.'),
          installed: z.boolean(),
          minutes: z
            .number()
            .describe('Expected time for the notes of half an hour of talk, without a GPU.'),
          experimental: z.boolean().optional(),
        }),
      )
      .max(100)
      .default([]),
    server: z
      .object({ modelId: z.string(), name: z.string() })
      .optional()
      .describe('Model of `llm.endpoint`; absent if none is configured.'),
  }),
  errors: [],
});
