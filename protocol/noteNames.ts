/**
 * Names that the window, its activation and the language server of notes share. No schemas, so that
 * activation stays light.
 */

/** File name suffix of notes. */
export const NOTE_SUFFIX = '.earmark.md';

/**
 * Commands of code lenses and hovers; the extension runs them. Arguments: the note's URI, then the
 * value below.
 */
export const NOTE_COMMANDS = {
  /** Milliseconds since session start. */
  play: 'earmark.playFromNote',
  /** Line of the item. */
  toggle: 'earmark.toggleNoteItem',
  /** No value. */
  write: 'earmark.writeNotes',
  /** Line of the item, `DeriveForm`. */
  derive: 'earmark.deriveFromNote',
  /** Line of the item. */
  handToAgent: 'earmark.handToAgent',
  /** Line of the item. */
  issue: 'earmark.createIssue',
  /** Line of the section's heading. */
  use: 'earmark.useNoteItem',
} as const;
