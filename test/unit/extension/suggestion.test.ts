/** Suggestions to record and to end a meeting: when they come, and when they must not. */
import { deepEqual } from 'node:assert/strict';
import { ManualClock } from '../../../daemon/base/clock';
import { MeetingSuggestion, SILENCE_MS } from '../../../extension/meeting/suggestion';

const MINUTE = 60_000;
const settled = () => new Promise((done) => setImmediate(done));

class Person {
  readonly clock = new ManualClock();
  readonly log: string[] = [];
  readonly ignored: string[] = [];
  enabled = true;
  recording = false;
  answer: 'record' | 'later' | 'never' | undefined;
  ends = false;
  readonly suggestion = new MeetingSuggestion({
    clock: this.clock,
    enabled: () => this.enabled,
    ignored: () => this.ignored,
    isRecording: () => Promise.resolve(this.recording),
    suggest: async (program) => {
      this.log.push(`suggest ${program}`);
      return this.answer;
    },
    ignore: async (id) => this.ignored.push(id),
    start: async () => this.log.push('start'),
    askEnd: async (reason) => {
      this.log.push(reason.kind === 'closed' ? `end after ${reason.program}` : 'end in silence');
      return this.ends;
    },
    stop: async () => this.log.push('stop'),
  });

  /** Programs at the microphone from now on; a `+` marks one that opened it just now. */
  async uses(...names: string[]): Promise<void> {
    this.suggestion.setPrograms(
      names.map((name) => ({
        id: name.replace('+', '').toLowerCase(),
        name: name.replace('+', ''),
        opened: name.endsWith('+'),
      })),
    );
    await this.wait(0);
  }

  async wait(ms: number): Promise<void> {
    this.clock.advance(ms);
    await settled();
  }
}

describe('suggestion to record', () => {
  const cases: readonly [string, (person: Person) => Promise<void>, readonly string[]][] = [
    [
      'comes after a program held the microphone for a second',
      async (p) => {
        await p.uses('Zoom+');
        await p.wait(900);
        deepEqual(p.log, []);
        await p.wait(200);
      },
      ['suggest Zoom'],
    ],
    [
      'starts the meeting only after Record',
      async (p) => {
        p.answer = 'record';
        await p.uses('Zoom+');
        await p.wait(1_000);
      },
      ['suggest Zoom', 'start'],
    ],
    [
      'does not come for a short test of the microphone',
      async (p) => {
        await p.uses('Zoom+');
        await p.wait(500);
        await p.uses();
        await p.wait(MINUTE);
      },
      [],
    ],
    [
      'does not come while a meeting is recorded',
      async (p) => {
        p.recording = true;
        await p.uses('Zoom+');
        await p.wait(MINUTE);
      },
      [],
    ],
    [
      'does not come when it is switched off',
      async (p) => {
        p.enabled = false;
        await p.uses('Zoom+');
        await p.wait(MINUTE);
      },
      [],
    ],
    [
      'rests for 30 minutes after Not Now',
      async (p) => {
        p.answer = 'later';
        for (const minutes of [29, 2, 0]) {
          await p.uses('Zoom+');
          await p.wait(1_000);
          await p.uses();
          await p.wait(minutes * MINUTE);
        }
      },
      ['suggest Zoom', 'suggest Zoom'],
    ],
    [
      'never comes again for a program that the user excluded, but for others',
      async (p) => {
        p.answer = 'never';
        await p.uses('OBS+');
        await p.wait(1_000);
        await p.uses();
        await p.uses('OBS+', 'Zoom+');
        await p.wait(1_000);
      },
      ['suggest OBS', 'suggest Zoom'],
    ],
    [
      'comes in one window only',
      async (p) => {
        await p.uses('Zoom');
        await p.wait(MINUTE);
      },
      [],
    ],
  ];
  for (const [title, play, expected] of cases)
    it(title, async () => {
      const person = new Person();
      await play(person);
      deepEqual(person.log, expected);
    });
});

describe('question to end a meeting', () => {
  const cases: readonly [string, (person: Person) => Promise<void>, readonly string[]][] = [
    [
      'comes when the program closed the microphone',
      async (p) => {
        await p.uses('Zoom');
        p.suggestion.meetingRuns();
        await p.uses();
        await p.wait(10_000);
      },
      ['end after Zoom'],
    ],
    [
      'ends the meeting only after End Meeting',
      async (p) => {
        p.ends = true;
        p.suggestion.meetingRuns();
        await p.uses('Zoom');
        await p.uses();
        await p.wait(10_000);
      },
      ['end after Zoom', 'stop'],
    ],
    [
      'does not come when the call reconnects',
      async (p) => {
        p.suggestion.meetingRuns();
        await p.uses('Zoom');
        await p.uses();
        await p.wait(5_000);
        await p.uses('Zoom');
        await p.wait(MINUTE);
      },
      [],
    ],
    [
      'does not come without another program',
      async (p) => {
        p.suggestion.meetingRuns();
        await p.uses();
        await p.wait(MINUTE);
      },
      [],
    ],
    [
      'comes once after 15 minutes of silence, and again after speech',
      async (p) => {
        p.suggestion.meetingRuns();
        await p.wait(10 * MINUTE);
        p.suggestion.spoke();
        await p.wait(14 * MINUTE);
        deepEqual(p.log, []);
        await p.wait(MINUTE);
        await p.wait(2 * SILENCE_MS);
        p.suggestion.spoke();
        await p.wait(SILENCE_MS);
      },
      ['end in silence', 'end in silence'],
    ],
    [
      'does not come while the meeting is paused',
      async (p) => {
        p.suggestion.meetingRuns();
        p.suggestion.meetingRests();
        await p.wait(2 * SILENCE_MS);
      },
      [],
    ],
  ];
  for (const [title, play, expected] of cases)
    it(title, async () => {
      const person = new Person();
      await play(person);
      deepEqual(person.log, expected);
    });
});
