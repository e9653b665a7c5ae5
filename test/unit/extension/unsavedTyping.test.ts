/** Whose unsaved changes they are, also where a save and an edit of ours cross. */
import { deepEqual, equal } from 'node:assert/strict';
import { UnsavedTyping } from '../../../extension/notes/unsavedTyping';

type Step = 'typed' | 'willSave' | 'didSave' | 'ours' | 'refused';

describe('unsaved typing', () => {
  const check = (steps: Step[], unsaved: boolean, dirty = false): void =>
    void it(`${dirty ? 'dirty, ' : ''}${steps.join(', ')} → ${unsaved ? "the user's" : 'ours'}`, async () => {
      const typing = new UnsavedTyping(dirty);
      let version = 1;
      for (const step of steps) {
        if (step === 'typed') typing.changed(++version);
        else if (step === 'willSave') typing.willSave();
        else if (step === 'didSave') typing.didSave();
        // A refused edit: somebody else's change came first.
        else equal(await typing.ours(version, async () => (typing.changed(++version), step === 'ours')), step === 'ours');
      }
      equal(typing.unsaved, unsaved);
    });
  check([], false);
  check([], true, true);
  check(['typed'], true);
  check(['ours'], false);
  check(['typed', 'ours'], true);
  check(['typed', 'willSave', 'didSave'], false);
  check(['typed', 'willSave', 'ours', 'didSave'], false);
  check(['typed', 'willSave', 'typed', 'didSave'], true);
  check(['refused'], true);
  check(['typed', 'didSave', 'ours'], false);
  check(['willSave', 'didSave'], false, true);
  it('counts what is typed after an edit that failed', async () => {
    const typing = new UnsavedTyping(false);
    const failed = typing.ours(1, () => Promise.reject(new Error('closed')));
    deepEqual(await failed.then(() => 'done', (e: Error) => e.message), 'closed');
    typing.changed(2);
    equal(typing.unsaved, true);
  });
});
