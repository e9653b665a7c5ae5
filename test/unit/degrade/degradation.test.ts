// The degradation of load: which degradation level a sample takes, how it climbs, and that it never
// swings under a steady load.
import { deepEqual, equal, ok } from 'node:assert/strict';
import fc from 'fast-check';
import {
  ACTIONS,
  DEGRADATION_START,
  DEGRADATION_LEVELS,
  type DegradationState,
  type LoadSample,
  type DegradationLevel,
  stepDegradation,
} from '../../../daemon/degrade/degradation';

const sample = (nowMs: number, given: Partial<LoadSample> = {}): LoadSample => ({
  nowMs,
  rtf: 0.1,
  lagMs: 0,
  ...given,
});
const at = (degradationLevel: DegradationLevel): DegradationState => ({
  degradationLevel,
  calmSinceMs: undefined,
});

describe('ladder of load', () => {
  describe('goes down at once', () => {
    function check(
      given: Partial<LoadSample>,
      expected: DegradationLevel,
      from: DegradationLevel = 'NORMAL',
    ): void {
      equal(stepDegradation(at(from), sample(0, given)).degradationLevel, expected);
    }
    it('stays where it is fast', () => check({ rtf: 0.79 }, 'NORMAL'));
    it('warns from 0.8', () => check({ rtf: 0.8 }, 'WARNING'));
    it('degrades from 1.0', () => check({ rtf: 1 }, 'DEGRADE'));
    it('skips rungs to the emergency from 1.5', () => check({ rtf: 1.5 }, 'EMERGENCY'));
    it('fails over from 2.5', () => check({ rtf: 2.5 }, 'FAILOVER', 'WARNING'));
    it('counts lag where nothing was decoded yet', () =>
      check({ rtf: undefined, lagMs: 7_500 }, 'FAILOVER'));
    it('saves a low battery', () => check({ battery: 0.15 }, 'WARNING'));
    it('saves no words for a battery that is nearly empty', () =>
      check({ battery: 0.01 }, 'DEGRADE'));
    it('takes a smaller model where memory ends', () => check({ freeMemory: 0.02 }, 'EMERGENCY'));
    it('does not go up in one step', () => check({ rtf: 0.1 }, 'FAILOVER', 'FAILOVER'));
  });

  /** Rungs and when they were taken, over samples one second apart. */
  function run(
    seconds: number,
    load: (second: number, degradationLevel: DegradationLevel) => Partial<LoadSample>,
    state: DegradationState = DEGRADATION_START,
  ): string[] {
    const steps: string[] = [];
    for (let s = 0; s <= seconds; s++) {
      const next = stepDegradation(state, sample(s * 1000, load(s, state.degradationLevel)));
      if (next.degradationLevel !== state.degradationLevel)
        steps.push(`${s} ${next.degradationLevel}`);
      state = next;
    }
    return steps;
  }

  it('climbs one rung for each 30 s under 0.7', () =>
    deepEqual(
      run(200, () => ({ rtf: 0.69 }), at('FAILOVER')),
      ['30 EMERGENCY', '60 DEGRADE', '90 WARNING', '120 NORMAL'],
    ));
  it('begins anew where it is not calm in between', () =>
    deepEqual(
      run(60, (s) => ({ rtf: s === 20 ? 0.7 : 0.5 }), at('WARNING')),
      ['51 NORMAL'],
    ));
  it('stays between the two bounds', () =>
    deepEqual(
      run(1800, () => ({ rtf: 0.75 }), at('WARNING')),
      [],
    ));
  it('trusts a faster stand-in only after a probe of the preferred engine', () => {
    const load = (_s: number, degradationLevel: DegradationLevel): Partial<LoadSample> =>
      ACTIONS[degradationLevel].engine === 'preferred'
        ? { rtf: 1.5 }
        : { rtf: 0.1, preferredRtf: 1.5 };
    deepEqual(run(1800, load), ['0 EMERGENCY']);
  });
  it('does not swing under any steady load', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 4, noNaN: true }), fc.boolean(), (rtf, standIn) => {
        const load = (_s: number, degradationLevel: DegradationLevel): Partial<LoadSample> =>
          standIn && ACTIONS[degradationLevel].engine !== 'preferred'
            ? { rtf: 0.1, preferredRtf: rtf }
            : { rtf };
        ok(run(1800, load).length <= 1);
      }),
    );
  });
  it('never does less on a lower rung', () => {
    const saving = DEGRADATION_LEVELS.map((degradationLevel) => [
      ACTIONS[degradationLevel].partialsEvery === 0
        ? Infinity
        : ACTIONS[degradationLevel].partialsEvery,
      Number(ACTIONS[degradationLevel].longPhrases),
      ['preferred', 'faster', 'fastest'].indexOf(ACTIONS[degradationLevel].engine),
    ]);
    for (let i = 1; i < saving.length; i++)
      ok(saving[i]?.every((value, k) => value >= (saving[i - 1]?.[k] ?? 0)));
  });
});
