/**
 * Messages between the extension and the panel page. The page draws what it is told and decides
 * nothing. Posts to the page queue until it says `ready`. No Node types here; types only, so that
 * the page stays small.
 */
import type { DegradationLevel } from './engine';
import type { ModelInfo, ModelStatus } from './models';
import type { Retention } from './privacy';
import type { Insight } from './insights';
import type { SessionState } from './session';
import type { Segment } from './transcript';
import type { SourceName } from './audio';
import type { UploadInfo } from './uploads';
import type { Voiceprint } from './voices';

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
  readonly action?: {
    readonly label: string;
    readonly command: PanelCommand;
    readonly argument?: string;
  };
}

/**
 * What the page may ask the extension to do by button; the extension maps each to a VS Code
 * command.
 */
export type PanelCommand =
  | 'start'
  | 'stop'
  | 'pause'
  | 'resume'
  | 'openNote'
  | 'showLogs'
  | 'openSettings'
  | 'pullModel'
  | 'giveConsent'
  | 'doctor'
  | 'retry'
  | 'rename'
  | 'showSession'
  | 'dismissNotices'
  | 'export'
  | 'back'
  | 'storage'
  | 'models'
  | 'openFolder'
  | 'purgeAll'
  | 'calibrate'
  | 'history'
  | 'isVoice'
  | 'notVoice'
  | 'forgetVoice'
  | 'transcribeHere'
  | 'discardUpload';

/** What the page shows. */
export type PanelView =
  /** Before the user agreed to recording. */
  | {
      readonly kind: 'consent';
      /** What the user is told, a paragraph each; kept with the answer. */ readonly wording: readonly string[];
    }
  /** No daemon yet, or it failed. */
  | { readonly kind: 'offline'; readonly text: string; readonly canRetry: boolean }
  | {
      readonly kind: 'idle';
      readonly lastSession?: {
        readonly id: string;
        readonly title: string;
        readonly startedAt: string;
      };
      /** Absent while no daemon runs: nobody asked it yet. */ readonly model?: ModelStatus;
      readonly notices?: readonly PanelNotice[];
    }
  | PanelStorage
  | PanelModels
  | PanelSession;

/** What is kept, and for how long. */
export interface PanelStorage {
  readonly kind: 'storage';
  /** Undefined while the daemon was not asked yet. */
  readonly kept?: {
    readonly folder: string;
    readonly databaseBytes: number;
    readonly audioBytes: number;
    readonly modelBytes: number;
    readonly logBytes: number;
    readonly encrypted: boolean;
    readonly sessions: number;
    readonly oldest?: string | undefined;
  };
  /** Recordings that a daemon elsewhere has not confirmed. */
  readonly uploads: readonly UploadInfo[];
  /** People whose voices are kept. */
  readonly voices: readonly Voiceprint[];
  readonly retention: Retention;
  /** Whether new meetings keep their audio. */
  readonly keepAudio: boolean;
  /**
   * Where else what is said goes: addresses of remote engines, language models, daemons that the
   * user set.
   */
  readonly elsewhere: readonly string[];
}

export interface PanelModels {
  readonly kind: 'models';
  /** The engine and how it is, in words; a line each. Empty while the daemon was not asked yet. */
  readonly engine: readonly string[];
  readonly degradationLevel: DegradationLevel;
  /** The machine and what was measured on it, in words. */
  readonly machine: readonly string[];
  readonly models: readonly ModelInfo[];
  /** Something is being done with a model, or, without one, the machine is measured. */
  readonly busy?: { readonly modelId?: string; readonly text: string };
}

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
  /** What those are called who have no name yet, by their label. */
  readonly called: Readonly<Record<string, string>>;
  /** One line in words: "Moonshine tiny, 18× faster than real time". */
  readonly health: string;
  /** Its audio is kept: a click on a word plays it. */
  readonly playable: boolean;
}

export type ModelAction = 'pull' | 'verify' | 'update' | 'rollback' | 'remove' | 'use';

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
      readonly called?: Readonly<Record<string, string>>;
    }
  | {
      readonly type: 'levels';
      readonly levels: readonly {
        readonly source: SourceName;
        readonly rmsDb: number;
        readonly speech: boolean;
      }[];
    }
  | { readonly type: 'reveal'; readonly segmentId: string }
  /**
   * Audio to play now, after what is playing where `follows`; empty `pcm` ends it. Mono s16le of 16
   * kHz as base64.
   */
  | {
      readonly type: 'audio';
      readonly pcm: string;
      readonly startMs: number;
      readonly endMs: number;
      readonly follows: boolean;
    };

/** Page → extension. */
export type FromPanel =
  | { readonly type: 'ready' }
  /**
   * `argument` is the session for `showSession`, the speaker for `isVoice` and `notVoice`, whose
   * voice it is for `forgetVoice` (absent: everybody's), the upload for `transcribeHere` and
   * `discardUpload`.
   */
  | { readonly type: 'command'; readonly command: PanelCommand; readonly argument?: string }
  | {
      readonly type: 'reviseInsight';
      readonly insightId: string;
      readonly status?: 'open' | 'done' | 'dismissed';
      readonly text?: string;
      readonly owner?: string;
    }
  | {
      readonly type: 'reviseSegment';
      readonly segmentId: string;
      readonly text?: string;
      readonly speaker?: string;
    }
  /** Plays from a letter of a segment (offset in UTF-16 units). */
  | { readonly type: 'play'; readonly segmentId: string; readonly offset: number }
  /** What is playing ends soon: what comes next. */
  | { readonly type: 'playOn'; readonly fromMs: number }
  /**
   * The person names who spoke here; with `name`, it is whom the page suggested, and nothing is
   * asked.
   */
  | { readonly type: 'nameSpeaker'; readonly segmentId: string; readonly name?: string }
  | { readonly type: 'retention'; readonly what: keyof Retention; readonly days?: number }
  | { readonly type: 'model'; readonly modelId: string; readonly action: ModelAction }
  /** The person chooses what the card becomes. */
  | { readonly type: 'useInsight'; readonly insightId: string }
  | { readonly type: 'copy'; readonly text: string };
