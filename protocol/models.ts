/** Family `models`: the catalogue, downloads, verification. */
import { z } from 'zod';
import { Empty, notification, request } from './method';

export const ModelStatus = z.discriminatedUnion('state', [
  z.object({ state: z.literal('absent') }),
  z.object({ state: z.literal('downloading'), receivedBytes: z.number(), totalBytes: z.number() }),
  z.object({ state: z.literal('installed'), verified: z.boolean() }),
  z.object({ state: z.literal('broken'), reason: z.string() }),
]);
export type ModelStatus = z.infer<typeof ModelStatus>;

export const ModelInfo = z.object({
  id: z.string().describe('`moonshine-tiny`, `silero-vad`, `whisper-base-q8_0`, …'),
  name: z.string().optional().describe('Name for people.'),
  kind: z
    .enum(['asr', 'vad', 'speaker', 'embedding', 'language', 'runner'])
    .describe('`language`: writes notes. `runner`: the program that runs those models.'),
  provider: z.string(),
  languages: z.array(z.string()).describe('BCP 47; `*` for many.'),
  bytes: z.number().describe('Size of all files.'),
  licence: z.string(),
  isDefault: z.boolean(),
  origin: z
    .enum(['download', 'bundled', 'import', 'own'])
    .describe("A download, a part of Earmark, from the import folder only, or the user's own."),
  notice: z.string().optional().describe('Warning to show before the download.'),
  residentBytes: z.number().optional().describe('Memory of a process with the model loaded.'),
  experimental: z
    .boolean()
    .optional()
    .describe('True if its checksums are not confirmed twice; never recommended.'),
  version: z.string().describe('Version in use, or the version that a pull installs.'),
  update: z.string().optional().describe('Newer version that `models/update` installs.'),
  versions: z.array(z.string()).describe('Versions on disk, newest first.'),
  status: ModelStatus,
});
export type ModelInfo = z.infer<typeof ModelInfo>;

export const Purpose = z.enum(['dictation', 'meeting']);
export type Purpose = z.infer<typeof Purpose>;

export const ModelGain = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('errors'),
    purpose: Purpose,
    fewer: z
      .enum(['fifth', 'quarter', 'third', 'half', 'twoThirds'])
      .describe('About this share of the word errors is avoided.'),
    errors: z.number().describe('Published word errors of the model, percent.'),
    insteadOf: z.number().describe('Those of the model that Earmark uses without it.'),
    otherModel: z.string(),
    test: z.string().describe('Test set of both.'),
    source: z.string(),
  }),
  z
    .object({ kind: z.literal('language'), purpose: Purpose, language: z.string() })
    .describe('No installed model recognises the language.'),
]);
export type ModelGain = z.infer<typeof ModelGain>;

export const ModelRecommendation = z.object({
  purpose: Purpose,
  model: ModelInfo,
  device: z.enum(['auto', 'cpu', 'gpu']),
  speed: z
    .object({
      rtf: z.number().describe('Expected seconds of work per second of speech, on one core.'),
      basis: z
        .enum(['measured', 'typical'])
        .describe('From a measurement of this machine, or of another machine.'),
    })
    .optional()
    .describe('Absent on a GPU.'),
  gains: z.array(ModelGain).describe('For every purpose; empty if the model is installed.'),
});
export type ModelRecommendation = z.infer<typeof ModelRecommendation>;

const idOnly = z.object({ modelId: z.string() });

export const ModelsList = request({
  method: 'models/list',
  doc: 'The catalogue with installed versions.',
  params: Empty,
  result: z.object({ models: z.array(ModelInfo) }),
});
export const ModelsRecommend = request({
  method: 'models/recommend',
  doc: 'Models that suit this machine and language, one for dictation and one for meetings. Downloads nothing.',
  params: z.object({
    language: z.string().max(20).optional().describe('BCP 47 or `auto`; if absent, `en`.'),
  }),
  result: z.object({ recommendations: z.array(ModelRecommendation) }),
});
export const ModelsPull = request({
  method: 'models/pull',
  doc:
    'Downloads and checks a model; answers when it is installed. Two callers share ' +
    'one download. Sends `models/progress`.',
  params: idOnly,
  result: z.object({ model: ModelInfo }),
  errors: ['model.unknown', 'model.checksum', 'model.download', 'model.offline', 'model.diskFull'],
});
export const ModelsAdd = request({
  method: 'models/add',
  doc: "Registers a model of the user's own from a folder with its files and a `model.json`. The files are copied, and their checksums taken.",
  params: z.object({ folder: z.string().describe("Absolute, on the daemon's machine.") }),
  result: z.object({ model: ModelInfo }),
  errors: ['model.missing', 'model.incompatible', 'model.diskFull', 'model.download'],
});
export const ModelsUpdate = request({
  method: 'models/update',
  doc:
    "Installs the catalogue's version and keeps the current one for " +
    '`models/rollback`. A running engine switches between two phrases. Sends ' +
    '`models/progress`.',
  params: idOnly,
  result: z.object({ model: ModelInfo }),
  errors: [
    'model.unknown',
    'model.missing',
    'model.checksum',
    'model.download',
    'model.offline',
    'model.diskFull',
    'model.incompatible',
    'engine.unavailable',
  ],
});
export const ModelsRollback = request({
  method: 'models/rollback',
  doc:
    'Returns to the previous version without a download; a running engine switches ' +
    'at the next phrase.',
  params: idOnly,
  result: z.object({ model: ModelInfo }),
  errors: [
    'model.unknown',
    'model.missing',
    'model.corrupt',
    'model.download',
    'model.incompatible',
    'engine.unavailable',
  ],
});
export const ModelsVerify = request({
  method: 'models/verify',
  doc: 'Checks every file against its SHA-256.',
  params: idOnly,
  result: z.object({ model: ModelInfo }),
  errors: ['model.unknown', 'model.missing', 'model.corrupt'],
});
export const ModelsRemove = request({
  method: 'models/remove',
  doc: 'Deletes the files of an unused model.',
  params: idOnly,
  result: Empty,
  errors: ['model.unknown', 'model.busy'],
});
export const ModelsProgress = notification({
  method: 'models/progress',
  doc: 'Progress of a download, at most ten times a second, to every client.',
  params: z.object({
    modelId: z.string(),
    file: z.string(),
    receivedBytes: z.number(),
    totalBytes: z.number(),
  }),
});
