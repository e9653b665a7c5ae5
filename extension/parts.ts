/** The parts of the extension that its commands use. */
import { type SymbolIndex } from './code/symbolIndex';
import type { CommandName } from './commands/names';
import { type Daemon } from './daemon/daemon';
import { type EncryptionKey } from './daemon/encryptionKey';
import { type SignIn } from './daemon/signIn';
import { type Dictation } from './dictation/dictation';
import { type HistoryView } from './history/historyView';
import { type ConsentKeeper } from './meeting/consent';
import { type Meeting } from './meeting/meeting';
import { type NoteWriter } from './notes/noteWriter';
import { type Alerts } from './panel/alerts';
import { type ModelOffer } from './panel/modelOffer';
import { type PanelHost } from './panel/panelHost';
import { type Writing } from './writing/writing';
import type * as vscode from 'vscode';

/** Parts that the commands use. */
export interface Parts {
  readonly context: vscode.ExtensionContext;
  readonly log: vscode.LogOutputChannel;
  readonly daemon: Daemon;
  readonly key: EncryptionKey;
  readonly signIn: SignIn;
  /** Current alerts of the daemon. */
  readonly alerts: Alerts;
  readonly consent: ConsentKeeper;
  readonly meeting: Meeting;
  readonly dictation: Dictation;
  readonly index: SymbolIndex;
  readonly notes: NoteWriter;
  readonly writing: Writing;
  readonly panel: PanelHost;
  readonly history: HistoryView;
  readonly offer: ModelOffer;
}

export type Handlers = Partial<Record<CommandName, (...args: unknown[]) => Promise<void> | void>>;
