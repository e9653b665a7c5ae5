/**
 * Messages to the extension, and state that survives hiding the page: which panes are open, never
 * transcript text.
 */
import type { FromPanel, PanelCommand } from '../protocol/panel';

interface PanelState {
  readonly collapsed: readonly string[];
  readonly everyWord: boolean;
}
interface VsCodeApi {
  postMessage(message: FromPanel): void;
  getState(): unknown;
  setState(state: PanelState): void;
}
declare function acquireVsCodeApi(): VsCodeApi;

const api = acquireVsCodeApi();

export const post = (message: FromPanel): void => api.postMessage(message);

export const command = (name: PanelCommand, argument?: string): void =>
  post({ type: 'command', command: name, ...(argument === undefined ? {} : { argument }) });

/** Panes that are collapsed until the user opens them. */
const CLOSED_AT_FIRST: readonly string[] = ['question', 'risk'];

export function collapsed(): Set<string> {
  const state = api.getState() as Partial<PanelState> | undefined;
  return new Set(Array.isArray(state?.collapsed) ? state.collapsed : CLOSED_AT_FIRST);
}

export const keepCollapsed = (panes: ReadonlySet<string>): void =>
  api.setState({ collapsed: [...panes], everyWord: everyWord() });

/** True if the transcript shows filler words and unfinished words. */
export const everyWord = (): boolean =>
  (api.getState() as Partial<PanelState> | undefined)?.everyWord === true;

export const keepEveryWord = (on: boolean): void =>
  api.setState({ collapsed: [...collapsed()], everyWord: on });
