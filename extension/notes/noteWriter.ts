/**
 * Keeps the note of the shown meeting up to date while this window holds its lease. The daemon
 * plans the content. This class decides when and where to write. If the folder refuses a write, the
 * user sees a notice and the meeting continues.
 */
import { homedir } from 'node:os';
import * as vscode from 'vscode';
import { EarmarkError } from '../../protocol/errors';
import {
  NotesLease,
  NotesLeaseFree,
  NotesName,
  NotesPlan,
  NotesRelease,
} from '../../protocol/notes';
import type { SessionEvent } from '../../protocol/session';
import type { NoteTemplate } from '../../protocol/templates';
import type { Connection } from '../../client';
import type { Daemon } from '../daemon/daemon';
import { isOver, type Meeting, type MeetingState } from '../meeting/meeting';
import { currentFolder } from '../meeting/workspaceInfo';
import type { PanelModel } from '../panel/panelModel';
import { settings } from '../settings/settings';
import { makeFolder, refuseLinks, updateNote } from './noteFiles';
import { noteFolder } from './noteFolder';
import { NoteScheduler, type WriteResult } from './noteScheduler';

const NOTICE = 'note';

interface Note {
  readonly model: PanelModel;
  readonly scheduler: NoteScheduler;
  uri: vscode.Uri | undefined;
  leased: boolean;
  /** Template of the note, once it is known. */
  template: NoteTemplate | undefined;
}

/** Name of the template in a note's front matter. */
const TEMPLATE = /^---\r?\n(?:[^\n]*\n){0,20}?template: "?([^"\r\n]{1,60})"?\r?\n/;

export class NoteWriter implements vscode.Disposable {
  private note: Note | undefined;
  private readonly found = new vscode.EventEmitter<vscode.Uri | undefined>();
  /** Fires when the shown meeting gets a note or has none. */
  readonly onDidFindNote = this.found.event;
  private readonly subscriptions: vscode.Disposable[];

  constructor(
    private readonly daemon: Daemon,
    meeting: Meeting,
    /** Folder for notes if no workspace folder is open. */
    private readonly storage: vscode.Uri,
    private readonly log: vscode.LogOutputChannel,
    private readonly onDidNotice: () => void,
  ) {
    this.subscriptions = [
      meeting.onDidChangeState(({ to }) => this.show(to)),
      meeting.onDidReceive((event) => this.receive(event)),
      // A box ticked in the note is ticked in the session. Lines inserted during the save are saved
      // too.
      vscode.workspace.onDidSaveTextDocument(
        (document) =>
          document.uri.toString() === this.uri?.toString() && this.note?.scheduler.changed(),
      ),
      vscode.workspace.onDidChangeConfiguration(
        (event) => event.affectsConfiguration('earmark.notes') && this.moved(),
      ),
    ];
    daemon.onDidMake((connection) => this.listen(connection));
  }

  /** File of the shown meeting's note, after it was written. */
  get uri(): vscode.Uri | undefined {
    return this.note?.uri;
  }

  /** Writes the current state, for a user who opens the note. */
  async flush(): Promise<vscode.Uri | undefined> {
    await this.note?.scheduler.flush();
    return this.uri;
  }

  /** Gives the note of the shown meeting the sections of a template. */
  async arrange(sessionId: string, template: NoteTemplate): Promise<void> {
    if (this.note?.model.id !== sessionId) return;
    this.note.template = template;
    this.note.scheduler.changed();
    await this.note.scheduler.flush();
  }

  private listen(connection: Connection): void {
    this.subscriptions.push(
      connection.onNotification(NotesLeaseFree, ({ sessionId }) => {
        if (this.note?.model.id === sessionId) this.note.scheduler.changed();
      }),
      // The lease ended with the old connection.
      connection.onDidChangeState(({ to }) => {
        if (this.note === undefined || to.kind !== 'connected') return;
        this.note.leased = false;
        this.note.scheduler.changed();
      }),
    );
  }

  private show(state: MeetingState): void {
    if (state.kind === 'starting') return;
    const model = state.kind === 'shown' ? state.model : undefined;
    if (model === this.note?.model) return;
    this.release();
    if (
      model === undefined ||
      model.info.kind !== 'meeting' ||
      !settings.notesEnabled(currentFolder()?.uri)
    ) {
      this.found.fire(undefined);
      return;
    }
    const note: Note = {
      model,
      uri: undefined,
      leased: false,
      template: undefined,
      scheduler: new NoteScheduler(() => this.write(note), {
        now: () => Date.now(),
        after: (ms, run) => {
          const timer = setTimeout(run, ms);
          return () => clearTimeout(timer);
        },
      }),
    };
    this.note = note;
    this.found.fire(undefined);
    note.scheduler.changed();
  }

  private receive(event: SessionEvent): void {
    if (this.note === undefined || !('seq' in event)) return;
    if (event.kind === 'state' && isOver(event.to)) void this.note.scheduler.flush();
    else this.note.scheduler.changed();
  }

  /** The folder setting changed. The next write uses the new folder. */
  private moved(): void {
    if (this.note === undefined || isOver(this.note.model.state)) return;
    this.note.uri = undefined;
    void this.note.scheduler.flush();
  }

  private async write(note: Note): Promise<WriteResult> {
    const sessionId = note.model.id;
    try {
      const connection = await this.daemon.ready();
      if (!note.leased) note.leased = (await connection.request(NotesLease, { sessionId })).granted;
      // Another window writes the note. This window receives an event when that window is gone.
      if (!note.leased) return { kind: 'written' };
      const uri = note.uri ?? (await this.place(connection, sessionId));
      const result = await updateNote(
        uri,
        async (text, look) =>
          (
            await connection.request(NotesPlan, {
              sessionId,
              text,
              fillers: settings.noteFillers(uri),
              ...(await templateOf(note, text)),
              ...(look === true ? { look } : {}),
            })
          ).edits,
      );
      if (result.kind === 'failed') throw new Error('The document was not saved.');
      if (note.uri === undefined && result.kind === 'written') {
        note.uri = uri;
        if (this.note === note) this.found.fire(uri);
        this.log.info('note.written');
      }
      note.model.dismiss(NOTICE);
      this.onDidNotice();
      return result;
    } catch (error) {
      return this.failed(note, error);
    }
  }

  private failed(note: Note, error: unknown): WriteResult {
    const code = error instanceof EarmarkError ? error.code : 'note.unwritable';
    this.log.warn('note.failed', {
      code,
      reason:
        error instanceof vscode.FileSystemError
          ? error.code
          : error instanceof Error
            ? error.name
            : 'unknown',
    });
    if (code === 'note.leaseLost') {
      note.leased = false;
      return { kind: 'stale' };
    }
    // The connection reports its own error. A deleted session has no note.
    if (code.startsWith('rpc.') || code === 'session.notFound')
      return { kind: code === 'session.notFound' ? 'written' : 'failed' };
    const text =
      code === 'note.tooLarge' && error instanceof Error
        ? error.message
        : vscode.l10n.t(
            'Cannot write the note; the meeting continues. Make its folder writable or select another.',
          );
    note.model.notify({
      id: NOTICE,
      severity: 'warning',
      text,
      action: { label: vscode.l10n.t('Open Settings'), command: 'openSettings' },
    });
    this.onDidNotice();
    return { kind: 'failed' };
  }

  private async place(connection: Connection, sessionId: string): Promise<vscode.Uri> {
    const { fileName } = await connection.request(NotesName, { sessionId });
    const workspace = currentFolder();
    const where = noteFolder(settings.notesFolder(workspace?.uri), homedir());
    const folder =
      where.kind === 'absolute'
        ? vscode.Uri.file(where.path)
        : workspace === undefined
          ? vscode.Uri.joinPath(this.storage, 'notes')
          : vscode.Uri.joinPath(workspace.uri, where.path);
    if (where.refused !== undefined) {
      this.note?.model.notify({
        id: 'noteFolder',
        severity: 'warning',
        text: vscode.l10n.t(
          'The workspace sets a note folder outside the workspace. Using the folder from your user settings.',
        ),
        action: { label: vscode.l10n.t('Open Settings'), command: 'openSettings' },
      });
    }
    if (workspace !== undefined && where.kind === 'workspace')
      await refuseLinks(workspace.uri, where.path);
    await makeFolder(folder);
    return vscode.Uri.joinPath(folder, fileName);
  }

  private release(): void {
    const note = this.note;
    this.note = undefined;
    if (note === undefined) return;
    note.scheduler.dispose();
    if (note.leased)
      void this.daemon.existing
        ?.request(NotesRelease, { sessionId: note.model.id })
        .catch(() => this.log.info('note.releaseFailed'));
  }

  dispose(): void {
    this.release();
    for (const subscription of this.subscriptions) subscription.dispose();
    this.found.dispose();
  }
}

/** The template that the user chose, or the one that the note names. */
async function templateOf(note: Note, text: string): Promise<{ template?: NoteTemplate }> {
  const name = note.template === undefined ? TEMPLATE.exec(text)?.[1] : undefined;
  if (name !== undefined) {
    const { findTemplates } = await import('../writing/templates');
    const { templates } = await findTemplates();
    note.template = templates.find(({ template }) => template.name === name)?.template;
  }
  return note.template === undefined ? {} : { template: note.template };
}
