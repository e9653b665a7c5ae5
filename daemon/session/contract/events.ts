/** Session records and durable events as the daemon holds them. */
import type { ErrorCode } from '../../../protocol/errors';
import type { Source } from '../../audio/frame';
import type { Insight } from '../../insights/types';
import type { DegradationLevel } from '../../degrade/degradation';
import type { Segment, Speaker } from '../../transcript/types';
import type { Revision } from '../../transcript/revision';
import type { SessionState, WarningCode } from '../../../protocol/vocabulary';
import type { SourceConfig, SpeechEvent } from '../../speech/contract';

/** Warnings about a recorder, which the machine that records can report. */
export type RecorderWarningCode = 'source.silent' | 'source.lost';

export interface SessionRecord {
  readonly id: string;
  readonly key?: string;
  readonly kind: 'meeting' | 'dictation' | 'file';
  readonly title: string;
  readonly state: SessionState;
  /** ISO 8601 with offset. */
  readonly startedAt: string;
  /**
   * Creation time on this machine, milliseconds since the epoch; event times count from it. For a
   * recording, `startedAt` may be an earlier day.
   */
  readonly createdMs?: number;
  readonly durationMs: number;
  readonly sources: readonly SourceConfig[];
  readonly language: string;
  readonly provider: string;
  readonly model: string;
  /** As in EngineRequest. */
  readonly vocabulary?: readonly string[];
  readonly translate?: boolean;
  /** Audio arrives at the speed of speech, so delays are visible. */
  readonly live: boolean;
  /** Send partials of open phrases; only for live sessions. */
  readonly partials: boolean;
  readonly insights: boolean;
  readonly diarize?: boolean;
  readonly ephemeral: boolean;
  readonly keepAudio: boolean;
  /** Network user that owns the session; absent for the local user. */
  readonly owner?: string;
  readonly workspace?: {
    readonly folder?: string;
    readonly repository?: string;
    readonly branch?: string;
    readonly commit?: string;
  };
  readonly consent?: { readonly by: string; readonly at: string; readonly wording: string };
}

export type DurableEventBody =
  | {
      readonly kind: 'state';
      readonly from: SessionState;
      readonly to: SessionState;
      readonly cause: string;
    }
  | { readonly kind: 'final'; readonly segment: Segment }
  | { readonly kind: 'revision'; readonly revision: Revision }
  | { readonly kind: 'speaker'; readonly speaker: Speaker }
  | {
      readonly kind: Insight['kind'];
      readonly op: 'add' | 'update' | 'remove';
      readonly insight: Insight;
    }
  | {
      readonly kind: 'warning';
      readonly code: WarningCode;
      readonly message: string;
      readonly source?: Source;
    }
  | { readonly kind: 'error'; readonly code: ErrorCode; readonly message: string };

export type DurableEvent = DurableEventBody & { readonly seq: number; readonly time: number };

export type TransientEventBody =
  | SpeechEvent
  | {
      readonly kind: 'health';
      readonly provider: string;
      readonly model: string;
      readonly rtf: number;
      readonly rtfP95: number;
      readonly rtfP99: number;
      readonly rssBytes: number;
      readonly queueMs: number;
      readonly dropped: number;
      readonly rejected: number;
      readonly degradationLevel: DegradationLevel;
      /** The store refuses writes; events wait in memory. */ readonly unwritten?: boolean;
    };

export type TransientEvent = TransientEventBody & {
  readonly afterSeq: number;
  readonly time: number;
};

export type SessionEvent = DurableEvent | TransientEvent;
