/**
 * Which settings of the editor are the daemon's, and what of them is to be sent. No editor here: it
 * is tested on its own.
 */

/**
 * Names that both have. Only what the user set goes to the daemon: `config.json` keeps the rest.
 */
export const DAEMON_SETTINGS = [
  'models.offline',
  'models.mirror',
  'models.proxy',
  'models.maxGigabytes',
  'models.maxUnusedDays',
  'voxtral.program',
  'openai.endpoint',
  'openai.model',
  'llm.endpoint',
  'llm.model',
  'llm.concurrency',
  'llm.timeoutSeconds',
  'privacy.redactTranscript',
  'debug.audioDump',
] as const;

export interface ToSend {
  /** null takes a setting back. */
  readonly values: Readonly<Record<string, unknown>>;
  /** What the daemon has from the editor then. */
  readonly sent: readonly string[];
}

/**
 *
 * @param sentBefore names that the editor set the last time; they are taken back where the user
 * took them back
 */
export function settingsToSend(
  ofUser: (name: string) => unknown,
  sentBefore: readonly string[],
): ToSend {
  const set = DAEMON_SETTINGS.filter((name) => ofUser(name) !== undefined);
  const gone = sentBefore.filter((name) => !(set as readonly string[]).includes(name));
  return {
    values: Object.fromEntries([
      ...gone.map((name) => [name, null] as const),
      ...set.map((name) => [name, ofUser(name)] as const),
    ]),
    sent: set,
  };
}

type Days = Readonly<Partial<Record<'audioDays' | 'transcriptDays' | 'insightsDays', number>>>;

/** 0 is "until a person deletes it", which the daemon says by leaving the kind out. */
export function retentionToSend(days: Days): Days {
  return Object.fromEntries(Object.entries(days).filter(([, value]) => value > 0));
}
