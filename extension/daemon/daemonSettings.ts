/**
 * Selects the settings of the editor that the daemon needs, and the values to send. Does not use
 * `vscode`, so unit tests can load it.
 */

/**
 * Settings that editor and daemon share. Only values that the user set are sent; `config.json`
 * holds the others.
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
  'llm.localModel',
  'llm.concurrency',
  'llm.timeoutSeconds',
  'privacy.redactTranscript',
  'debug.audioDump',
] as const;

export interface ToSend {
  /** null resets a setting. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Names of all values that the daemon has from the editor after sending. */
  readonly sent: readonly string[];
}

/**
 * Values to send to the daemon.
 * @param sentBefore names sent the last time; a name that is no longer set is reset
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

/** 0 means "until the user deletes it". The daemon expresses this by leaving the kind out. */
export function retentionToSend(days: Days): Days {
  return Object.fromEntries(Object.entries(days).filter(([, value]) => value > 0));
}
