/** Dictated text in the form of the place it goes to. Pure. */

/** Where lines of a commit message are broken, as git's own documentation asks. */
const COMMIT_COLUMNS = 72;
/** Ids under which editors know a commit message. */
const COMMITS: ReadonlySet<string> = new Set(['git-commit', 'scminput', 'commit', 'jj-commit', 'hg-commit']);

/** @param languageId VS Code's id of the language; anything that is not a commit message stays as it is */
export function inScope(text: string, languageId: string): string {
  if (!COMMITS.has(languageId)) return text;
  const [subject = '', ...body] = text.split('\n');
  // A subject is one line without a full stop, however long: breaking it would make a body of it.
  return [subject.replace(/(?<!\.)\.$/, ''), ...body.map((line) => wrap(line, COMMIT_COLUMNS))].join('\n');
}

/** Breaks at blanks; a word that is longer than the line stays whole. */
function wrap(line: string, columns: number): string {
  const lines: string[] = [];
  let current = '';
  for (const word of line.split(' ')) {
    if (current !== '' && current.length + 1 + word.length > columns) {
      lines.push(current);
      current = word;
    } else current = current === '' ? word : `${current} ${word}`;
  }
  return [...lines, current].join('\n');
}
