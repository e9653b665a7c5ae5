import { deepEqual } from 'node:assert/strict';
import { ManualClock } from '../../../daemon/base/clock';
import { silentLogger } from '../../../daemon/base/logger';
import { type OpenSession, Orphans } from '../../../daemon/team/orphans';

const session = (sessionId: string): OpenSession => ({ organisation: 'ant', sessionId });

describe('orphans of a team', () => {
  const clock = new ManualClock();
  let open: readonly OpenSession[] = [];
  let held = new Set<string>();
  let finished: string[] = [];
  let fails = 0;
  let orphans: Orphans;
  beforeEach(() => {
    [open, held, finished, fails] = [[], new Set(), [], 0];
    orphans = new Orphans({
      clock,
      logger: silentLogger,
      graceMs: 60_000,
      open: () => Promise.resolve(open),
      held: ({ sessionId }) => Promise.resolve(held.has(sessionId)),
      finish: ({ sessionId }) =>
        fails-- > 0
          ? Promise.reject(new Error('Another one has it.'))
          : Promise.resolve(void finished.push(sessionId)),
    });
  });
  afterEach(() => orphans.dispose());

  async function pass(ms: number): Promise<void> {
    for (let past = 0; past < ms; past += 5_000) {
      clock.advance(5_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  it('are finished after the grace time, those that somebody has are not', async () => {
    open = [session('a'), session('b')];
    held = new Set(['b']);
    await pass(60_000);
    const before = [...finished];
    await pass(30_000);
    deepEqual([before, [...new Set(finished)]], [[], ['a']]);
  });

  it('have the whole time again after somebody had them', async () => {
    open = [session('a')];
    await pass(45_000);
    held = new Set(['a']);
    await pass(15_000);
    held = new Set();
    await pass(60_000);
    const before = [...finished];
    await pass(30_000);
    deepEqual([before, finished], [[], ['a']]);
  });

  it('are tried again where that failed', async () => {
    open = [session('a')];
    fails = 1;
    await pass(90_000);
    const before = [...finished];
    await pass(75_000);
    deepEqual([before, finished], [[], ['a']]);
  });
});
