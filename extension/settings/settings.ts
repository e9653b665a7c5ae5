/**
 * Reads and validates the settings. An invalid value counts as unset. package.json declares names
 * and defaults.
 */
import * as vscode from 'vscode';
import { z } from 'zod';
import type { Purpose } from '../../protocol/models';
import { type FolderSetting, notesWanted } from '../notes/noteFolder';

const Source = z.enum(['mic', 'system']);
export type MeetingSource = z.infer<typeof Source>;

function read<T extends z.ZodType>(
  key: string,
  schema: T,
  fallback: z.infer<T>,
  scope?: vscode.ConfigurationScope,
): z.infer<T> {
  const parsed = schema.safeParse(vscode.workspace.getConfiguration('earmark', scope).get(key));
  return parsed.success ? parsed.data : fallback;
}

const Days = z.number().min(0).max(36_500);
const Text = z
  .string()
  .max(1000)
  .transform((s) => s.trim());

/** Limit of the daemon. */
const VOCABULARY_MAX = 200;
const PROGRAMS_MAX = 200;

export const settings = {
  meetingSources: (): MeetingSource[] =>
    read('meeting.sources', z.array(Source).min(1).max(2), ['mic', 'system']),
  keepAudio: (): boolean => read('meeting.keepAudio', z.boolean(), false),
  suggestMeetings: (): boolean => read('meeting.suggest', z.boolean(), true),
  /** Programs whose microphone use suggests no meeting. */
  neverSuggestFor: (): string[] =>
    read('meeting.neverSuggestFor', z.array(z.string().max(100)).max(PROGRAMS_MAX), []),
  addNeverSuggestFor(id: string): Thenable<void> {
    const programs = this.neverSuggestFor().filter((one) => one !== id);
    return vscode.workspace
      .getConfiguration('earmark')
      .update(
        'meeting.neverSuggestFor',
        [...programs, id].slice(-PROGRAMS_MAX),
        vscode.ConfigurationTarget.Global,
      );
  },
  askEveryMeeting: (): boolean => read('consent.askEveryMeeting', z.boolean(), false),
  noteFillers: (scope?: vscode.Uri): 'hide' | 'show' =>
    read('notes.fillers', z.enum(['hide', 'show']), 'hide', scope),
  openNoteOnStart: (): boolean => read('notes.openOnStart', z.boolean(), false),
  language: (): string => read('speech.language', Text, 'en'),
  /** Choice of the model for a purpose; empty: the daemon chooses. */
  speechModel(purpose: Purpose): { provider?: string; model?: string } {
    const own = read(`speech.${purpose}Model`, Text, '');
    if (own !== '') return { model: own };
    const [provider, model] = [read('speech.provider', Text, ''), read('speech.model', Text, '')];
    return {
      ...(provider === '' ? {} : { provider }),
      ...(model === '' ? {} : { model }),
    };
  },
  /**
   * Vocabulary for a session. Invalid words are left out, so one word does not invalidate the
   * others.
   */
  wordHints(): { vocabulary?: string[]; translate?: true } {
    const vocabulary = this.vocabulary();
    return {
      ...(vocabulary.length === 0 ? {} : { vocabulary }),
      ...(read('speech.translate', z.boolean(), false) ? { translate: true } : {}),
    };
  },
  device: (): 'auto' | 'cpu' | 'gpu' =>
    read('speech.device', z.enum(['auto', 'cpu', 'gpu']), 'auto'),
  microphone: (): string => read('audio.microphone', Text, ''),
  systemAudio: (): string => read('audio.systemAudio', Text, ''),
  vocabulary: (): string[] =>
    read('speech.vocabulary', z.array(z.unknown()), [])
      .filter(
        (word): word is string =>
          typeof word === 'string' && word.trim() !== '' && word.length <= 60,
      )
      .slice(0, VOCABULARY_MAX),
  smartSpacing: (): boolean => read('dictation.smartSpacing', z.boolean(), true),
  promptTarget: (): 'ask' | 'chat' | 'agent' =>
    read('dictation.promptTarget', z.enum(['ask', 'chat', 'agent']), 'ask'),
  keepPromptTarget: (place: 'chat' | 'agent'): Thenable<void> =>
    vscode.workspace
      .getConfiguration('earmark')
      .update('dictation.promptTarget', place, vscode.ConfigurationTarget.Global),
  sendPrompts: (): boolean => read('dictation.sendPrompts', z.boolean(), false),
  tidyUp: (): boolean => read('dictation.tidyUp', z.boolean(), false),
  markUnsureWords: (): boolean => read('dictation.markUnsureWords', z.boolean(), false),
  remoteUrl: (): string => read('remote.url', Text, ''),
  remoteFingerprint: (): string => read('remote.fingerprint', Text, ''),
  remoteIssuer: (): string => read('remote.issuer', Text, ''),
  remoteClientId: (): string => read('remote.clientId', Text, ''),
  agentsEnabled: (): boolean => read('agents.enabled', z.boolean(), true),
  agentsMayChange: (): boolean => read('agents.allowChanges', z.boolean(), false),
  useEditorModel: (): boolean => read('llm.useEditorModel', z.boolean(), false),
  /** Uses that model of VS Code for the notes of all meetings. */
  async useEditorModelAlways(model: string): Promise<void> {
    const all = vscode.workspace.getConfiguration('earmark');
    await all.update('llm.model', model, vscode.ConfigurationTarget.Global);
    await all.update('llm.useEditorModel', true, vscode.ConfigurationTarget.Global);
  },
  editorModel: (): string => read('llm.model', Text, ''),
  encrypt: (): boolean => read('privacy.encrypt', z.boolean(), false),
  /** Days; 0 means until the user deletes the data. */
  retention: (): Record<'audioDays' | 'transcriptDays' | 'insightsDays', number> => ({
    audioDays: read('privacy.audioDays', Days, 0),
    transcriptDays: read('privacy.transcriptDays', Days, 0),
    insightsDays: read('privacy.insightsDays', Days, 0),
  }),
  keepFor: (
    what: 'audioDays' | 'transcriptDays' | 'insightsDays',
    days: number | undefined,
  ): Thenable<void> =>
    vscode.workspace
      .getConfiguration('earmark')
      .update(`privacy.${what}`, days, vscode.ConfigurationTarget.Global),
  /** User setting, which a workspace cannot change; undefined if unset. */
  ofUser: (name: string): unknown =>
    vscode.workspace.getConfiguration('earmark').inspect<unknown>(name)?.globalValue,
  nodePath: (): string => read('daemon.nodePath', Text, ''),

  notesEnabled(scope?: vscode.Uri): boolean {
    const found = vscode.workspace
      .getConfiguration('earmark', scope)
      .inspect<unknown>('notes.enabled');
    return notesWanted({
      user: found?.globalValue,
      workspace: found?.workspaceFolderValue ?? found?.workspaceValue,
    });
  },

  /** The origin of the folder matters: a workspace may only name a folder inside itself. */
  notesFolder(scope?: vscode.Uri): FolderSetting {
    const found = vscode.workspace
      .getConfiguration('earmark', scope)
      .inspect<unknown>('notes.folder');
    const text = (value: unknown): string | undefined =>
      typeof value === 'string' ? value : undefined;
    const user = text(found?.globalValue);
    const workspace = text(found?.workspaceFolderValue) ?? text(found?.workspaceValue);
    return {
      ...(user === undefined ? {} : { user }),
      ...(workspace === undefined ? {} : { workspace }),
    };
  },

  /** If there are too many words, the newest stay. */
  addWord(word: string): Promise<number> {
    return this.addWords([word]);
  },

  /**
   * Adds words to the user's vocabulary, up to its limit.
   * @returns number of words that were new
   */
  async addWords(words: readonly string[]): Promise<number> {
    const all = vscode.workspace.getConfiguration('earmark');
    const mine = all.inspect<unknown[]>('speech.vocabulary')?.globalValue ?? [];
    const taken = words.slice(0, VOCABULARY_MAX);
    await all.update(
      'speech.vocabulary',
      [...mine.filter((one) => typeof one !== 'string' || !taken.includes(one)), ...taken].slice(
        -VOCABULARY_MAX,
      ),
      vscode.ConfigurationTarget.Global,
    );
    return taken.filter((word) => !mine.includes(word)).length;
  },

  write: (
    key:
      | 'audio.microphone'
      | 'audio.systemAudio'
      | 'speech.model'
      | 'speech.provider'
      | 'speech.dictationModel'
      | 'speech.meetingModel',
    value: string,
  ): Thenable<void> =>
    vscode.workspace
      .getConfiguration('earmark')
      .update(key, value === '' ? undefined : value, vscode.ConfigurationTarget.Global),
};
