/**
 * Who is called what: single exchanges, and our labelled meetings with their speakers' names taken
 * away.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LabelledMeeting } from '../../../testing/scoring/insightsScore';
import { createAnalyzerFactory } from '../../../daemon/insights/analyzerFactory';
import { parseAnalysisInput } from '../../../daemon/insights/text/plainText';

const OWN = join(__dirname, '..', '..', 'fixtures', 'meetings');
const factory = createAnalyzerFactory();

type Turn = readonly [speaker: string, text: string, start?: number];

/** @returns names by label; turns last two seconds and follow at once where no start is given */
function names(turns: readonly Turn[]): Record<string, string> {
  const segments = turns.map(([speaker, text, start], i) => ({
    id: `s${i}`,
    start: start ?? i * 2,
    end: (start ?? i * 2) + 2,
    speaker,
    text,
    source: 'system',
  }));
  const analyzer = factory.create({ startedAt: '2026-11-23T09:30:00+01:00' });
  analyzer.update(parseAnalysisInput(JSON.stringify({ segments })));
  analyzer.finish();
  return Object.fromEntries(analyzer.speakerNames.map(({ speaker, name }) => [speaker, name]));
}

const [A, B, C] = ['Speaker 1', 'Speaker 2', 'Speaker 3'];
const check = (what: string, turns: readonly Turn[], expected: Record<string, string>): void =>
  void it(what, () => deepEqual(names(turns), expected));

describe('what speakers are called', () => {
  check(
    'who answers a question',
    [
      [A, 'Nina, could you set up two phones?'],
      [B, 'Yeah, I can do that on Thursday.'],
    ],
    { [B]: 'Nina' },
  );
  check(
    'who was thanked twice, not once',
    [
      [A, 'The build is green.'],
      [B, 'Thanks, Omar.'],
      [A, 'And the tests pass.'],
      [C, 'Great, Omar.'],
      [C, 'Good.'],
      [B, 'Nice, Lea.'],
    ],
    { [A]: 'Omar' },
  );
  check(
    'who says so',
    [
      [A, "Hi, I'm Nina, from support."],
      [B, 'Hello.'],
    ],
    { [A]: 'Nina' },
  );
  check(
    'nobody, where the answer comes late',
    [
      [A, 'Nina, could you set up two phones?'],
      [B, 'Let us begin.', 30],
    ],
    {},
  );
  check(
    'nobody by the name one calls',
    [
      [A, 'Nina, could you set up two phones?'],
      [B, 'Sure.'],
      [B, 'Nina, are you there?'],
      [C, 'I am.'],
    ],
    { [C]: 'Nina' },
  );
  check(
    'nobody, where two answered to it',
    [
      [A, 'Nina, could you look?'],
      [B, 'Sure.'],
      [A, 'Nina, could you help?'],
      [C, 'Of course.'],
    ],
    {},
  );
  check(
    'nobody, where one answered to two',
    [
      [A, 'Nina, could you look?'],
      [B, 'Sure.'],
      [A, 'Marco, could you help?'],
      [B, 'Of course.'],
    ],
    {},
  );
  check(
    'nobody who has a name',
    [
      [A, 'Nina, could you look?'],
      ['Marco', 'Sure.'],
    ],
    {},
  );
  check(
    'nobody by "everybody"',
    [
      [A, 'Everybody, can you hear me?'],
      [B, 'Yes.'],
      [C, 'Nobody here.'],
    ],
    {},
  );

  it('in labelled meetings: more than a quarter of those who speak, and never somebody else', () => {
    const counts = { right: 0, wrong: 0, of: 0 };
    for (const file of readdirSync(OWN).filter((name) => name.endsWith('.json'))) {
      const { turns } = JSON.parse(readFileSync(join(OWN, file), 'utf8')) as LabelledMeeting;
      const people = [...new Set(turns.map(({ who }) => who))];
      const found = names(
        turns.map(({ who, text, start }) => [`Speaker ${people.indexOf(who) + 1}`, text, start]),
      );
      counts.of += people.length;
      for (const [label, name] of Object.entries(found))
        counts[people[Number(label.slice(8)) - 1] === name ? 'right' : 'wrong']++;
    }
    equal(counts.wrong, 0);
    ok(counts.right >= counts.of / 4, JSON.stringify(counts));
  });
});
