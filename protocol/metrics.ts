/**
 * Parts of the daemon's state: parts, alerts, errors of the log. Used by `daemon/health` and
 * `daemon/bundle`.
 */
import { z } from 'zod';

export const ALERT_IDS = [
  'engine.failed',
  'engine.slow',
  'errors.repeated',
  'load.emergency',
  'inference.wait',
  'latency.final',
  'frames.dropped',
  'phrase.dead',
  'disk.low',
  'memory.high',
  'store.memory',
  'settings.wrong',
  'debug.dump',
] as const;

export const Alert = z.object({
  id: z.enum(ALERT_IDS),
  message: z.string().describe('For a person; names the next step.'),
  at: z.string().describe('ISO 8601.'),
});

export const Part = z.object({
  name: z.string(),
  state: z.enum(['ok', 'degraded', 'failed']),
  reason: z.string().optional(),
});

export const LoggedError = z.object({
  at: z.string().describe('ISO 8601.'),
  level: z.enum(['warn', 'error']),
  component: z.string(),
  event: z.string(),
  error: z.string().optional().describe('Code or name.'),
});
