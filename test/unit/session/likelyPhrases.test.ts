/**
 * What is likely to be said reaches the recogniser: the user's own words, then the names of the
 * code that is open.
 */
import { deepEqual } from 'node:assert/strict';
import { Harness, settle } from '../../../testing/harness/sessionHarness';

describe('likely phrases', () => {
  let h: Harness;
  beforeEach(() => (h = new Harness()));
  afterEach(() => h.dispose());
  const reported = (): readonly string[] | undefined => h.opened.at(-1)?.phrases?.();

  it('are those that the session began with, and names that are told while it runs', async () => {
    const id = await h.pushed({ vocabulary: ['Earmark'], phrases: () => ['given'] });
    const before = reported();
    await h.manager.look(id, { symbols: [{ name: 'parseConfig' }, { name: 'UserRepository' }] });
    await settle();
    deepEqual(
      [before, reported()],
      [
        ['given', 'Earmark'],
        ['given', 'Earmark', 'parseConfig', 'UserRepository'],
      ],
    );
  });

  it('are known again after a crash, but for names that nobody has told yet', async () => {
    const id = await h.pushed({ vocabulary: ['Earmark'] });
    await h.manager.look(id, { symbols: [{ name: 'parseConfig' }] });
    await h.restart();
    const before = reported();
    await h.manager.look(id, { symbols: [{ name: 'parseConfig' }] });
    await settle();
    deepEqual([before, reported()], [['Earmark'], ['Earmark', 'parseConfig']]);
  });
});
