/** Environment variables of settings, and their parsed values. */
import { DEFAULT_SETTINGS, type SettingName } from '../../protocol/settings';

export const ENVIRONMENT: Readonly<Record<SettingName, string>> = {
  'log.level': 'EARMARK_LOG_LEVEL',
  'daemon.idleMinutes': 'EARMARK_IDLE_MINUTES',
  'metrics.port': 'EARMARK_METRICS_PORT',
  'metrics.token': 'EARMARK_METRICS_TOKEN',
  'listen.address': 'EARMARK_LISTEN',
  'listen.certificate': 'EARMARK_LISTEN_CERTIFICATE',
  'listen.key': 'EARMARK_LISTEN_KEY',
  'health.address': 'EARMARK_HEALTH',
  'limits.connections': 'EARMARK_MAX_CONNECTIONS',
  'limits.connectionsPerUser': 'EARMARK_MAX_CONNECTIONS_PER_USER',
  'limits.messagesPerSecond': 'EARMARK_MAX_MESSAGES_PER_SECOND',
  'limits.megabytesPerSecond': 'EARMARK_MAX_MEGABYTES_PER_SECOND',
  'limits.audioHoursPerUser': 'EARMARK_MAX_AUDIO_HOURS_PER_USER',
  'limits.audioHoursPerOrganisation': 'EARMARK_MAX_AUDIO_HOURS_PER_ORGANISATION',
  'sessions.max': 'EARMARK_MAX_SESSIONS',
  'sessions.maxPerUser': 'EARMARK_MAX_SESSIONS_PER_USER',
  'sessions.maxHours': 'EARMARK_SESSION_HOURS',
  'sessions.idleMinutes': 'EARMARK_SESSION_IDLE_MINUTES',
  'uploads.maxGigabytes': 'EARMARK_UPLOADS_MAX_GB',
  'models.folder': 'EARMARK_MODELS',
  'models.offline': 'EARMARK_MODELS_OFFLINE',
  'models.mirror': 'EARMARK_MODELS_MIRROR',
  'models.proxy': 'EARMARK_MODELS_PROXY',
  'models.parallel': 'EARMARK_MODELS_PARALLEL',
  'models.maxGigabytes': 'EARMARK_MODELS_MAX_GB',
  'models.maxUnusedDays': 'EARMARK_MODELS_MAX_DAYS',
  'voxtral.program': 'EARMARK_VOXTRAL_PROGRAM',
  'openai.endpoint': 'EARMARK_OPENAI_ENDPOINT',
  'openai.model': 'EARMARK_OPENAI_MODEL',
  'openai.plainHttp': 'EARMARK_OPENAI_PLAIN_HTTP',
  'openai.key': 'EARMARK_OPENAI_KEY',
  'llm.endpoint': 'EARMARK_LLM_ENDPOINT',
  'llm.model': 'EARMARK_LLM_MODEL',
  'llm.localModel': 'EARMARK_LLM_LOCAL_MODEL',
  'llm.plainHttp': 'EARMARK_LLM_PLAIN_HTTP',
  'llm.concurrency': 'EARMARK_LLM_CONCURRENCY',
  'llm.timeoutSeconds': 'EARMARK_LLM_TIMEOUT_S',
  'llm.key': 'EARMARK_LLM_KEY',
  'encryption.key': 'EARMARK_KEY',
  'encryption.keyFile': 'EARMARK_KEY_FILE',
  'privacy.redactTranscript': 'EARMARK_REDACT_TRANSCRIPT',
  'team.nats': 'EARMARK_NATS',
  'team.natsToken': 'EARMARK_NATS_TOKEN',
  'team.database': 'EARMARK_DATABASE',
  'team.issuer': 'EARMARK_ISSUER',
  'team.audience': 'EARMARK_AUDIENCE',
  'team.organisationClaim': 'EARMARK_ORGANISATION_CLAIM',
  'team.replicas': 'EARMARK_TEAM_REPLICAS',
  'debug.audioDump': 'EARMARK_AUDIO_DUMP',
  'debug.audioDumpMegabytes': 'EARMARK_AUDIO_DUMP_MB',
};

export type EnvironmentText = Readonly<Record<string, string | undefined>>;

const YES = /^(1|true|yes|on)$/i;
const NO = /^(0|false|no|off)$/i;

/**
 * @returns undefined if the variable is unset or empty. An invalid value stays text, which the
 * schema refuses
 */
export function fromEnvironment(name: SettingName, env: EnvironmentText): unknown {
  const text = env[ENVIRONMENT[name]]?.trim();
  if (text === undefined || text === '') return undefined;
  switch (typeof DEFAULT_SETTINGS[name]) {
    case 'boolean':
      return YES.test(text) ? true : NO.test(text) ? false : text;
    case 'number':
      return Number.isFinite(Number(text)) ? Number(text) : text;
    default:
      return text;
  }
}
