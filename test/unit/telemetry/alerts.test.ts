/**
 * Alerts over a simulated clock: when each is raised, that it does not flicker, when it is cleared.
 */
import { deepEqual, equal } from 'node:assert/strict';
import {
  ALERTS,
  type AlertSample,
  NO_ALERTS,
  raisedAlerts,
  stepAlerts,
} from '../../../daemon/telemetry/alerts';

const CALM: Omit<AlertSample, 'nowMs'> = {
  failedEngines: [],
  rtf: 0.1,
  errorsInRow: 0,
  degradationLevel: 'NORMAL',
  oldestWaitMs: 0,
  finalP95Ms: 600,
  framesLost: 0,
  deadLetters: undefined,
  diskFreeBytes: 1e11,
  residentBytes: 1e9,
  inMemory: undefined,
  settingProblems: [],
  dump: undefined,
};

/** One sample every 5 s. @returns `second id op` */
function play(seconds: number, at: (second: number) => Partial<AlertSample>): string[] {
  let state = NO_ALERTS;
  const received: string[] = [];
  for (let s = 0; s <= seconds; s += 5) {
    const step = stepAlerts(state, { ...CALM, nowMs: s * 1000, ...at(s) });
    state = step.state;
    for (const { id, op } of step.changes) received.push(`${s} ${id} ${op}`);
  }
  return received;
}

const between = (from: number, to: number, wrong: Partial<AlertSample>) => (s: number) =>
  s >= from && s < to ? wrong : {};

describe('alerts', () => {
  it('a calm hour raises none', () =>
    deepEqual(
      play(3600, () => ({})),
      [],
    ));

  const cases: readonly [string, (s: number) => Partial<AlertSample>, readonly string[]][] = [
    [
      'engine in ERROR: at once',
      between(10, 20, { failedEngines: ['It failed; do something.'] }),
      ['10 engine.failed raised', '45 engine.failed cleared'],
    ],
    ['RTF 2.1 for 55 s: none', between(10, 65, { rtf: 2.1 }), []],
    [
      'RTF 2.1 for 65 s',
      between(10, 75, { rtf: 2.1 }),
      ['70 engine.slow raised', '100 engine.slow cleared'],
    ],
    ['RTF of exactly 2: none', between(10, 200, { rtf: 2 }), []],
    [
      'RTF unknown because one decode lasts: goes on counting',
      (s) =>
        s === 10
          ? { rtf: 3, oldestWaitMs: 1 }
          : s > 10 && s < 90
            ? { rtf: undefined, oldestWaitMs: 1 }
            : {},
      ['70 engine.slow raised', '115 engine.slow cleared'],
    ],
    ['5 errors in a row: none', between(10, 20, { errorsInRow: 5 }), []],
    [
      '6 errors in a row',
      between(10, 20, { errorsInRow: 6 }),
      ['10 errors.repeated raised', '45 errors.repeated cleared'],
    ],
    ['DEGRADE: none', between(10, 20, { degradationLevel: 'DEGRADE' }), []],
    [
      'EMERGENCY',
      between(10, 15, { degradationLevel: 'EMERGENCY' }),
      ['10 load.emergency raised', '40 load.emergency cleared'],
    ],
    [
      'FAILOVER',
      between(10, 15, { degradationLevel: 'FAILOVER' }),
      ['10 load.emergency raised', '40 load.emergency cleared'],
    ],
    ['30 s of waiting: none', between(10, 15, { oldestWaitMs: 30_000 }), []],
    [
      '31 s of waiting, twice within the time to clear: one alert',
      (s) => (s === 10 || s === 35 ? { oldestWaitMs: 31_000 } : {}),
      ['10 inference.wait raised', '65 inference.wait cleared'],
    ],
    [
      'late finals for a minute',
      between(10, 80, { finalP95Ms: 3_001 }),
      ['70 latency.final raised', '105 latency.final cleared'],
    ],
    [
      'a lost frame',
      (s) => ({ framesLost: s >= 10 ? 1 : 0 }),
      ['10 frames.dropped raised', '95 frames.dropped cleared'],
    ],
    ['dead letters of before the start: none', () => ({ deadLetters: 9 }), []],
    [
      'a dead letter, for ten minutes',
      (s) => ({ deadLetters: s >= 10 ? 4 : 3 }),
      ['10 phrase.dead raised'],
    ],
    [
      'a dead letter while NATS is away now and then: one alert',
      (s) => ({ deadLetters: s === 20 ? undefined : s >= 10 ? 4 : 3 }),
      ['10 phrase.dead raised'],
    ],
    [
      'a disk that fills',
      between(10, 15, { diskFreeBytes: 499_999_999 }),
      ['10 disk.low raised', '40 disk.low cleared'],
    ],
    [
      'wrong settings: told and over at once',
      between(10, 20, { settingProblems: ['Correct it.'] }),
      ['10 settings.wrong raised', '20 settings.wrong cleared'],
    ],
    [
      'memory for a minute',
      between(10, 75, { residentBytes: 6.1e9 }),
      ['70 memory.high raised', '100 memory.high cleared'],
    ],
  ];
  for (const [name, at, expected] of cases) it(name, () => deepEqual(play(200, at), expected));

  it('every alert of the list can be raised, with a sentence that says what to do', () => {
    const wrong: AlertSample = {
      nowMs: 0,
      failedEngines: ['It failed; run "earmark doctor".'],
      rtf: 9,
      errorsInRow: 9,
      degradationLevel: 'EMERGENCY',
      oldestWaitMs: 1e6,
      finalP95Ms: 1e5,
      framesLost: 1,
      deadLetters: 7,
      diskFreeBytes: 1,
      residentBytes: 1e11,
      inMemory: 'The disk is full; free some space.',
      settingProblems: ['"log.level" is wrong; correct it.'],
      dump: 'Sound is written to files; turn it off.',
    };
    let { state } = stepAlerts(NO_ALERTS, wrong);
    ({ state } = stepAlerts(state, { ...wrong, nowMs: 60_000 - 1, framesLost: 2, deadLetters: 8 }));
    ({ state } = stepAlerts(state, { ...wrong, nowMs: 60_000, framesLost: 2, deadLetters: 8 }));
    deepEqual(
      raisedAlerts(state).map(({ id }) => id),
      [...ALERTS],
    );
    equal(
      raisedAlerts(state).every(({ message }) => /[.;]/.test(message) && message.length > 20),
      true,
    );
  });
});
