/**
 * Notes by a language model: the offer after a meeting, the user's choice, the work with its
 * progress, and its result. Entry of a bundle of its own.
 */
import * as vscode from 'vscode';
import type { ModelLevel } from '../../protocol/languageModel';
import type { PanelWriter, PanelWriting } from '../../protocol/panel';
import type { NoteTemplate } from '../../protocol/templates';
import { setTranslator } from '../l10n';
import { EditorModels, modelIdOf, vendorName } from './editorModels';
import { DECLINED_KEY } from './declinedKey';
import type { Levels, LocalModel, Step, Target, Written, WritingHost } from './host';
import { costText, gigabytes, levelText, localText } from './panelText';
import { findTemplates } from './templates';

const SERVER = 'server';
const SET_UP = 'setUp';
const WRITTEN_KEY = 'writing.written';
/** Sessions whose notes a model wrote; the oldest is forgotten first. */
const MAX_WRITTEN = 100;

type Result = Extract<PanelWriting, { kind: 'written' }>;

interface Choice extends PanelWriter {
  readonly model?: vscode.LanguageModelChat;
  readonly local?: LocalModel;
}

/** Work on one session. */
interface Work {
  readonly sessionId: string;
  readonly model: string;
  readonly cancel: AbortController;
  step: Step | undefined;
  /** True while the model is fetched. */
  fetching?: boolean;
}

export class NoteWriting {
  readonly models: EditorModels;
  private work: Work | undefined;
  private readonly results = new Map<string, Result | { kind: 'failed'; text: string }>();
  /** Sessions whose offer the user opened again. */
  private readonly opened = new Set<string>();
  private choices: readonly Choice[] = [];
  private known = false;

  constructor(private readonly host: WritingHost) {
    this.models = new EditorModels(host);
  }

  /** Reads the models again and draws the panel. */
  async refresh(): Promise<void> {
    this.choices = await this.list();
    this.known = true;
    this.host.changed();
  }

  /** Block of the panel below an ended meeting; undefined for nothing. */
  view(): PanelWriting | undefined {
    const id = this.host.meeting()?.id;
    if (id === undefined || !this.known) return undefined;
    if (this.work?.sessionId === id) return { kind: 'writing', text: this.stepText(this.work) };
    const result = this.results.get(id);
    if (result !== undefined && !this.opened.has(id)) return result;
    if (!this.opened.has(id)) {
      if (this.written().includes(id) || this.host.settings.useEditorModel())
        return { kind: 'again' };
      if (this.host.memory.get(DECLINED_KEY) === true) return undefined;
    }
    return {
      kind: 'offer',
      again: this.written().includes(id),
      writers: this.choices.map(({ model: _, local: __, ...writer }) => writer),
    };
  }

  /** Takes a button of the panel; `argument` is the id of a writer. */
  async run(command: string, argument?: string): Promise<void> {
    const id = this.host.meeting()?.id;
    if (command === 'cancelNotes') this.work?.cancel.abort();
    else if (id === undefined) return;
    else if (command === 'declineNotes') await this.decline(id);
    else if (command === 'writeAgain') {
      this.opened.add(id);
      await this.refresh();
    } else if (argument === undefined) await this.pick(id);
    else {
      const choice = this.choices.find((one) => one.id === argument);
      if (choice) await this.choose(id, choice);
    }
  }

  /** Lets the user select a template, then a model or none, for the command of that name. */
  async pickTemplate(sessionId: string): Promise<void> {
    const { templates, faults } = await findTemplates();
    if (faults.length > 0) void vscode.window.showWarningMessage(faults.join(' '));
    const picked = await vscode.window.showQuickPick(
      templates.map(({ template, uri }) => ({
        label: template.title,
        description: uri === undefined ? '' : vscode.workspace.asRelativePath(uri),
        detail: template.sections.map(({ title }) => title).join(', '),
        template,
      })),
      {
        title: vscode.l10n.t('Write Again with Template'),
        placeHolder: vscode.l10n.t('Select a template'),
      },
    );
    if (picked) await this.pick(sessionId, picked.template);
  }

  /** Lets the user select a model, for the command of the palette and of the note. */
  async pick(sessionId: string, template?: NoteTemplate): Promise<void> {
    await this.refresh();
    const notNow = vscode.l10n.t('Not Now');
    const arrange = vscode.l10n.t('Arrange the Sections Only');
    const picked = await vscode.window.showQuickPick(
      [
        ...(template === undefined
          ? []
          : [
              {
                label: arrange,
                description: '',
                detail: vscode.l10n.t(
                  'No language model: the same items in the sections of the template.',
                ),
                choice: undefined,
              },
            ]),
        ...this.choices.map((choice) => ({
          label: choice.label,
          description: choice.level ?? '',
          detail: choice.destination,
          choice,
        })),
        ...(template === undefined
          ? [{ label: notNow, description: '', detail: '', choice: undefined }]
          : []),
      ],
      {
        title: vscode.l10n.t('Write Better Notes'),
        placeHolder: vscode.l10n.t('Select a language model'),
      },
    );
    if (picked?.choice) await this.choose(sessionId, picked.choice, template);
    else if (picked && template) await this.host.arrange(sessionId, template);
    else if (picked) await this.decline(sessionId);
  }

  progress(step: Step): void {
    if (this.work?.sessionId !== step.sessionId) return;
    this.work.step = step;
    this.host.changed();
  }

  private async decline(sessionId: string): Promise<void> {
    this.opened.delete(sessionId);
    await this.host.memory.update(DECLINED_KEY, true);
    this.host.changed();
  }

  private async choose(
    sessionId: string,
    { id, model, local, name, label }: Choice,
    template?: NoteTemplate,
  ): Promise<void> {
    if (id === SET_UP) {
      await vscode.commands.executeCommand('workbench.action.openSettings', 'earmark.llm.endpoint');
      return;
    }
    if (model) {
      const consent = await this.models.consent(model);
      if (consent === undefined) return;
      if (consent === 'always') await this.host.settings.useAlways(model.id);
      await this.models.offer(model);
    }
    if (local && !local.installed && !(await this.mayFetch(local, label))) return;
    await this.write(sessionId, name, model ? { model: 'editor' } : targetOf(local), {
      local,
      template,
    });
  }

  private async mayFetch(local: LocalModel, label: string): Promise<boolean> {
    const fetch = vscode.l10n.t('Download');
    const answer = await vscode.window.showInformationMessage(
      `${label}?`,
      { modal: true, detail: localText(local) },
      fetch,
    );
    return answer === fetch;
  }

  private async write(
    sessionId: string,
    model: string,
    target: Target,
    {
      local,
      template,
    }: { readonly local: LocalModel | undefined; readonly template: NoteTemplate | undefined },
  ): Promise<void> {
    this.work?.cancel.abort();
    const work: Work = { sessionId, model, cancel: new AbortController(), step: undefined };
    this.work = work;
    this.host.changed();
    try {
      await vscode.window.withProgress(
        { location: vscode.ProgressLocation.Window, title: vscode.l10n.t('Earmark writes notes') },
        async () => {
          if (local && !local.installed) await this.fetch(local, work);
          const { signal } = work.cancel;
          const written = await this.host.daemon.write(sessionId, target, signal, template);
          if (template) await this.host.arrange(sessionId, template);
          await this.remember(sessionId);
          this.results.set(sessionId, resultOf(model, written));
        },
      );
    } catch (error) {
      if (!work.cancel.signal.aborted)
        this.results.set(sessionId, { kind: 'failed', text: this.host.errorText(error) });
    } finally {
      if (this.work === work) this.work = undefined;
      if (!work.cancel.signal.aborted) this.opened.delete(sessionId);
      await this.models.offerChosen().catch(() => undefined);
      await this.refresh();
    }
  }

  private async fetch({ id }: LocalModel, work: Work): Promise<void> {
    work.fetching = true;
    this.host.changed();
    await this.host.daemon.pull(id, work.cancel.signal);
    work.fetching = false;
    this.host.changed();
  }

  private written(): readonly string[] {
    return this.host.memory.get<string[]>(WRITTEN_KEY) ?? [];
  }

  private async remember(sessionId: string): Promise<void> {
    const others = this.written().filter((id) => id !== sessionId);
    await this.host.memory.update(WRITTEN_KEY, [...others, sessionId].slice(-MAX_WRITTEN));
  }

  private async list(): Promise<readonly Choice[]> {
    if (this.host.settings.remoteUrl() !== '') return [];
    const levels: Levels = await this.host.daemon.levels().catch(() => ({ levels: [], local: [] }));
    const levelOf = (id: string): ModelLevel | undefined =>
      levels.levels.find(({ modelId }) => modelId === id)?.level;
    const models = await this.models.all();
    return [
      ...models.map((model) => ({
        id: `${model.vendor}/${model.id}`,
        name: model.name,
        label: model.name,
        level: levelText(levelOf(`editor/${modelIdOf(model)}`)),
        destination: vscode.l10n.t('The transcript goes to {0}.', vendorName(model)),
        model,
      })),
      ...offeredLocal(levels.local).map((local) => ({
        id: local.modelId,
        name: local.name,
        label: local.installed
          ? local.name
          : vscode.l10n.t('Download {0} ({1})', local.name, gigabytes(local.bytes)),
        level: levelText(levelOf(local.modelId)),
        destination: localText(local),
        local,
      })),
      levels.server
        ? {
            id: SERVER,
            name: levels.server.name,
            label: vscode.l10n.t('Your server'),
            level: levelText(levelOf(levels.server.modelId)),
            destination: vscode.l10n.t(
              'The transcript goes to the address in your settings: {0}.',
              hostOf(levels.server.modelId),
            ),
          }
        : {
            id: SET_UP,
            name: '',
            label: vscode.l10n.t('Use Your Own Server…'),
            destination: vscode.l10n.t(
              'Such as Ollama. The transcript goes to the address that you set.',
            ),
          },
    ];
  }

  private stepText({ model, step, fetching }: Work): string {
    if (fetching === true) return vscode.l10n.t('{0} is being downloaded.', model);
    switch (step?.step) {
      case undefined:
      case 'exam':
        return vscode.l10n.t('{0} gets five test questions first.', model);
      case 'reading':
        return vscode.l10n.t('{0} reads part {1} of {2}.', model, step.done + 1, step.of);
      case 'summary':
        return vscode.l10n.t('{0} writes the summary.', model);
    }
  }
}

function resultOf(model: string, written: Written): Result {
  return {
    kind: 'written',
    text: `${vscode.l10n.t('Written with {0}.', model)} ${levelText(written.level)}`,
    costs: costText(written),
    ...(written.failure === undefined ? {} : { failure: written.failure }),
  };
}

function targetOf(local: LocalModel | undefined): Target {
  return local ? { model: 'local', modelId: local.id } : { model: 'server' };
}

/** Installed models; without one, the recommended model. */
function offeredLocal(all: readonly LocalModel[]): readonly LocalModel[] {
  const installed = all.filter((one) => one.installed);
  return installed.length > 0
    ? installed
    : all.filter(({ experimental }) => experimental !== true).slice(0, 1);
}

/** `server/HOST/MODEL` → `HOST`. */
const hostOf = (modelId: string): string => modelId.split('/')[1] ?? '';

export function startNoteWriting(host: WritingHost): NoteWriting {
  // This bundle has its own copy of the translator.
  setTranslator((message, ...args) => vscode.l10n.t(message, ...args));
  return new NoteWriting(host);
}
