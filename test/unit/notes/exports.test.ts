/** The corners of the exports; their whole shape is in the golden files. */
import { deepEqual, equal } from 'node:assert/strict';
import {
  groupInsights,
  insightLine,
  renderInsightsMarkdown,
} from '../../../daemon/insights/text/render';
import type { Insight } from '../../../daemon/insights/types';
import {
  jsonObject,
  renderExport,
  renderRttm,
  renderSrt,
  renderText,
  renderVtt,
} from '../../../daemon/notes/exports';
import { noteFileName } from '../../../daemon/notes/fileName';
import type { ExportSegment, ExportSession } from '../../../daemon/notes/types';

const segment = (
  id: string,
  startMs: number,
  speaker: string,
  text: string,
  more: Partial<ExportSegment> = {},
): ExportSegment => ({
  id,
  startMs,
  endMs: startMs + 1500,
  source: 'system',
  speaker,
  text,
  confidence: 0.9876,
  ...more,
});
const session = (...segments: ExportSegment[]): ExportSession => ({
  file: '/tmp/my talk.v2.wav',
  segments,
});
const insight = (kind: Insight['kind'], more: Partial<Insight> = {}): Insight => ({
  id: `${kind}1`,
  kind,
  text: 'Fix the token refresh',
  status: 'open',
  confidence: 0.9,
  evidence: [{ segmentId: 's1', startMs: 845_000, endMs: 846_000, quote: 'fix' }],
  symbols: [],
  ...more,
});

describe('exports', () => {
  it('text names speakers only where there are several', () => {
    deepEqual(
      [
        renderText(session(segment('1', 0, 'You', 'Hi.'))),
        renderText(session(segment('1', 0, 'You', 'Hi.'), segment('2', 2000, 'Ben', 'Yo.'))),
      ],
      ['Hi.\n', 'You: Hi.\nBen: Yo.\n'],
    );
  });
  it('leaves hidden segments out and sorts by time', () =>
    equal(
      renderText(
        session(
          segment('2', 2000, 'A', 'two'),
          segment('1', 0, 'A', 'one'),
          segment('3', 1000, 'A', 'echo', { hidden: true }),
        ),
      ),
      'one\ntwo\n',
    ));
  it('srt has running numbers and times with a comma', () =>
    equal(
      renderSrt(session(segment('1', 3_661_250, 'Ben', 'A\n\nB'))),
      '1\n01:01:01,250 --> 01:01:02,750\nBen: A B\n',
    ));
  it('vtt escapes markup', () =>
    equal(
      renderVtt(session(segment('1', 0, 'A<b', 'x & y'))),
      'WEBVTT\n\n00:00:00.000 --> 00:00:01.500\n<v A&lt;b>x &amp; y\n',
    ));
  it('rttm has the base name without its ending, and no blanks in fields', () =>
    equal(
      renderRttm(session(segment('1', 250, 'Speaker 2', 'x'))),
      'SPEAKER my_talk.v2 1 0.250 1.500 <NA> <NA> Speaker_2 <NA> <NA>\n',
    ));
  it('rttm has both speakers of an overlap', () =>
    equal(
      renderRttm({
        ...session(segment('1', 0, 'Ann', 'x')),
        speakers: [
          { id: 'a', name: 'Ann', source: 'system', turns: [{ startMs: 0, endMs: 4_000 }] },
          { id: 'b', name: 'Ben', source: 'system', turns: [{ startMs: 3_000, endMs: 6_500 }] },
        ],
      }),
      'SPEAKER my_talk.v2 1 0.000 4.000 <NA> <NA> Ann <NA> <NA>\n' +
        'SPEAKER my_talk.v2 1 3.000 3.500 <NA> <NA> Ben <NA> <NA>\n',
    ));
  it('json has seconds, string ids and no words where there are none', () => {
    const { segments } = jsonObject(
      session(
        segment('1', 1234, 'A', 'x', {
          words: [{ text: 'x', startMs: 1234, endMs: 1500, confidence: 1, timing: 'model' }],
        }),
        segment('2', 3000, 'A', 'y'),
      ),
    );
    deepEqual(segments, [
      {
        id: '1',
        start: 1.234,
        end: 2.734,
        source: 'system',
        speaker: 'A',
        text: 'x',
        confidence: 0.988,
        words: [{ text: 'x', start: 1.234, end: 1.5, confidence: 1, timing: 'model' }],
      },
      { id: '2', start: 3, end: 4.5, source: 'system', speaker: 'A', text: 'y', confidence: 0.988 },
    ]);
  });
  it('json is one object for one file and an array for several', () =>
    deepEqual(
      [1, 2].map((n) =>
        Array.isArray(JSON.parse(renderExport('json', Array<ExportSession>(n).fill(session())))),
      ),
      [false, true],
    ));
  it('an empty session has an empty export of every kind', () => {
    deepEqual(
      (['text', 'jsonl', 'srt', 'vtt', 'rttm'] as const).map((format) =>
        renderExport(format, [session()]),
      ),
      ['', '', '', 'WEBVTT\n', ''],
    );
  });
});

describe('lines of insights', () => {
  it('an action has a box, owner, due date and time', () =>
    equal(
      insightLine(
        insight('action', { owner: 'Ben', due: { phrase: 'by Friday', date: '2026-11-27' } }),
      ),
      '- [ ] Fix the token refresh — @Ben, by Friday (2026-11-27) [00:14:05]',
    ));
  it('done, without owner and day', () =>
    equal(
      insightLine(insight('action', { status: 'done', due: { phrase: 'next\nweek' } })),
      '- [x] Fix the token refresh — next week [00:14:05]',
    ));
  it('others have none of that', () =>
    equal(
      insightLine(insight('decision', { owner: 'Ben' })),
      '- Fix the token refresh [00:14:05]',
    ));
  it('dismissed and cancelled ones are not shown', () => {
    const { actions } = groupInsights([
      insight('action'),
      insight('action', { status: 'dismissed' }),
      insight('action', { status: 'cancelled' }),
      insight('action', { status: 'done' }),
    ]);
    deepEqual(
      actions.map(({ status }) => status),
      ['open', 'done'],
    );
  });
  it('no section without a line', () =>
    equal(
      renderInsightsMarkdown([insight('decision')]),
      '## Decisions\n\n- Fix the token refresh [00:14:05]\n',
    ));
});

describe('names of notes', () => {
  const check = (title: string, expected: string) =>
    equal(noteFileName(title, '2026-11-21T14:05:00+01:00'), expected);
  it('date, time and title', () =>
    check('Auth service standup', '2026-11-21-1405-auth-service-standup.earmark.md'));
  it('only letters and digits', () =>
    check('../../etc: "x" / Über’s <b>?', '2026-11-21-1405-etc-x-ubers-b.earmark.md'));
  it('no title', () => check(' … ', '2026-11-21-1405.earmark.md'));
  it('a long title is cut between words', () =>
    check('word '.repeat(40), `2026-11-21-1405-${Array(12).fill('word').join('-')}.earmark.md`));
  it('another script', () =>
    check('週次 ミーティング', '2026-11-21-1405-週次-ミーティング.earmark.md'));
});
