/** Promises about notes and hostile workspaces. */
import { deepEqual } from 'node:assert/strict';
import { mkdirSync, mkdtempSync, promises, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { linkIn, noteFolder, notesWanted } from '../../../extension/notes/noteFolder';

describe('the note folder of a workspace', () => {
  it('can switch notes off, but not on against the user', () => {
    const cases = [
      [undefined, undefined],
      [undefined, false],
      [true, false],
      [false, true],
      [false, undefined],
      [undefined, true],
    ] as const;
    deepEqual(
      cases.map(([user, workspace]) => notesWanted({ user, workspace })),
      [true, false, false, false, false, true],
    );
  });

  it('is refused where a part of its path is a link', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'earmark-links-'));
    try {
      mkdirSync(join(folder, 'docs'));
      mkdirSync(join(folder, 'outside'));
      symlinkSync(join(folder, 'outside'), join(folder, '.earmark'));
      symlinkSync(join(folder, 'outside'), join(folder, 'docs', 'notes'));
      const isLink = (part: string): Promise<boolean> =>
        promises.lstat(join(folder, part)).then(
          (facts) => facts.isSymbolicLink(),
          () => false,
        );
      deepEqual(
        await Promise.all(
          ['.earmark', 'docs/notes/deep', 'docs/plain', './docs'].map((path) =>
            linkIn(path, isLink),
          ),
        ),
        ['.earmark', 'docs/notes', undefined, undefined],
      );
      deepEqual(
        ['../out', '/etc', 'a/../../b'].map(
          (workspace) => noteFolder({ workspace }, '/home/me').refused,
        ),
        ['../out', '/etc', 'a/../../b'],
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
