/** Family `daemon`: greeting, version negotiation, health, drain, shutdown. */
import { z } from 'zod';
import { EngineHealth, Machine } from './engine';
import { ALERT_IDS, Alert, LoggedError, Part } from './metrics';
import { Empty, notification, PlainLine, request } from './method';

const Version = z.object({ major: z.number().int(), minor: z.number().int() });

export const DaemonHello = request({
  method: 'daemon/hello',
  doc:
    'First request of every connection. The same major version works. `drain`: the ' +
    'caller is newer; it should call `daemon/drain` and start its own daemon. An ' +
    'older caller gets `rpc.versionMismatch`, which names the side to update.',
  params: z.object({
    protocol: Version,
    client: PlainLine.max(100).describe('Name for logs: `vscode`, `cli`, …'),
    clientVersion: PlainLine.max(50),
    window: z
      .boolean()
      .optional()
      .describe(
        'True for an editor window that shows sessions. A recorded session pauses 60 s ' +
          'after the last such window is gone.',
      ),
  }),
  result: z.object({
    protocol: Version,
    version: z.string(),
    pid: z.number(),
    negotiation: z.enum(['ok', 'drain']),
  }),
  errors: ['rpc.versionMismatch'],
});

export const WorkerHealth = z.object({
  name: z.string(),
  pid: z.number().optional(),
  state: z.enum(['starting', 'ready', 'busy', 'restarting', 'failed', 'stopped']),
  restarts: z.number(),
  rssBytes: z.number().optional(),
});
export type WorkerHealth = z.infer<typeof WorkerHealth>;

const QueueHealth = z
  .object({
    waiting: z.number().int().describe('Finals waiting for a decode.'),
    waitP50Ms: z
      .number()
      .describe(
        'Time from the end of a phrase to its decode, over the last phrases; 0 before the first.',
      ),
    waitP95Ms: z.number(),
    waitMaxMs: z.number(),
    load: z.number().describe('Share of the decoders busy with finals and speculation, 0–1.'),
    finals: z
      .enum(['full', 'single-pass', 'greedy', 'no-context'])
      .describe(
        'Decode effort of live finals. Under load, `single-pass` skips the second decode of ' +
          'uncertain text. `greedy` also skips the beam search, and `no-context` also drops the ' +
          'left context.',
      ),
    droppedSpeculations: z
      .number()
      .int()
      .describe('Speculative decodes refused or cancelled since the start.'),
    droppedPartials: z.number().int(),
  })
  .describe('The queue in front of the recogniser.');

const LanguageModelHealth = z
  .object({
    model: z.string().describe('Name of the model and its location.'),
    running: z.number().int(),
    waiting: z.number().int().describe('Waiting requests.'),
    oldestWaitMs: z.number().describe('Waiting time of the oldest request.'),
    maxWaitMs: z.number().describe('Longest waiting time of any request since the start.'),
    answered: z.number().int(),
    failed: z.number().int(),
    refused: z.number().int().describe('Requests refused because the queue was full.'),
  })
  .describe('The queue in front of the language model.');

export const DaemonHealth = request({
  method: 'daemon/health',
  doc:
    'Running parts, their resources and their problems. An answer proves that the ' +
    'daemon is alive.',
  params: Empty,
  result: z.object({
    version: z.string(),
    protocol: Version,
    pid: z.number(),
    uptimeMs: z.number(),
    rssBytes: z.number(),
    clients: z.number(),
    sessions: z.array(z.object({ id: z.string(), state: z.string() })),
    workers: z.array(WorkerHealth),
    engine: EngineHealth.describe('Engine of a session that names none.'),
    engines: z.array(EngineHealth).describe('All engines in use, the main one first.'),
    queue: QueueHealth,
    languageModel: LanguageModelHealth.optional().describe('Absent if none is configured.'),
    machine: Machine,
    problems: z.array(z.string()).describe('Sentences for the user; each names the next step.'),
    ready: z.boolean().describe('True if a session can start now.'),
    parts: z.array(Part),
    alerts: z.array(Alert).describe('Alerts raised now.'),
    metrics: z
      .record(z.string(), z.number())
      .describe(
        'Current gauges, totals of counters, and count and mean of each timing, by ' +
          'name and label.',
      ),
    lastErrors: z.array(LoggedError).describe('Last warnings and errors of the log, newest last.'),
  }),
});
export type DaemonHealthResult = z.infer<typeof DaemonHealth.result>;

export const DaemonDrain = request({
  method: 'daemon/drain',
  doc:
    'Accepts no new sessions; finishes running ones or hands them over through the ' +
    'store. Then the daemon ends and frees its socket.',
  params: z.object({ withinMs: z.number().int().min(0).max(60_000).optional() }),
  result: z.object({ sessions: z.number().describe('Sessions still running.') }),
});

export const DaemonShutdown = request({
  method: 'daemon/shutdown',
  doc: 'Flushes every session and ends, like SIGTERM.',
  params: Empty,
  result: Empty,
});

export const DaemonProfile = request({
  method: 'daemon/profile',
  doc:
    "Profiles the daemon's processor time and memory. The result contains function " +
    'names and sizes, but no data.',
  params: z.object({ ms: z.number().int().min(100).max(30_000) }),
  result: z.object({
    cpu: z.string().describe('A .cpuprofile file for DevTools.'),
    heap: z.string().describe('A .heapprofile file for DevTools.'),
  }),
});

export const DaemonAlert = notification({
  method: 'daemon/alert',
  doc:
    'An alert was raised or has ended; OPERATIONS.md describes what to do about ' +
    'each. Sent to every client.',
  params: z.object({
    id: z.enum(ALERT_IDS),
    op: z.enum(['raised', 'cleared']),
    message: z.string(),
  }),
});

export const DaemonGoodbye = notification({
  method: 'daemon/goodbye',
  doc: 'The daemon is about to end; a client that still needs one starts it again.',
  params: z.object({ reason: z.enum(['idle', 'drain', 'shutdown']) }),
});
