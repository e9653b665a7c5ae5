// Who got another name in a note, by the edits of the rename and the note's front matter.
import { deepEqual } from 'node:assert/strict';
import { type NameEdit, renamedPerson } from '../../../extension/notes/language/renamedPerson';

const FRONT = '---\nsession: s-12\ndate: 2026-11-20\nparticipants: [Ben, Lea]\n---\n\n# Sync\n';
const LIST: NameEdit = { before: '[Ben, Lea]', after: '[Benno, Lea]' };
const NAME: NameEdit = { before: 'Ben', after: 'Benno' };

const check = (
  note: string,
  edits: readonly NameEdit[],
  expected: ReturnType<typeof renamedPerson>,
): void => deepEqual(renamedPerson(note, edits), expected);

describe('a person renamed in a note', () => {
  const ben = { sessionId: 's-12', from: 'Ben', to: 'Benno' };
  it('is the one whose name was replaced', () => check(FRONT, [LIST, NAME, NAME], ben));
  it('is found with line ends of Windows', () =>
    check(FRONT.replaceAll('\n', '\r\n'), [NAME], ben));
  it('is nobody of a session in a note without one', () =>
    check('# Sync\n\nsession: s-12\n', [NAME], undefined));
  it('is nobody who is only listed', () => check(FRONT, [LIST], undefined));
  it('is nobody where the name stays', () =>
    check(FRONT, [{ before: 'Ben', after: 'Ben' }], undefined));
  it('is nobody where nothing is edited', () => check(FRONT, [], undefined));
});
