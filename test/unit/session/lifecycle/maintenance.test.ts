/**
 * What was left is finished: audio of failed sessions, insights that failed; and what fails again
 * waits ever longer.
 */
import { deepEqual } from 'node:assert/strict';
import { EarmarkError } from '../../../../protocol/errors';
import { defaultSessionOptions } from '../../../../daemon/session/contract/options';
import { overdue, parseRetention } from '../../../../daemon/session/lifecycle/retention';
import type { SessionEvent } from '../../../../daemon/session/contract/events';
import { Harness, say, settle } from '../../../../testing/harness/sessionHarness';

const { finalizeStallMs, maintenanceMs, maintenanceRetryMs } = defaultSessionOptions;
const away = new EarmarkError('engine.unavailable', 'The engine is away.');

describe('looking after what was left', () => {
  let h: Harness;
  beforeEach(() => (h = new Harness()));
  afterEach(() => h.dispose());

  /** A session that failed because the engine was away, its audio in the spool. */
  async function failed(request = {}): Promise<string> {
    const id = await h.pushed(request);
    h.engine.away = away;
    h.push(id, 'file', 0, say(1, 2));
    h.clock.advance(200);
    await h.manager.stop(id, 'stop.request');
    for (let i = 0; i < 4; i++) await h.pass(finalizeStallMs);
    return id;
  }
  const shape = async (id: string) => ({
    state: (await h.manager.get(id)).record.state,
    texts: await h.texts(id),
    spools: h.spools.list(),
  });
  const done = { state: 'DONE', texts: ['w1', 'w2'], spools: [] };

  it('finishes a failed session at the next start', async () => {
    const id = await failed();
    const before = await shape(id);
    await h.restart();
    await h.pass(1);
    await h.pass(10);
    deepEqual(
      { before, after: await shape(id), states: (await h.states(id)).slice(-3) },
      {
        before: { state: 'FAILED', texts: [], spools: [id] },
        after: done,
        states: ['FAILED', 'FINALIZING', 'DONE'],
      },
    );
  });

  it('finishes it at the next turn of the same run, or when it is asked to; who listens hears it', async () => {
    await h.restart(); // Its maintenance runs.
    const id = await failed();
    const received: string[] = [];
    await h.manager.attach(
      id,
      0,
      (event: SessionEvent) => event.kind === 'state' && received.push(event.to),
    );
    await settle();
    h.engine.away = undefined;
    await h.pass(maintenanceMs);
    await h.pass(10);
    const again = await h.manager.takeUp(id);
    deepEqual(
      { ...(await shape(id)), received, again },
      {
        ...done,
        received: [
          'STARTING',
          'STREAMING',
          'STOPPING',
          'FINALIZING',
          'FAILED',
          'FINALIZING',
          'DONE',
        ],
        again: { state: 'DONE', left: false },
      },
    );
    const other = await failed();
    h.engine.away = undefined;
    const asked = await h.manager.takeUp(other);
    await h.pass(10);
    deepEqual(
      { asked, after: await shape(other) },
      { asked: { state: 'FINALIZING', left: true }, after: done },
    );
  });

  it('waits ever longer while the engine is away, writes nothing then, and gives up', async () => {
    const id = await failed();
    await h.restart();
    h.engine.away = away;
    const events = (await h.events(id)).length;
    let tried = 0;
    h.engine.ready = () => (tried++, Promise.reject(away));
    const at: number[] = [];
    for (let s = 0; s <= 7200; s += 5) {
      await h.pass(5000);
      if (tried > at.length) at.push(s);
    }
    const waits = at.slice(1).map((t, i) => t - (at[i] ?? 0));
    deepEqual(
      {
        waits: waits.slice(0, 5),
        more: tried <= defaultSessionOptions.maintenanceTries,
        events: (await h.events(id)).length,
      },
      { waits: [1, 2, 4, 8, 16].map((n) => (n * maintenanceRetryMs) / 1000), more: true, events },
    );
  });

  it('does not touch an ephemeral one, and tells where nothing is left', async () => {
    const id = await failed({ ephemeral: true, key: 'x' });
    await h.pass(defaultSessionOptions.unseenMs);
    deepEqual(await h.store.getSession(id), undefined);
  });

  it('makes the last analysis again when it failed, and ends without it in the end', async () => {
    for (const failures of [2, 99]) {
      let left = failures;
      const create = h.analyzers.create.bind(h.analyzers);
      h.analyzers.create = (context, restore) => {
        const analyzer = create(context, restore);
        return {
          ...analyzer,
          get insights() {
            return analyzer.insights;
          },
          finish: () => {
            if (left-- > 0) throw new Error('no');
            return analyzer.finish();
          },
        };
      };
      const other = await h.pushed({ insights: true });
      h.push(other, 'file', 0, say(1));
      await h.manager.stop(other, 'stop.request');
      const states: string[] = [];
      for (const ms of [10, 29_000, 2000, 60_000, 120_000, 10]) {
        await h.pass(ms);
        states.push((await h.manager.get(other)).record.state);
      }
      const warned = (await h.events(other)).filter(
        (event) => event.kind === 'warning' && event.code === 'analysis.failed',
      ).length;
      const end = { states, warned, failed: (await h.manager.get(other)).stats['analysisFailed'] };
      deepEqual(
        end,
        failures === 2
          ? {
              states: ['FINALIZING', 'FINALIZING', 'FINALIZING', 'DONE', 'DONE', 'DONE'],
              warned: 0,
              failed: undefined,
            }
          : {
              states: ['FINALIZING', 'FINALIZING', 'FINALIZING', 'FINALIZING', 'DONE', 'DONE'],
              warned: 1,
              failed: 1,
            },
      );
      if (failures === 99) {
        left = 0;
        await h.manager.takeUp(other);
        await h.pass(10);
        deepEqual(
          {
            state: (await h.manager.get(other)).record.state,
            failed: (await h.manager.get(other)).stats['analysisFailed'],
            texts: await h.texts(other),
          },
          { state: 'DONE', failed: undefined, texts: ['w1'] },
        );
      }
    }
  });
});

describe('retention', () => {
  const check = (durationMs: number, nowMs: number, expected: readonly boolean[]): void => {
    const { audio, transcript, insights } = overdue(
      { createdMs: 0, startedAt: '', durationMs },
      { audioDays: 0, transcriptDays: 1 },
      nowMs,
    );
    deepEqual([audio, transcript, insights], expected);
  };
  it('counts from the end of a session; what has no limit stays', () => {
    check(1000, 1000, [false, false, false]);
    check(1000, 1001, [true, false, false]);
    check(1000, 86_401_000, [true, false, false]);
    check(1000, 86_401_001, [true, true, false]);
  });
  it('makes nothing old when the clock goes back', () =>
    check(1000, -5_000_000, [false, false, false]));
  it('is read from what was stored, and keeps everything where that makes no sense', () => {
    deepEqual(
      [undefined, 'x', '{"audioDays":"9"}', '{"audioDays":-1,"transcriptDays":3}', 'null'].map(
        parseRetention,
      ),
      [{}, {}, {}, { transcriptDays: 3 }, {}],
    );
  });
});
