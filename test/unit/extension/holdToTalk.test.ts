import { deepEqual } from 'node:assert/strict';
import { press, released, type HoldState } from '../../../extension/dictation/holdToTalk';

/** Plays presses at the given times and lets go when the machine says so. @returns what was done, and when */
function play(presses: readonly number[], until: number): [number, string][] {
  let state: HoldState = { kind: 'idle' };
  let active = false;
  let releaseAt: number | undefined;
  const done: [number, string][] = [];
  const act = (at: number, step: ReturnType<typeof press>): void => {
    state = step.state;
    releaseAt = step.releaseAt;
    if (step.action === 'none') return;
    active = step.action === 'start';
    done.push([at, step.action]);
  };
  for (const at of [...presses, until]) {
    if (releaseAt !== undefined && releaseAt <= at) act(releaseAt, released(state, releaseAt, releaseAt));
    if (at < until) act(at, press(state, at, active));
  }
  return done;
}

const repeats = (from: number, to: number, every: number): number[] => Array.from({ length: Math.floor((to - from) / every) + 1 }, (_, i) => from + i * every);

describe('hold to talk', () => {
  it('a tap starts, the next one stops', () => deepEqual(play([0, 4_000], 9_000), [[0, 'start'], [4_000, 'stop']]));
  it('a held key talks until it is let go', () => deepEqual(play([0, ...repeats(500, 3_500, 30)], 9_000), [[0, 'start'], [3_730, 'stop']]));
  it('a key that repeats slowly', () => deepEqual(play([0, ...repeats(1_000, 4_000, 500)], 9_000), [[0, 'start'], [4_600, 'stop']]));
  it('repeats that come unevenly', () => deepEqual(play([0, ...repeats(500, 1_000, 30), 1_200, 1_201, 1_202, 1_700, ...repeats(1_730, 2_000, 30)], 9_000), [[0, 'start'], [2_600, 'stop']]));
  it('an editor that was held up: presses may still be on their way', () => {
    const held: HoldState = { kind: 'held', last: 1_000, gap: 30 };
    deepEqual(released(held, 1_900, 1_250), { state: held, action: 'none', releaseAt: 2_130 });
    deepEqual(released(held, 2_135, 2_130), { state: { kind: 'released', at: 2_135 }, action: 'stop' });
  });
  it('a repeat that was held up too long: what it begins ends by itself', () => deepEqual(play([0, ...repeats(500, 1_010, 30), 1_400], 9_000), [[0, 'start'], [1_240, 'stop'], [1_400, 'start'], [2_000, 'stop']]));
  it('a press while the text goes in', () => deepEqual(press({ kind: 'released', at: 1_000 }, 1_100, true), { state: { kind: 'released', at: 1_000 }, action: 'none' }));
  it('a press some time after a release', () => deepEqual(press({ kind: 'released', at: 1_000 }, 2_000, false).state, { kind: 'pressed', at: 2_000 }));
  it('a second tap soon after the first also stops', () => deepEqual(play([0, 800], 9_000), [[0, 'start'], [1_400, 'stop']]));
  it('starts anew after it stopped', () => deepEqual(play([0, 4_000, 6_000, 9_000], 12_000).map(([, what]) => what), ['start', 'stop', 'start', 'stop']));
  it('stops what another command started', () => deepEqual([press({ kind: 'idle' }, 0, true).action, press({ kind: 'released', at: 0 }, 9_000, true).action], ['stop', 'stop']));
  it('starts when a cancel left it pressed', () => deepEqual(press({ kind: 'pressed', at: 0 }, 100, false).action, 'start'));
});
