/**
 * Messages between the extension and the panel page. The page only renders received state. Posts to
 * the page queue until it sends `ready`. No Node types and no code, so that the page stays small.
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
  /** Command of the button, and its label. */
  readonly action?: {
    readonly label: string;
    readonly command: PanelCommand;
    readonly argument?: string;
  };
}

/** Button actions of the page; the extension maps each to a VS Code command. */
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
  | 'discardUpload'
  | 'writeNotes'
  | 'writeAgain'
  | 'declineNotes'
  | 'cancelNotes'
  | 'acceptOffer'
  | 'declineOffer';

/** View of the page. */
export type PanelView =
  /** Before consent to recording. */
  | {
      readonly kind: 'consent';
      /** Text of the consent, one string for each paragraph; stored with the answer. */ readonly wording: readonly string[];
    }
  /** The daemon does not run yet or has failed. */
  | { readonly kind: 'offline'; readonly text: string; readonly canRetry: boolean }
  | {
      readonly kind: 'idle';
      readonly lastSession?: {
        readonly id: string;
        readonly title: string;
        readonly startedAt: string;
      };
      /** Absent while no daemon runs. */ readonly model?: ModelStatus;
      readonly offer?: PanelOffer;
      readonly notices?: readonly PanelNotice[];
      /** Host of the remote daemon that recognises; absent for this machine. */
      readonly remote?: string;
    }
  | PanelStorage
  | PanelModels
  | PanelSession;

/** A language model that can write notes. */
export interface PanelWriter {
  readonly id: string;
  /** Name of the model, for sentences. */
  readonly name: string;
  /** Text of the button. */
  readonly label: string;
  /** Sentence that says where the transcript goes. */
  readonly destination: string;
  /** Result of the exam, in a sentence. */
  readonly level?: string;
}

/** Notes of the shown session by a language model. */
export type PanelWriting =
  | { readonly kind: 'offer'; readonly again: boolean; readonly writers: readonly PanelWriter[] }
  /** A model wrote the notes, or writes those of all meetings. */
  | { readonly kind: 'again' }
  | { readonly kind: 'writing'; readonly text: string }
  | { readonly kind: 'failed'; readonly text: string }
  | {
      readonly kind: 'written';
      readonly text: string;
      /** "2 requests, 12,400 tokens." */
      readonly costs: string;
      readonly failure?: string;
    };

/** A recommended model that is not installed. */
export interface PanelOffer {
  readonly modelId: string;
  readonly name: string;
  /** What the model brings, one line each. */
  readonly benefits: readonly string[];
  /** Source of the benefits, as a sentence; absent for a new language. */
  readonly basis?: string;
  /** Size of the download. */
  readonly bytes: number;
  /** Languages, licence, expected speed. */
  readonly facts: readonly string[];
  readonly notice?: string;
  /** While it downloads. */
  readonly progress?: { readonly receivedBytes: number; readonly totalBytes: number };
  /** Reason for a failed download, as a sentence. */
  readonly problem?: string;
}

/** Stored data and its retention. */
export interface PanelStorage {
  readonly kind: 'storage';
  /** Undefined until the daemon answers. */
  readonly kept?: {
    /** Absent for a remote daemon that others share. */
    readonly disk?:
      | {
          readonly folder: string;
          readonly databaseBytes: number;
          readonly audioBytes: number;
          readonly modelBytes: number;
          readonly logBytes: number;
        }
      | undefined;
    readonly encrypted: boolean;
    readonly sessions: number;
    readonly oldest?: string | undefined;
  };
  /** Upload copies that a remote daemon has not confirmed. */
  readonly uploads: readonly UploadInfo[];
  /** People with stored voiceprints. */
  readonly voices: readonly Voiceprint[];
  readonly retention: Retention;
  /** Only an administrator of the remote daemon may change it. */
  readonly retentionFixed?: boolean;
  /** True if new meetings keep their audio. */
  readonly keepAudio: boolean;
  /**
   * Other destinations of spoken text: addresses of remote engines, language models and daemons
   * from the settings.
   */
  readonly elsewhere: readonly string[];
}

export interface PanelModels {
  readonly kind: 'models';
  /** State of the engine in sentences, one string for each line. Empty until the daemon answers. */
  readonly engine: readonly string[];
  readonly degradationLevel: DegradationLevel;
  /** The machine and its measurements, in sentences. */
  readonly machine: readonly string[];
  readonly models: readonly ModelInfo[];
  /** Work on a model is in progress; without a model, the machine is being measured. */
  readonly busy?: { readonly modelId?: string; readonly text: string };
}

export interface PanelSession {
  readonly kind: 'session';
  readonly id: string;
  readonly title: string;
  readonly state: SessionState;
  /** ISO 8601; the page computes the elapsed time from it. */
  readonly startedAt: string;
  readonly durationMs: number;
  readonly sources: readonly SourceName[];
  /** Sources that deliver nothing or only zeros. */
  readonly silent: readonly SourceName[];
  readonly segments: readonly Segment[];
  readonly partials: readonly PanelPartial[];
  /** Actions, decisions, risks, questions and sentences of the summary, in order of time. */
  readonly insights: readonly Insight[];
  readonly notices: readonly PanelNotice[];
  /** Display names of unnamed speakers, by label. */
  readonly called: Readonly<Record<string, string>>;
  /** One line: "Moonshine tiny, 18× faster than real time". */
  readonly health: string;
  /** True if its audio is stored: a click on a word plays it. */
  readonly playable: boolean;
}

export type ModelAction = 'pull' | 'verify' | 'update' | 'rollback' | 'remove' | 'use';

/** Extension → page. */
export type ToPanel =
  | { readonly type: 'view'; readonly view: PanelView }
  /** Changes to the shown session; ignored if `id` is another session. */
  | {
      readonly type: 'patch';
      readonly id: string;
      readonly segments?: readonly Segment[];
      /** All open phrases. */
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
  /** Block about notes by a language model, for the session with that id. */
  | { readonly type: 'writing'; readonly id: string; readonly writing: PanelWriting | undefined }
  | { readonly type: 'reveal'; readonly segmentId: string }
  /**
   * Audio to play now, or after the current audio if `follows` is set; empty `pcm` ends it. Mono
   * s16le of 16 kHz as base64.
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
   * `argument`: the session for `showSession`; the speaker for `isVoice` and `notVoice`; the person
   * for `forgetVoice` (absent: all people); the upload for `transcribeHere` and `discardUpload`; the
   * model for `writeNotes`, `acceptOffer` and `declineOffer`.
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
  /** Plays from a character of a segment (offset in UTF-16 units). */
  | { readonly type: 'play'; readonly segmentId: string; readonly offset: number }
  /** The current audio ends soon: requests the next part. */
  | { readonly type: 'playOn'; readonly fromMs: number }
  /**
   * The user names the speaker of a segment; `name` is the accepted suggestion of the page, without
   * a further question.
   */
  | { readonly type: 'nameSpeaker'; readonly segmentId: string; readonly name?: string }
  | { readonly type: 'retention'; readonly what: keyof Retention; readonly days?: number }
  | { readonly type: 'model'; readonly modelId: string; readonly action: ModelAction }
  /** The user chooses the form of an insight. */
  | { readonly type: 'useInsight'; readonly insightId: string }
  | { readonly type: 'copy'; readonly text: string };
