/**
 * Names around notes that the window, its activation and the language server share. No schemas:
 * activation stays light.
 */

/** Ends of the file names of notes. */
export const NOTE_SUFFIX = '.earmark.md';

/**
 * Commands of code lenses and hovers, which the extension carries out. Arguments: the note's URI,
 * then what is named here.
 */
export const NOTE_COMMANDS = {
  /** Milliseconds since session start. */
  play: 'earmark.playFromNote',
  /** Line of the item. */
  toggle: 'earmark.toggleNoteItem',
  /** Line of the item, `DeriveForm`. */
  derive: 'earmark.deriveFromNote',
} as const;
