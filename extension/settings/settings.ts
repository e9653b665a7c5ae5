/** The settings, read and checked: what does not fit counts as not set. Names and defaults stand in package.json. */
import * as vscode from 'vscode';
import { z } from 'zod';
import type { FolderSetting } from '../notes/noteFolder';

const Source = z.enum(['mic', 'system']);
export type MeetingSource = z.infer<typeof Source>;

function read<T extends z.ZodType>(key: string, schema: T, fallback: z.infer<T>, scope?: vscode.ConfigurationScope): z.infer<T> {
  const parsed = schema.safeParse(vscode.workspace.getConfiguration('earmark', scope).get(key));
  return parsed.success ? parsed.data : fallback;
}

const Address = z.union([z.literal(''), z.url({ protocol: /^https?$/ })]);
const Text = z.string().max(1000).transform((s) => s.trim());

export const settings = {
  meetingSources: (): MeetingSource[] => read('meeting.sources', z.array(Source).min(1).max(2), ['mic', 'system']),
  keepAudio: (): boolean => read('meeting.keepAudio', z.boolean(), false),
  askEveryMeeting: (): boolean => read('consent.askEveryMeeting', z.boolean(), false),
  notesEnabled: (scope?: vscode.Uri): boolean => read('notes.enabled', z.boolean(), true, scope),
  noteFillers: (scope?: vscode.Uri): 'hide' | 'show' => read('notes.fillers', z.enum(['hide', 'show']), 'hide', scope),
  openNoteOnStart: (): boolean => read('notes.openOnStart', z.boolean(), false),
  language: (): string => read('speech.language', Text, 'en'),
  provider: (): string => read('speech.provider', Text, ''),
  model: (): string => read('speech.model', Text, ''),
  /** What sessions are told of the words to come. Words that do not fit are left out, so that one does not cost the others. */
  wordHints(): { vocabulary?: string[]; translate?: true } {
    const vocabulary = this.vocabulary();
    return { ...(vocabulary.length === 0 ? {} : { vocabulary }), ...(read('speech.translate', z.boolean(), false) ? { translate: true } : {}) };
  },
  device: (): 'auto' | 'cpu' | 'gpu' => read('speech.device', z.enum(['auto', 'cpu', 'gpu']), 'auto'),
  microphone: (): string => read('audio.microphone', Text, ''),
  systemAudio: (): string => read('audio.systemAudio', Text, ''),
  vocabulary: (): string[] => read('speech.vocabulary', z.array(z.unknown()), []).filter((word): word is string => typeof word === 'string' && word.trim() !== '' && word.length <= 60).slice(0, 200),
  smartSpacing: (): boolean => read('dictation.smartSpacing', z.boolean(), true),
  modelsOffline: (): boolean => read('models.offline', z.boolean(), false),
  modelsMirror: (): string => read('models.mirror', Address, ''),
  modelsProxy: (): string => read('models.proxy', Address, ''),
  modelsMaxGigabytes: (): number => read('models.maxGigabytes', z.number().min(0.1), 0),
  modelsMaxUnusedDays: (): number => read('models.maxUnusedDays', z.number().min(1), 0),
  voxtralProgram: (): string => read('voxtral.program', Text, ''),
  openaiEndpoint: (): string => read('openai.endpoint', Address, ''),
  openaiModel: (): string => read('openai.model', Text, ''),
  llmEndpoint: (): string => read('llm.endpoint', Address, ''),
  llmModel: (): string => read('llm.model', Text, ''),
  llmConcurrency: (): number => read('llm.concurrency', z.number().int().min(1).max(16), 3),
  llmTimeoutSeconds: (): number => read('llm.timeoutSeconds', z.number().min(1).max(3600), 180),
  remoteUrl: (): string => read('remote.url', Text, ''),
  remoteFingerprint: (): string => read('remote.fingerprint', Text, ''),
  nodePath: (): string => read('daemon.nodePath', Text, ''),

  /** Who set the folder matters: a workspace may only name one inside itself. */
  notesFolder(scope?: vscode.Uri): FolderSetting {
    const found = vscode.workspace.getConfiguration('earmark', scope).inspect<unknown>('notes.folder');
    const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
    const user = text(found?.globalValue);
    const workspace = text(found?.workspaceFolderValue) ?? text(found?.workspaceValue);
    return { ...(user === undefined ? {} : { user }), ...(workspace === undefined ? {} : { workspace }) };
  },

  write: (key: 'audio.microphone' | 'audio.systemAudio' | 'speech.model' | 'speech.provider', value: string): Thenable<void> =>
    vscode.workspace.getConfiguration('earmark').update(key, value === '' ? undefined : value, vscode.ConfigurationTarget.Global),
};
