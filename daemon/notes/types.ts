/**
 * What the note room works with: the document that a session makes, the plan that brings a note up
 * to date, and the input of the exports.
 *
 * Functions of this room:
 * - `planNote(currentText, document): NotePlan` in `planNote.ts`; `applyEdits(text, edits)` in
 *   `edits.ts`
 * - `noteFileName(title, startedAt): string` in `fileName.ts`
 * - `renderExport(format, sessions): string` in `exports.ts`
 */
import type { RenderableInsight } from '../insights/render';
import type { Insight } from '../insights/types';
import type { Segment } from '../transcript/types';

/** A session as its note shows it. */
export interface NoteDocument {
  readonly sessionId: string;
  readonly title: string;
  /** ISO 8601 with offset. */
  readonly startedAt: string;
  readonly branch?: string | undefined;
  readonly commit?: string | undefined;
  /** Names to show, in the order of their first words. Taken from the segments where absent. */
  readonly participants?: readonly string[] | undefined;
  /** Any order; hidden ones are left out of the note. */
  readonly segments: readonly Pick<Segment, 'id' | 'startMs' | 'speaker' | 'text' | 'hidden'>[];
  readonly insights: readonly Insight[];
  /** Fillers, repeated and broken-off words in the transcript; hidden where absent. */
  readonly fillers?: 'hide' | 'show' | undefined;
}

/** Offsets in UTF-16 units of the text that was given; sorted by start, never overlapping. */
export interface NoteEdit {
  readonly start: number;
  readonly end: number;
  readonly newText: string;
}

export interface NotePlan {
  readonly edits: readonly NoteEdit[];
  /**
   * Boxes that the person ticked or cleared in the note: pass them on as a person's revision of the
   * insight.
   */
  readonly ticked: readonly { readonly insightId: string; readonly status: 'done' | 'open' }[];
}

/** A session for export. Wire values fit as they are. */
export interface ExportSession {
  /** As given on the command line; the session's title or id where there was no file. */
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
  readonly text: string;
  readonly confidence: number;
  readonly hidden?: boolean | undefined;
  readonly words?:
    | readonly {
        readonly text: string;
        readonly startMs: number;
        readonly endMs: number;
        readonly confidence: number;
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
