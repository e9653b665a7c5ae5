/**
 * Family `settings`: what a person may set for the daemon. One schema for `config.json` of the
 * state folder, for the environment and for clients; the editor's settings of the same name are
 * sent with `settings/set`.
 */
import { z } from 'zod';
import { request } from './method';

const text = z.string().trim().max(1000);
const ADDRESS = 'expected an address of the kind "https://host", or nothing';
const address = z.union([z.literal(''), z.url({ protocol: /^https?$/, error: ADDRESS })], {
  error: ADDRESS,
});

const hoursADay = z.union([z.literal(0), z.number().min(0.01).max(1_000_000)], {
  error: 'expected 0 or a number from 0.01 to 1000000',
});

export const Settings = z.strictObject({
  'log.level': z
    .enum(['debug', 'info', 'warn', 'error'])
    .default('info')
    .describe('Least level of what is logged.'),
  'log.spoken': z
    .boolean()
    .default(false)
    .describe(
      'Writes what people said into the marked fields of the log; for finding a fault, with the consent of those who speak.',
    ),
  'daemon.idleMinutes': z
    .number()
    .min(0.001)
    .max(100_000)
    .default(10)
    .describe(
      'The daemon ends after so long without client and session. One that listens for other machines does not.',
    ),
  'metrics.port': z
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(0)
    .describe('Port of the metrics on 127.0.0.1; 0 takes a free one.'),
  'metrics.token': text
    .default('')
    .describe(
      'Token with which they are read at `health.address` from other machines; empty: they are not there. Never written into a file. At start.',
    ),
  'listen.address': text
    .default('')
    .describe('HOST:PORT for other machines; empty: none. At start.'),
  'listen.certificate': text
    .default('')
    .describe('File of the TLS certificate; empty: a self-signed one. At start.'),
  'listen.key': text.default('').describe('File of its key. At start.'),
  'health.address': text
    .default('')
    .describe(
      'HOST:PORT where probes of an orchestrator ask whether it lives and is ready, for `earmark server` and `earmark worker` alone; empty: none. At start.',
    ),
  'limits.connections': z
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(1_024)
    .describe('Connections over the network.'),
  'limits.connectionsPerUser': z
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(64)
    .describe('Of one user.'),
  'limits.messagesPerSecond': z
    .number()
    .min(1)
    .max(100_000)
    .default(100)
    .describe('Of one connection over the network, in the long run.'),
  'limits.megabytesPerSecond': z
    .number()
    .min(0.1)
    .max(10_000)
    .default(4)
    .describe('Of one connection over the network, in the long run.'),
  'limits.audioHoursPerUser': hoursADay
    .default(0)
    .describe(
      'Hours of sound that a user may send over the network in a day, to all servers of a team together; what was used comes back evenly over 24 hours. 0: no limit.',
    ),
  'limits.audioHoursPerOrganisation': hoursADay
    .default(0)
    .describe('The same for all people of an organisation.'),
  'sessions.max': z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(256)
    .describe('Sessions that run at once.'),
  'sessions.maxPerUser': z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(16)
    .describe('Of one user over the network.'),
  'sessions.maxHours': z
    .number()
    .min(0.01)
    .max(168)
    .default(8)
    .describe('Longest session; after it the session ends and is kept.'),
  'sessions.idleMinutes': z
    .number()
    .min(0.1)
    .max(10_000)
    .default(30)
    .describe('A recorded session in which nobody spoke for so long ends.'),
  'uploads.maxGigabytes': z
    .number()
    .min(0.01)
    .max(100_000)
    .default(4)
    .describe(
      'Recordings that wait here for a daemon elsewhere, together; 4 are 17 hours of two sources. Then a recording goes on without a copy.',
    ),
  'models.folder': text
    .default('')
    .describe(
      'Folder of model files, so that several state folders can share one; empty: in the state folder. At start.',
    ),
  'models.offline': z
    .boolean()
    .default(false)
    .describe('Fetches nothing; models come from the import folder.'),
  'models.mirror': address.default('').describe('Server laid out like the model hub.'),
  'models.proxy': address.default('').describe('Proxy for downloads, before the one of npm.'),
  'models.parallel': z.number().int().min(1).max(16).default(2).describe('Downloads at once.'),
  'models.maxGigabytes': z
    .union([z.literal(0), z.number().min(0.1)], { error: 'expected 0 or a number of at least 0.1' })
    .default(0)
    .describe('Models that are not in use go when all take more; 0: never.'),
  'models.maxUnusedDays': z
    .union([z.literal(0), z.number().min(1)], { error: 'expected 0 or a number of at least 1' })
    .default(0)
    .describe('Models that nobody used for so long go; 0: never.'),
  'voxtral.program': text
    .default('')
    .describe('Program that recognises with Voxtral; empty: `voxtral` on the path.'),
  'openai.endpoint': address
    .default('')
    .describe('Server with the transcription interface of OpenAI.'),
  'openai.model': text.default('').describe('Its model; empty: whisper-1.'),
  'openai.plainHttp': z.boolean().default(false).describe('Allows http:// to another machine.'),
  'openai.key': text.default('').describe('Its key. Never written into a file.'),
  'llm.endpoint': address
    .default('')
    .describe('Server with the chat interface of OpenAI that reads along; empty: none.'),
  'llm.model': text.default('').describe('Its model.'),
  'llm.plainHttp': z.boolean().default(false).describe('Allows http:// to another machine.'),
  'llm.concurrency': z.number().int().min(1).max(16).default(3).describe('Questions at once.'),
  'llm.timeoutSeconds': z.number().min(1).max(3_600).default(180).describe('For one question.'),
  'llm.key': text.default('').describe('Its key. Never written into a file.'),
  'encryption.key': text
    .default('')
    .describe(
      'Key of what is encrypted at rest, or `keychain`. Never written into a file. At start.',
    ),
  'encryption.keyFile': text.default('').describe('File that holds it. At start.'),
  'privacy.redactTranscript': z
    .boolean()
    .default(false)
    .describe(
      'Takes keys, tokens, card numbers and e-mail addresses out of what is transcribed in meetings and files.',
    ),
  'team.nats': text
    .default('')
    .describe(
      'NATS servers of a team, `nats://host:port`, several separated by commas; for `earmark server` and `earmark worker` alone. At start.',
    ),
  'team.natsToken': text
    .default('')
    .describe('Token that they ask for. Never written into a file. At start.'),
  'team.replicas': z
    .number()
    .int()
    .min(1)
    .max(5)
    .default(3)
    .describe(
      'Copies that NATS keeps of phrases, sound and events; as many nodes are needed. At start.',
    ),
  'team.database': text
    .default('')
    .describe(
      'PostgreSQL database of a team, `postgres://role@host/database`, for `earmark server` alone; the role is in `earmark_gateway`. Never written into a file. At start.',
    ),
  'team.issuer': text
    .default('')
    .describe(
      'Provider of OpenID Connect that people of a team sign in with, as its tokens name it. At start.',
    ),
  'team.audience': text
    .default('')
    .describe('For whom its tokens must be: the id of the client. At start.'),
  'team.organisationClaim': text
    .default('')
    .describe(
      'Which claim names the organisation of somebody who comes for the first time; without it an administrator adds people. At start.',
    ),
  'debug.audioDump': z
    .boolean()
    .default(false)
    .describe(
      'Writes the sound of every session as WAV files into `debug-audio` of the state folder, for finding a fault. Says loudly that it is on.',
    ),
  'debug.audioDumpMegabytes': z
    .number()
    .min(1)
    .max(10_000)
    .default(100)
    .describe('All of them together; then no more is written.'),
});
export type Settings = z.infer<typeof Settings>;
export type SettingName = keyof Settings;

export const SETTING_NAMES = Object.keys(Settings.shape) as readonly SettingName[];
/** What a session of the daemon has without anything set. */
export const DEFAULT_SETTINGS: Settings = Settings.parse({});
/** Come from the environment or from a client, and are kept in memory alone. */
export const SECRET_SETTINGS: readonly SettingName[] = [
  'openai.key',
  'llm.key',
  'encryption.key',
  'metrics.token',
  'team.natsToken',
  'team.database',
];
/** A change counts when the daemon starts again. */
export const SETTINGS_AT_START: readonly SettingName[] = [
  'listen.address',
  'listen.certificate',
  'listen.key',
  'health.address',
  'metrics.token',
  'models.folder',
  'encryption.key',
  'encryption.keyFile',
  'team.nats',
  'team.natsToken',
  'team.replicas',
  'team.database',
  'team.issuer',
  'team.audience',
  'team.organisationClaim',
];

const SettingProblem = z.object({
  name: z.string(),
  message: z.string().describe('For a person: what is wrong and what holds instead.'),
});
export type SettingProblem = z.infer<typeof SettingProblem>;

export const SettingsGet = request({
  method: 'settings/get',
  doc: 'What holds now, and what is wrong with what was set. Secrets are told as "(set)".',
  params: z.object({}),
  result: z.object({
    values: z.record(z.string(), z.unknown()),
    problems: z.array(SettingProblem),
  }),
});

export const SettingsSet = request({
  method: 'settings/set',
  doc: 'Sets values in `config.json`, null takes one out, and applies them at once. A wrong value changes nothing and is named. From this machine alone: settings name programs and addresses.',
  params: z.object({ values: z.record(z.string().max(100), z.unknown()) }),
  result: z.object({
    values: z.record(z.string(), z.unknown()),
    problems: z.array(SettingProblem),
  }),
  errors: ['rpc.forbidden'],
});
