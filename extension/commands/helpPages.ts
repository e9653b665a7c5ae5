/** The pages of help, as Markdown. A bundle of its own, loaded by the first of them. */
export { cheatSheet } from '../dictation/cheatSheet';
export { setTranslator } from '../l10n';
export { doctorReport } from './doctorReport';
