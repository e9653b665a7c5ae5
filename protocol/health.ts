/** Family `daemon`: greeting, version negotiation, health, drain, shutdown. */
import { z } from 'zod';
import { EngineHealth, Machine } from './engine';
import { ALERT_IDS, Alert, LoggedError, Part } from './metrics';
import { Empty, notification, request } from './method';

const Version = z.object({ major: z.number().int(), minor: z.number().int() });

export const DaemonHello = request({
  method: 'daemon/hello',
  doc: 'First request of every connection. Same major works. `drain`: the caller is newer, should ask `daemon/drain` and start its own daemon. An older caller gets `rpc.versionMismatch` that says which side to update.',
  params: z.object({
    protocol: Version,
    client: z.string().max(100).describe('Name for logs: `vscode`, `cli`, …'),
    clientVersion: z.string().max(50),
    window: z
      .boolean()
      .optional()
      .describe(
        'True for an editor window that shows sessions; a captured session pauses 60 s after the last one is gone.',
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
    waiting: z.number().int().describe('Finals that wait for a decode.'),
    waitP50Ms: z
      .number()
      .describe(
        'Milliseconds from the end of a phrase to the begin of its decode, over the last phrases; 0 before the first.',
      ),
    waitP95Ms: z.number(),
    waitMaxMs: z.number(),
    load: z.number().describe('Share of the decoders that finals and speculation keep busy, 0–1.'),
    finals: z
      .enum(['full', 'single-pass', 'greedy', 'no-context'])
      .describe(
        'Decode effort of live finals. Under load: `single-pass` decodes a doubted text once only, `greedy` also skips the search for likelier texts, `no-context` also drops the audio before the phrase.',
      ),
    droppedSpeculations: z
      .number()
      .int()
      .describe('Speculative decodes that were refused or gave way since the start.'),
    droppedPartials: z.number().int(),
  })
  .describe('The queue in front of the recogniser.');

const LanguageModelHealth = z
  .object({
    model: z.string().describe('Its name and where it runs.'),
    running: z.number().int(),
    waiting: z.number().int().describe('Requests that wait for their turn.'),
    oldestWaitMs: z.number().describe('How long the oldest of them has waited.'),
    maxWaitMs: z.number().describe('Longest wait of any request since the start.'),
    answered: z.number().int(),
    failed: z.number().int(),
    refused: z.number().int().describe('Requests for which there was no room.'),
  })
  .describe('The queue in front of the language model.');

export const DaemonHealth = request({
  method: 'daemon/health',
  doc: 'What runs, how much it uses, and what is wrong. That it answers is its liveness.',
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
    engine: EngineHealth.describe('The one that a session without a wish gets.'),
    engines: z.array(EngineHealth).describe('Every one that was asked for, the same one first.'),
    queue: QueueHealth,
    languageModel: LanguageModelHealth.optional().describe('Absent where none is configured.'),
    machine: Machine,
    problems: z.array(z.string()).describe('Sentences for the user, each says what to do.'),
    ready: z.boolean().describe('True where a session could be started now.'),
    parts: z.array(Part),
    alerts: z.array(Alert).describe('What is raised now.'),
    metrics: z
      .record(z.string(), z.number())
      .describe(
        'Gauges now, totals of counters, and count and mean of each timing, by name and label.',
      ),
    lastErrors: z
      .array(LoggedError)
      .describe('The last warnings and errors of the log, the newest last.'),
  }),
});
export type DaemonHealthResult = z.infer<typeof DaemonHealth.result>;

export const DaemonDrain = request({
  method: 'daemon/drain',
  doc: 'No new sessions; running ones are finished or handed over through the store; then the daemon ends and frees its socket.',
  params: z.object({ withinMs: z.number().int().min(0).max(60_000).optional() }),
  result: z.object({ sessions: z.number().describe('Sessions that were still running.') }),
});

export const DaemonShutdown = request({
  method: 'daemon/shutdown',
  doc: 'Flushes every session and ends, as SIGTERM does.',
  params: Empty,
  result: Empty,
});

export const DaemonProfile = request({
  method: 'daemon/profile',
  doc: 'Watches where the daemon spends processor time and memory; names of functions and sizes, nothing of what they hold.',
  params: z.object({ ms: z.number().int().min(100).max(30_000) }),
  result: z.object({
    cpu: z.string().describe('A .cpuprofile of DevTools.'),
    heap: z.string().describe('A .heapprofile of DevTools.'),
  }),
});

export const DaemonAlert = notification({
  method: 'daemon/alert',
  doc: 'Something went wrong, or is well again; OPERATIONS.md says what to do about each. Sent to every client.',
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
