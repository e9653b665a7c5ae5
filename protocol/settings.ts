/**
 * Family `settings`: the user's settings of the daemon. One schema for `config.json` of the state
 * folder, the environment and clients. `settings/set` sends the editor's settings of the same name.
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
    .describe('Lowest level of logged messages.'),
  'daemon.idleMinutes': z
    .number()
    .min(0.001)
    .max(100_000)
    .default(10)
    .describe(
      'The daemon ends after this time without clients and sessions. A daemon that ' +
        'listens for other machines does not end.',
    ),
  'metrics.port': z
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(0)
    .describe('Port of the metrics on 127.0.0.1; 0 chooses a free port.'),
  'metrics.token': text
    .default('')
    .describe(
      'Token that other machines need to read the metrics at `health.address`; ' +
        'empty: metrics are off there. Never written into a file. Takes effect at ' +
        'start.',
    ),
  'listen.address': text
    .default('')
    .describe('HOST:PORT for other machines; empty: none. Takes effect at start.'),
  'listen.certificate': text
    .default('')
    .describe('File of the TLS certificate; empty: self-signed. Takes effect at start.'),
  'listen.key': text
    .default('')
    .describe("File of the certificate's private key. Takes effect at start."),
  'health.address': text
    .default('')
    .describe(
      "HOST:PORT for an orchestrator's liveness and readiness probes of `earmark " +
        'server` and `earmark worker`; empty: none. Takes effect at start.',
    ),
  'limits.connections': z
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(1_024)
    .describe('Maximum number of network connections.'),
  'limits.connectionsPerUser': z
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(64)
    .describe('Maximum number of network connections of one user.'),
  'limits.messagesPerSecond': z
    .number()
    .min(1)
    .max(100_000)
    .default(100)
    .describe('Long-term average data rate of one network connection.'),
  'limits.megabytesPerSecond': z
    .number()
    .min(0.1)
    .max(10_000)
    .default(4)
    .describe('Long-term average message rate of one network connection.'),
  'limits.audioHoursPerUser': hoursADay
    .default(0)
    .describe(
      'Hours of audio that one user may send in 24 hours, to all servers of a team ' +
        'together. Used hours return evenly over 24 hours. 0: no limit.',
    ),
  'limits.audioHoursPerOrganisation': hoursADay
    .default(0)
    .describe(
      'Hours of audio that all users of an organisation may send in 24 hours. 0: no ' + 'limit.',
    ),
  'sessions.max': z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(256)
    .describe('Maximum number of running sessions.'),
  'sessions.maxPerUser': z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(16)
    .describe('Maximum number of running sessions of one network user.'),
  'sessions.maxHours': z
    .number()
    .min(0.01)
    .max(168)
    .default(8)
    .describe('Maximum length of a session. A longer session ends and is stored.'),
  'sessions.idleMinutes': z
    .number()
    .min(0.1)
    .max(10_000)
    .default(30)
    .describe('A recorded session ends after this time without speech.'),
  'uploads.maxGigabytes': z
    .number()
    .min(0.01)
    .max(100_000)
    .default(4)
    .describe(
      'Maximum disk space for recordings that wait for a remote daemon; 4 GB hold 17 ' +
        'hours of two sources. Beyond it, recordings continue without a local copy.',
    ),
  'models.folder': text
    .default('')
    .describe(
      'Folder of the model files, which several state folders can share; empty: in ' +
        'the state folder. Takes effect at start.',
    ),
  'models.offline': z
    .boolean()
    .default(false)
    .describe('Downloads nothing; models come from the import folder.'),
  'models.mirror': address.default('').describe('Server with the layout of the model hub.'),
  'models.proxy': address
    .default('')
    .describe("Proxy for downloads; takes precedence over npm's proxy."),
  'models.parallel': z
    .number()
    .int()
    .min(1)
    .max(16)
    .default(2)
    .describe('Maximum number of parallel downloads.'),
  'models.maxGigabytes': z
    .union([z.literal(0), z.number().min(0.1)], { error: 'expected 0 or a number of at least 0.1' })
    .default(0)
    .describe(
      'Maximum disk space for models. Least recently used models are deleted first. ' +
        '0: no limit.',
    ),
  'models.maxUnusedDays': z
    .union([z.literal(0), z.number().min(1)], { error: 'expected 0 or a number of at least 1' })
    .default(0)
    .describe('Models not used for this time are deleted; 0: never.'),
  'voxtral.program': text
    .default('')
    .describe('Program that runs Voxtral; empty: `voxtral` on the path.'),
  'openai.endpoint': address.default('').describe("Server with OpenAI's transcription API."),
  'openai.model': text.default('').describe('Model of the transcription server; empty: whisper-1.'),
  'openai.plainHttp': z
    .boolean()
    .default(false)
    .describe('Allows http:// for a transcription server on another machine.'),
  'openai.key': text
    .default('')
    .describe('Key of the transcription server. Never written into a file.'),
  'llm.endpoint': address
    .default('')
    .describe("Server with OpenAI's chat API that helps to write meeting notes; empty: none."),
  'llm.model': text.default('').describe('Model of the chat server.'),
  'llm.localModel': text
    .default('')
    .describe('Id of an installed local language model; it writes notes without a server.'),
  'llm.plainHttp': z
    .boolean()
    .default(false)
    .describe('Allows http:// for a chat server on another machine.'),
  'llm.concurrency': z
    .number()
    .int()
    .min(1)
    .max(16)
    .default(3)
    .describe('Maximum number of parallel requests to the chat server.'),
  'llm.timeoutSeconds': z
    .number()
    .min(1)
    .max(3_600)
    .default(180)
    .describe('Time limit of one request to the chat server.'),
  'llm.key': text.default('').describe('Key of the chat server. Never written into a file.'),
  'encryption.key': text
    .default('')
    .describe(
      'Key that encrypts stored data, or `keychain`. Never written into a file. ' +
        'Takes effect at start.',
    ),
  'encryption.keyFile': text
    .default('')
    .describe('File that contains the encryption key. Takes effect at start.'),
  'privacy.redactTranscript': z
    .boolean()
    .default(false)
    .describe(
      'Removes keys, tokens, card numbers and e-mail addresses from transcripts of ' +
        'meetings and files.',
    ),
  'team.nats': text
    .default('')
    .describe(
      'NATS servers of a team, `nats://host:port`, comma-separated; for `earmark ' +
        'server` and `earmark worker` only. Takes effect at start.',
    ),
  'team.natsToken': text
    .default('')
    .describe('Token for the NATS servers. Never written into a file. Takes effect at start.'),
  'team.replicas': z
    .number()
    .int()
    .min(1)
    .max(5)
    .default(3)
    .describe(
      'Number of copies that NATS keeps of phrases, audio and events; needs as many ' +
        'nodes. Takes effect at start.',
    ),
  'team.database': text
    .default('')
    .describe(
      'PostgreSQL database of a team, `postgres://role@host/database`, for `earmark ' +
        'server` only; the role belongs to `earmark_gateway`. Never written into a ' +
        'file. Takes effect at start.',
    ),
  'team.issuer': text
    .default('')
    .describe(
      'Issuer of the OpenID Connect provider for sign-in, exactly as in its tokens. ' +
        'Takes effect at start.',
    ),
  'team.audience': text
    .default('')
    .describe("Audience of the provider's tokens: the client ID. Takes effect at start."),
  'team.organisationClaim': text
    .default('')
    .describe(
      'Claim that names the organisation of a new person; empty: an administrator ' +
        'adds people. Takes effect at start.',
    ),
  'debug.audioDump': z
    .boolean()
    .default(false)
    .describe(
      'Writes the audio of every session as WAV files into `debug-audio` of the ' +
        'state folder, to find a fault. A warning shows while it is on.',
    ),
  'debug.audioDumpMegabytes': z
    .number()
    .min(1)
    .max(10_000)
    .default(100)
    .describe('Maximum size of all debug WAV files together.'),
});
export type Settings = z.infer<typeof Settings>;
export type SettingName = keyof Settings;

export const SETTING_NAMES = Object.keys(Settings.shape) as readonly SettingName[];
/** Default settings of the daemon. */
export const DEFAULT_SETTINGS: Settings = Settings.parse({});
/** Come from the environment or a client, and are kept only in memory. */
export const SECRET_SETTINGS: readonly SettingName[] = [
  'openai.key',
  'llm.key',
  'encryption.key',
  'metrics.token',
  'team.natsToken',
  'team.database',
];
/** A change takes effect at the next start of the daemon. */
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
  message: z.string().describe('For a person: the problem, and the value in use instead.'),
});
export type SettingProblem = z.infer<typeof SettingProblem>;

export const SettingsGet = request({
  method: 'settings/get',
  doc: 'Values in use, and problems with the configured values. Secrets read "(set)".',
  params: z.object({}),
  result: z.object({
    values: z.record(z.string(), z.unknown()),
    problems: z.array(SettingProblem),
  }),
});

/** There are about a hundred settings. */
const SET_MAX = 1_000;

/** Counted before a name is read, because 600,000 names took 255 ms. */
const SetValues = z
  .custom<Record<string, unknown>>(
    (given) => Object.keys(Object(given) as object).length <= SET_MAX,
    `it names more than ${SET_MAX} settings; send fewer`,
  )
  .pipe(z.record(z.string().max(100), z.unknown()));

export const SettingsSet = request({
  method: 'settings/set',
  doc:
    'Sets values in `config.json` and applies them at once; null removes a value. ' +
    "A wrong value changes nothing and is reported. Only from the daemon's own " +
    'machine, because settings name programs and addresses.',
  params: z.object({ values: SetValues }),
  result: z.object({
    values: z.record(z.string(), z.unknown()),
    problems: z.array(SettingProblem),
  }),
  errors: ['rpc.forbidden'],
});
