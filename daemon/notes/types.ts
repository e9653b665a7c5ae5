/**
 * Types of the notes room: the document of a session, the plan that updates a note, and the input
 * of the exports.
 *
 * Functions of this room:
 * - `planNote(currentText, document): NotePlan` in `planNote.ts`; `applyEdits(text, edits)` in
 *   `edits.ts`
 * - `noteFileName(title, startedAt): string` in `fileName.ts`
 * - `renderExport(format, sessions): string` in `exports.ts`
 */
import type { RenderableInsight } from '../insights/text/render';
import type { Insight } from '../insights/types';
import type { NoteTemplate } from '../../protocol/templates';
import type { Segment } from '../transcript/types';

/** Content of a session's note. */
export interface NoteDocument {
  readonly sessionId: string;
  readonly title: string;
  /** ISO 8601 with offset. */
  readonly startedAt: string;
  readonly branch?: string | undefined;
  readonly commit?: string | undefined;
  /** Speaker names in the order of their first segments. Read from the segments if absent. */
  readonly participants?: readonly string[] | undefined;
  /** In any order; hidden segments are left out of the note. */
  readonly segments: readonly Pick<
    Segment,
    'id' | 'startMs' | 'speaker' | 'alsoSpeaking' | 'text' | 'hidden'
  >[];
  readonly insights: readonly Insight[];
  /** Hides or shows fillers, repeated and broken-off words in the transcript; absent hides them. */
  readonly fillers?: 'hide' | 'show' | undefined;
  /** Sections and their order; all kinds in the usual order if absent. */
  readonly template?: NoteTemplate | undefined;
}

/** Offsets are UTF-16 units of the given text, sorted by start, never overlapping. */
export interface NoteEdit {
  readonly start: number;
  readonly end: number;
  readonly newText: string;
}

export interface NotePlan {
  readonly edits: readonly NoteEdit[];
  /**
   * Boxes that the user ticked or cleared in the note. Apply them as a user's revision of the
   * insight.
   */
  readonly ticked: readonly { readonly insightId: string; readonly status: 'done' | 'open' }[];
}

/** A session for export. Accepts wire values. */
export interface ExportSession {
  /** File name from the command line; the session's title or id if there was no file. */
  readonly file: string;
  readonly title?: string | undefined;
  readonly startedAt?: string | undefined;
  readonly segments: readonly ExportSegment[];
  readonly speakers?:
    | readonly {
        readonly id: string;
        readonly name: string;
        readonly source: string;
        readonly turns?:
          readonly { readonly startMs: number; readonly endMs: number }[] | undefined;
      }[]
    | undefined;
  readonly insights?: readonly ExportInsight[] | undefined;
  readonly stats?: Readonly<Record<string, number>> | undefined;
}

export interface ExportSegment {
  readonly id: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly source: string;
  readonly speaker: string;
  readonly alsoSpeaking?: readonly string[] | undefined;
  readonly text: string;
  readonly confidence?: number | undefined;
  readonly hidden?: boolean | undefined;
  readonly words?:
    | readonly {
        readonly text: string;
        readonly startMs: number;
        readonly endMs: number;
        readonly confidence?: number | undefined;
        readonly timing: 'model' | 'estimated';
      }[]
    | undefined;
}

export interface ExportInsight extends RenderableInsight {
  readonly confidence: number;
  readonly evidence: Insight['evidence'];
  readonly symbols: readonly {
    readonly name: string;
    readonly uri?: string | undefined;
    readonly line?: number | undefined;
  }[];
  readonly entity?: Insight['entity'] | undefined;
  readonly edited?: boolean | undefined;
}
