/**
 * Messages between the extension and the panel page. The page draws what it is told and decides nothing.
 * Posts to the page queue until it says `ready`. No Node types here; types only, so that the page stays small.
 */
import type { ModelStatus } from './models';
import type { Insight } from './insights';
import type { SessionState } from './session';
import type { Segment } from './transcript';
import type { SourceName } from './audio';

export interface PanelPartial {
  readonly source: SourceName;
  readonly phraseId: string;
  readonly speaker: string;
  readonly startMs: number;
  readonly stable: string;
  readonly unstable: string;
}

export interface PanelNotice {
  readonly id: string;
  readonly severity: 'info' | 'warning' | 'error';
  readonly text: string;
  /** Command the button runs, and its label. */
  readonly action?: { readonly label: string; readonly command: PanelCommand };
}

/** What the page may ask the extension to do by button; the extension maps each to a VS Code command. */
export type PanelCommand = 'start' | 'stop' | 'pause' | 'resume' | 'openNote' | 'showLogs' | 'openSettings' | 'pullModel' | 'giveConsent' | 'doctor' | 'retry' | 'rename' | 'showSession' | 'dismissNotices';

/** What the page shows. */
export type PanelView =
  /** Before the user agreed to recording. */
  | { readonly kind: 'consent'; /** What the user is told, a paragraph each; kept with the answer. */ readonly wording: readonly string[] }
  /** No daemon yet, or it failed. */
  | { readonly kind: 'offline'; readonly text: string; readonly canRetry: boolean }
  | { readonly kind: 'idle'; readonly lastSession?: { readonly id: string; readonly title: string; readonly startedAt: string }; /** Absent while no daemon runs: nobody asked it yet. */ readonly model?: ModelStatus }
  | PanelSession;

export interface PanelSession {
  readonly kind: 'session';
  readonly id: string;
  readonly title: string;
  readonly state: SessionState;
  /** ISO 8601; the page shows the running time from it. */
  readonly startedAt: string;
  readonly durationMs: number;
  readonly sources: readonly SourceName[];
  /** Sources that give nothing or pure zeros. */
  readonly silent: readonly SourceName[];
  readonly segments: readonly Segment[];
  readonly partials: readonly PanelPartial[];
  /** Actions, decisions, risks, questions and the summary's sentences, in order of time. */
  readonly insights: readonly Insight[];
  readonly notices: readonly PanelNotice[];
  /** One line in words: "Moonshine tiny, 18× faster than real time". */
  readonly health: string;
}

/** Extension → page. */
export type ToPanel =
  | { readonly type: 'view'; readonly view: PanelView }
  /** Changes to the shown session; ignored when `id` is not the shown one. */
  | {
      readonly type: 'patch';
      readonly id: string;
      readonly segments?: readonly Segment[];
      /** The whole list of open phrases. */
      readonly partials?: readonly PanelPartial[];
      readonly insights?: readonly Insight[];
      readonly removedInsights?: readonly string[];
      readonly state?: SessionState;
      readonly durationMs?: number;
      readonly notices?: readonly PanelNotice[];
      readonly health?: string;
      readonly title?: string;
      readonly silent?: readonly SourceName[];
    }
  | { readonly type: 'levels'; readonly levels: readonly { readonly source: SourceName; readonly rmsDb: number; readonly speech: boolean }[] }
  | { readonly type: 'reveal'; readonly segmentId: string };

/** Page → extension. */
export type FromPanel =
  | { readonly type: 'ready' }
  /** `argument` is the session for `showSession`. */
  | { readonly type: 'command'; readonly command: PanelCommand; readonly argument?: string }
  | { readonly type: 'reviseInsight'; readonly insightId: string; readonly status?: 'open' | 'done' | 'dismissed'; readonly text?: string }
  | { readonly type: 'reviseSegment'; readonly segmentId: string; readonly text?: string; readonly speaker?: string }
  /** The person chooses what the card becomes. */
  | { readonly type: 'useInsight'; readonly insightId: string }
  | { readonly type: 'copy'; readonly text: string };
