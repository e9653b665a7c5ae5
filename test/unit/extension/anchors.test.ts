import { deepEqual } from 'node:assert/strict';
import fc from 'fast-check';
import { shiftAnchors, type Anchor, type TextChange } from '../../../extension/dictation/anchors';

function check(name: string, anchor: Anchor, changes: TextChange[], expected: Anchor): void {
  it(name, () => deepEqual(shiftAnchors([anchor], changes), [expected]));
}
const at = (offset: number): Anchor => ({ start: offset, end: offset });
const insert = (offset: number, inserted: number): TextChange => ({ offset, removed: 0, inserted });
const remove = (offset: number, removed: number): TextChange => ({ offset, removed, inserted: 0 });

describe('anchors', () => {
  check('text before moves it', at(10), [insert(2, 3)], at(13));
  check('text behind leaves it', at(10), [insert(11, 3)], at(10));
  check('text typed at it goes before it', at(10), [insert(10, 3)], at(13));
  check('removed text before moves it', at(10), [remove(2, 3)], at(7));
  check('removed text around it puts it there', at(10), [remove(8, 5)], at(8));
  check(
    'replaced text around it puts it behind',
    at(10),
    [{ offset: 8, removed: 5, inserted: 2 }],
    at(10),
  );
  check('several changes at once', at(10), [insert(1, 1), remove(4, 2), insert(20, 9)], at(9));
  check(
    'text typed at the start of a selection goes before it',
    { start: 4, end: 8 },
    [insert(4, 2)],
    { start: 4, end: 10 },
  );
  check('text in a selection grows it', { start: 4, end: 8 }, [insert(6, 2)], {
    start: 4,
    end: 10,
  });
  check('text at the end of a selection stays out of it', { start: 4, end: 8 }, [insert(8, 2)], {
    start: 4,
    end: 8,
  });
  check('a selection that is removed is empty', { start: 4, end: 8 }, [remove(2, 10)], at(2));

  it('stays inside the document and in order, whatever is changed', () => {
    fc.assert(
      fc.property(
        fc.nat(50),
        fc.nat(20),
        fc.nat(50),
        fc.nat(20),
        fc.nat(20),
        (start, length, offset, removed, inserted) => {
          const size = 100;
          const gone = Math.min(removed, size - offset);
          const [moved] = shiftAnchors(
            [{ start, end: start + length }],
            [{ offset, removed: gone, inserted }],
          );
          return (
            moved !== undefined &&
            moved.start >= 0 &&
            moved.start <= moved.end &&
            moved.end <= size - gone + inserted
          );
        },
      ),
    );
  });
});
