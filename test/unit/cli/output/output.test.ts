/** What the terminal shows: times, sizes, tables, a running session. */
import { deepEqual, equal } from 'node:assert/strict';
import { LiveTranscript } from '../../../../daemon/cli/output/liveTranscript';
import {
  clockTime,
  makeStyle,
  megabytes,
  table,
  type Terminal,
} from '../../../../daemon/cli/output/output';
import { usageSentence } from '../../../../daemon/cli/output/failure';
import type { SessionEvent } from '../../../../protocol/session';

describe('command line output', () => {
  const checkClock = (ms: number, expected: string) => equal(clockTime(ms), expected);
  it('shows times', () => {
    checkClock(0, '0:00');
    checkClock(-5, '0:00');
    checkClock(61_999, '1:01');
    checkClock(3_723_000, '1:02:03');
  });
  it('shows sizes', () =>
    deepEqual(
      [megabytes(2_300_000), megabytes(28_180_947), megabytes(0)],
      ['2.3 MB', '28 MB', '0.0 MB'],
    ));

  it('aligns columns and styles them after padding', () => {
    equal(
      table([
        ['a', 'long cell', 'x'],
        ['bcd', 'e', ''],
      ]),
      'a    long cell  x\nbcd  e\n',
    );
    equal(table([['a', 'b']], [makeStyle(true).bold]), '\u001b[1ma\u001b[22m  b\n');
    equal(table([]), '');
  });

  const checkSentence = (text: string, expected: string) => equal(usageSentence(text), expected);
  it('makes one sentence of what commander says', () => {
    checkSentence(
      "error: unknown option '--frmat'\n(Did you mean --format?)\n",
      'Unknown option \'--frmat\' (Did you mean --format?); see "earmark --help".',
    );
    checkSentence(
      "error: missing required argument 'FILE'",
      'Missing required argument \'FILE\'; see "earmark --help".',
    );
  });

  function live(isTTY: boolean) {
    let text = '';
    const terminal: Terminal = {
      isTTY,
      columns: 40,
      style: makeStyle(false),
      write: (t) => void (text += t),
      drained: () => Promise.resolve(),
    };
    return {
      transcript: new LiveTranscript(terminal, terminal),
      text: () => text.replaceAll('\r\u001b[K', '⌫'),
    };
  }
  const partial = (stable: string, unstable: string) =>
    ({
      kind: 'partial',
      phraseId: 's1',
      stable,
      unstable,
      source: 'mic',
      startMs: 0,
      time: 0,
      afterSeq: 0,
    }) as SessionEvent;
  const final = {
    kind: 'final',
    seq: 1,
    time: 0,
    segment: { id: 's1', startMs: 65_000, speaker: 'You', text: 'Hello there.' },
  } as unknown as SessionEvent;
  const warning = {
    kind: 'warning',
    seq: 2,
    time: 0,
    code: 'source.silent',
    message: 'The microphone gives nothing.',
  } as SessionEvent;

  it('draws over what is being said until it is final', () => {
    const { transcript, text } = live(true);
    transcript.take(partial('Hello', 'there'));
    transcript.take(partial('Hello there', ''));
    transcript.take(warning);
    transcript.take(final);
    transcript.end();
    equal(
      text(),
      '         Hello there⌫         Hello there⌫! The microphone gives nothing.\n         Hello there⌫   1:05  You  Hello there.\n',
    );
  });

  it('writes only whole lines where nobody looks', () => {
    const { transcript, text } = live(false);
    transcript.take(partial('Hello', 'there'));
    transcript.take(final);
    equal(text(), '   1:05  You  Hello there.\n');
  });

  it('shows the end of what is too long for the line', () => {
    const { transcript, text } = live(true);
    transcript.take(partial('one two three four five six seven', 'eight'));
    equal(text(), `         …${'one two three four five six seven eight'.slice(-27)}`);
  });
});
