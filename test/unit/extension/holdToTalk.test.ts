import { deepEqual, equal, ok } from 'node:assert/strict';
import { isHeld, press, released, type HoldState } from '../../../extension/dictation/holdToTalk';

/**
 * Plays presses at the given times and lets go when the machine says so.
 * @returns what was done, and when
 */
function play(presses: readonly number[], until: number): [number, string][] {
  let state: HoldState = { kind: 'idle' };
  let active = false;
  let releaseAt: number | undefined;
  const done: [number, string][] = [];
  const act = (at: number, step: ReturnType<typeof press>): void => {
    state = step.state;
    releaseAt = step.releaseAt;
    if (step.action === 'none') return;
    active = step.action === 'start' || step.action === 'insert';
    done.push([at, step.action]);
  };
  for (const at of [...presses, until]) {
    while (releaseAt !== undefined && releaseAt <= at)
      act(releaseAt, released(state, releaseAt, releaseAt));
    if (at < until) act(at, press(state, at, active));
  }
  return done;
}

const repeats = (from: number, to: number, every: number): number[] =>
  Array.from({ length: Math.floor((to - from) / every) + 1 }, (_, i) => from + i * every);

/**
 * A window whose thread stands still for 0.3 s in the mean, at most 1.2 s, after every 0.5 s in the
 * mean, and hands keys on in order when it goes on.
 * @returns dictations that are on for good after the key was let go, and those that began anew
 */
function heldInBusyEditor(times: number): { readonly on: number; readonly begun: number } {
  let [on, begun] = [0, 0];
  for (let seed = 1; seed <= times; seed++) {
    let random = seed * 7_919;
    const exponential = (mean: number): number =>
      -Math.log(1 - (random = (random * 48_271) % 2_147_483_647) / 2_147_483_647) * mean;
    const stalls: [number, number][] = [];
    for (let at = exponential(500); at < 9_000; at += exponential(500))
      stalls.push([at, (at += Math.min(1_200, exponential(300)))]);
    const handed = [0, ...repeats(400, 4_000, 33)].map(
      (at) => stalls.find(([from, to]) => at >= from && at < to)?.[1] ?? at,
    );
    const done = play(handed, 20_000).map(([, what]) => what);
    if (!['end', 'stop'].includes(done.at(-1) ?? '')) on++;
    begun += done.filter((what) => what === 'start').length - 1;
  }
  return { on, begun };
}

describe('hold to talk', () => {
  it('a tap starts, the next one stops', () =>
    deepEqual(play([0, 4_000], 9_000), [
      [0, 'start'],
      [4_000, 'stop'],
    ]));
  it('a held key talks until it is let go: its text goes in when three repeats did not come', () => {
    deepEqual(play([0, ...repeats(500, 3_500, 30)], 9_000), [
      [0, 'start'],
      [3_590, 'insert'],
      [3_840, 'end'],
    ]);
    deepEqual(play([0, ...repeats(250, 3_550, 33)], 9_000), [
      [0, 'start'],
      [3_649, 'insert'],
      [3_899, 'end'],
    ]);
  });
  it('a key that repeats slowly', () =>
    deepEqual(play([0, ...repeats(1_000, 4_000, 500)], 9_000), [
      [0, 'start'],
      [4_600, 'insert'],
      [4_850, 'end'],
    ]));
  it('a key that is let go at its first repeat', () =>
    deepEqual(play([0, 500], 9_000), [
      [0, 'start'],
      [1_100, 'insert'],
      [1_350, 'end'],
    ]));
  it('repeats that were held up: what was said is in, and it listens on', () => {
    deepEqual(
      play([0, ...repeats(500, 980, 30), 1_200, 1_201, 1_202, ...repeats(1_230, 2_010, 30)], 9_000),
      [
        [0, 'start'],
        [1_070, 'insert'],
        [2_100, 'insert'],
        [2_100 + 4 * (220 - 30), 'end'],
      ],
    );
  });
  it('waits longer while gaps are long, and not once they were short again', () => {
    const uneven = [...repeats(500, 980, 30), 1_060, ...repeats(1_090, 1_390, 30)];
    deepEqual(play([0, ...uneven], 9_000)[1], [1_390 + 2 * 80, 'insert']);
    deepEqual(play([0, ...uneven, ...repeats(1_420, 2_020, 30)], 9_000)[1], [
      2_020 + 3 * 30,
      'insert',
    ]);
  });
  it('never takes a key for let go while its repeats come evenly within a third of their interval', () => {
    for (let seed = 1; seed <= 200; seed++) {
      let random = seed;
      const jitter = (): number =>
        ((random = (random * 48_271) % 2_147_483_647) / 2_147_483_647 - 0.5) * 20;
      const presses = [0, ...repeats(400, 6_000, 33).map((at) => Math.round(at + jitter()))];
      const done = play(presses, 20_000);
      deepEqual(
        done.map(([, what]) => what),
        ['start', 'insert', 'end'],
      );
      const noticed = (done[1]?.[0] ?? 0) - (presses.at(-1) ?? 0);
      ok(noticed >= 90 && noticed <= 130, `${noticed} ms`);
    }
  });
  it('an editor that was held up: presses may still be on their way', () => {
    const held: HoldState = { kind: 'held', last: 1_000, gaps: [30], late: 30, inserted: false };
    const late: HoldState = { ...held, late: 160 };
    deepEqual(released(held, 1_250, 1_090), { state: late, action: 'none', releaseAt: 1_300 });
    deepEqual(released(late, 1_305, 1_300), {
      state: { ...late, inserted: true },
      action: 'insert',
      releaseAt: 1_305 + 4 * 160,
    });
  });
  it('a repeat that was held up too long: what it begins ends by itself', () =>
    deepEqual(play([0, ...repeats(500, 1_010, 30), 1_400], 9_000), [
      [0, 'start'],
      [1_100, 'insert'],
      [1_350, 'end'],
      [1_400, 'start'],
      [2_500, 'insert'],
      [2_750, 'end'],
    ]));
  it('a press while the text goes in', () =>
    deepEqual(press({ kind: 'released', at: 1_000, late: 30 }, 1_100, true), {
      state: { kind: 'released', at: 1_000, late: 30 },
      action: 'none',
    }));
  it('a press some time after a release is a new one, later where repeats came unevenly', () => {
    const begun = (
      [
        [5, 1_990],
        [5, 2_001],
        [300, 3_300],
        [300, 3_401],
        [800, 3_990],
        [800, 4_001],
      ] as const
    ).map(
      ([late, now]) =>
        [press({ kind: 'released', at: 1_000, late }, now, false)].map(({ action, releaseAt }) => [
          action,
          releaseAt !== undefined,
        ])[0],
    );
    deepEqual(
      begun,
      [true, false, true, false, true, false].map((ends) => ['start', ends]),
    );
  });
  it('a key that was pressed again soon after its release is held, however late its first repeat comes', () => {
    deepEqual(
      play([0, ...repeats(500, 1_010, 30), 1_700, ...repeats(2_700, 4_050, 30)], 9_000).slice(3),
      [
        [1_700, 'start'],
        [4_140, 'insert'],
        [4_390, 'end'],
      ],
    );
  });
  it('goes on with the same dictation where the editor is busy, and never listens on after the key was let go', () => {
    const { on, begun } = heldInBusyEditor(1_000);
    // Of these, 1,245 dictations began anew and 2 stayed on for good while 0.25 s and 0.5 s were
    // waited whatever the repeats were like.
    deepEqual([on, begun < 0.7 * 1_245], [0, true], `${begun} begun anew`);
  });
  it('a second tap soon after the first also stops', () =>
    deepEqual(play([0, 800], 9_000), [
      [0, 'start'],
      [1_400, 'insert'],
      [1_650, 'end'],
    ]));
  it('starts anew after it stopped', () =>
    deepEqual(
      play([0, 4_000, 6_000, 9_000], 12_000).map(([, what]) => what),
      ['start', 'stop', 'start', 'stop'],
    ));
  it('stops what another command started', () =>
    deepEqual(
      [
        press({ kind: 'idle' }, 0, true).action,
        press({ kind: 'released', at: 0, late: 0 }, 9_000, true).action,
      ],
      ['stop', 'stop'],
    ));
  it('starts when a cancel left it pressed', () =>
    deepEqual(press({ kind: 'pressed', at: 0 }, 100, false).action, 'start'));
  it('is held from the press until it is known to be a tap', () => {
    equal(isHeld({ kind: 'pressed', at: 1_000 }, 2_000), true);
    equal(isHeld({ kind: 'pressed', at: 1_000 }, 2_101), false);
    equal(isHeld({ kind: 'held', last: 0, gaps: [], late: 0, inserted: true }, 100), true);
    equal(isHeld({ kind: 'idle' }, 0), false);
  });
});
