/** Family `engine`: state of the speech engines, and a retry for failed engines. */
import { z } from 'zod';
import { ErrorCodes } from './errors';
import { Empty, request } from './method';

export const DegradationLevel = z
  .enum(['NORMAL', 'WARNING', 'DEGRADE', 'EMERGENCY', 'FAILOVER'])
  .describe('Degradation level of recognition.');
export type DegradationLevel = z.infer<typeof DegradationLevel>;

export const EngineState = z.enum([
  'UNINITIALIZED',
  'LOADING',
  'WARMING_UP',
  'READY',
  'UNLOADING',
  'ERROR',
]);
export type EngineState = z.infer<typeof EngineState>;

export const EngineHealth = z.object({
  provider: z.string(),
  model: z.string(),
  device: z.enum(['auto', 'cpu', 'gpu']),
  state: EngineState,
  loadMs: z.number().optional().describe('Time from LOADING to READY.'),
  warmUpMs: z.number().optional().describe('Part of `loadMs` for the warm-up.'),
  rtf: z
    .object({
      mean: z.number(),
      p95: z.number(),
      p99: z.number(),
      decodes: z.number().describe('Number of decodes behind the metrics; 0: none yet.'),
    })
    .describe('Real-time factor: seconds of work per second of audio.'),
  queuedMs: z.number().describe('Audio waiting for a decode.'),
  rssBytes: z.number().describe('Resident memory of its workers.'),
  sessions: z.number().describe('Sessions that prefer this engine.'),
  degradationLevel: DegradationLevel,
  error: z.string().optional(),
  errors: z
    .array(
      z.object({
        code: z.enum(ErrorCodes),
        message: z.string(),
        at: z.string().describe('ISO 8601.'),
      }),
    )
    .describe('The last ten, oldest first.'),
});
export type EngineHealth = z.infer<typeof EngineHealth>;

export const Machine = z.object({
  tier: z.enum(['ultra_low', 'low', 'medium', 'medium_gpu', 'high', 'ultra']),
  why: z.string().describe('Reason for the tier, for a person.'),
  targets: z
    .array(
      z.object({ provider: z.string(), model: z.string(), device: z.enum(['auto', 'cpu', 'gpu']) }),
    )
    .describe(
      'Models of the tier, best first: for English, then for all languages. Later ' +
        'ones replace earlier ones that are missing.',
    ),
  cpu: z.string(),
  cores: z.number().int(),
  instructionSets: z.array(z.string()),
  memoryGb: z.number(),
  gpu: z
    .object({
      kind: z.enum(['metal', 'cuda', 'vulkan']),
      name: z.string(),
      memoryGb: z.number().optional(),
    })
    .optional(),
  battery: z.object({ charge: z.number().describe('0–1.'), discharging: z.boolean() }).optional(),
  unknown: z.array(z.string()).describe('Probes that did not answer within 5 s.'),
  calibration: z
    .object({
      model: z.string(),
      rtf: z.number().describe('Seconds of work of one core per second of speech.'),
      audioMs: z.number().describe('Speech decoded for the measurement.'),
      at: z.string().describe('ISO 8601.'),
    })
    .optional()
    .describe('Speed of this machine; absent until measured.'),
});
export type Machine = z.infer<typeof Machine>;

export const EngineRetry = request({
  method: 'engine/retry',
  doc:
    'Restarts failed engines with a fresh restart budget. Without a name: all ' +
    'failed engines and the main one. Answers when they are READY.',
  params: z.object({
    provider: z.string().max(50).optional(),
    model: z.string().max(100).optional(),
  }),
  result: z.object({ engines: z.array(EngineHealth) }),
  errors: ['engine.unavailable', 'model.missing', 'model.corrupt', 'model.incompatible'],
});

export const EngineCalibrate = request({
  method: 'engine/calibrate',
  doc:
    'Measures how fast this machine decodes speech, within a minute, and chooses ' +
    'the models accordingly. The result stays until the hardware changes.',
  params: Empty,
  result: z.object({ machine: Machine }),
  errors: [
    'model.missing',
    'model.busy',
    'model.corrupt',
    'model.incompatible',
    'engine.unavailable',
    'engine.crashed',
    'engine.timeout',
  ],
});
