/** The check of written texts: right texts pass, 200 lies about the same meetings do not. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { segmentsOf, type LabelledMeeting } from '../../../testing/scoring/insightsScore';
import { liesAbout, type Lie, type RightText } from '../../../testing/scoring/lies';
import { alignQuote } from '../../../daemon/insights/gate/alignQuote';
import { checkWritten } from '../../../daemon/insights/gate/check';
import { SpokenWindow } from '../../../daemon/insights/gate/spokenWindow';
import { parsePlainText } from '../../../daemon/insights/text/plainText';
import { skip } from '../../../testing/harness/skip';

const DATA = join(__dirname, '..', '..', '..', '..', 'shared', 'data');
const ANSWERS = join(DATA, 'strong-answers');
const LIES = 200;

interface Case {
  readonly meeting: LabelledMeeting;
  readonly rights: readonly RightText[];
}

function load(folder: string): Case[] {
  return readdirSync(ANSWERS)
    .filter((name) => name.endsWith('.json') && existsSync(join(DATA, folder, name)))
    .map((name) => {
      const read = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));
      const { actions, decisions } = read(join(ANSWERS, name)) as Record<string, RightText[]>;
      return {
        meeting: read(join(DATA, folder, name)) as LabelledMeeting,
        rights: [...(actions ?? []), ...(decisions ?? [])],
      };
    });
}

const quotesOf =
  ({ meeting }: Case) =>
  ({ turns }: RightText) =>
    turns.map((turn) => ({ line: turn + 1, quote: meeting.turns[turn]?.text ?? '' }));

function windowOf({ meeting }: Case, injected?: { readonly after: number; readonly text: string }) {
  const segments = segmentsOf(meeting, 'named');
  if (!injected) return segments;
  const { after, text } = injected;
  const spoken = segments[after];
  return spoken
    ? [
        ...segments.slice(0, after + 1),
        { ...spoken, id: 'injected', text },
        ...segments.slice(after + 1),
      ]
    : segments;
}

/** True if the part of the item that is a lie stands. */
function stands(one: Case, { kind, item, injected }: Lie): boolean {
  const after = (item.quotes[0]?.line ?? 2) - 2;
  const checked = checkWritten(
    item,
    new SpokenWindow(windowOf(one, injected === undefined ? undefined : { after, text: injected })),
  );
  if (!checked) return false;
  if (kind === 'owner') return checked.owner === item.owner;
  if (
    kind === 'date' &&
    checked.due === item.due &&
    item.due &&
    /noon|thirty-first|nineteen/.test(item.due)
  )
    return true;
  return kind === 'date' && /noon|thirty-first|nineteen/.test(item.due ?? '')
    ? false
    : checked.refusal === undefined;
}

function measure(folder: string): {
  readonly passed: string[];
  readonly of: number;
  readonly refused: string[];
  readonly rights: number;
} {
  const cases = load(folder);
  const all = cases.flatMap((one, i) =>
    liesAbout(
      one.rights,
      cases[(i + 1) % cases.length]?.rights ?? [],
      [...new Set(one.meeting.turns.map(({ who }) => who))],
      quotesOf(one),
    ).map((lie) => ({ one, lie })),
  );
  const step = all.length / LIES;
  const lies = Array.from({ length: LIES }, (_, i) => all[Math.floor(i * step)]).filter(
    (lie) => lie !== undefined,
  );
  const refused = cases.flatMap((one) => {
    const window = new SpokenWindow(windowOf(one));
    return one.rights.flatMap((right) => {
      const checked = checkWritten({ ...right, quotes: quotesOf(one)(right) }, window);
      const fine =
        checked &&
        checked.refusal === undefined &&
        (checked.owner ?? null) === (right.owner ?? null);
      return fine ? [] : [`${checked?.refusal ?? (checked ? 'owner' : 'nothing')}: ${right.text}`];
    });
  });
  return {
    passed: lies
      .filter(({ one, lie }) => stands(one, lie))
      .map(({ lie }) => `${lie.kind} (${lie.item.owner ?? ''}): ${lie.item.text}`),
    of: lies.length,
    refused,
    rights: cases.flatMap(({ rights }) => rights).length,
  };
}

describe('check of written texts', () => {
  // `most` is the measured state, so that a change may only improve it.
  for (const [name, folder, most] of [
    ['development meetings', 'meetings-natural', { lies: 9, refused: 8 }],
    ['meetings held apart', 'meetings-train', { lies: 23, refused: 19 }],
  ] as const)
    it(`refuses lies and passes right texts, ${name}`, function () {
      if (!existsSync(ANSWERS)) skip(this, 'the recorded answers are not here');
      const { passed, of, refused, rights } = measure(folder);
      console.log(
        `      ${name}: ${passed.length} of ${of} lies pass (mark 0); ${refused.length} of ${rights} right texts refused (mark 5 %)`,
      );
      if (process.env['EARMARK_SHOW'] && folder === 'meetings-natural')
        console.log([...passed, '', ...refused].join('\n'));
      equal(of, LIES);
      ok(passed.length <= most.lies && refused.length <= most.refused);
    });

  it('aligns quotes that leave out fillers, up to two lines away', () => {
    const lines = ['Morning.', "Um, so I'll, I'll fix the, uh, importer by Friday.", 'Fine.'];
    deepEqual(alignQuote(lines, 2, "I'll fix the importer by Friday"), {
      line: 1,
      quote: "I'll, I'll fix the, uh, importer by Friday.",
    });
    equal(alignQuote(lines, 1, 'I will buy a new server'), undefined);
  });

  it('replaces a text that its evidence does not carry by the quote', () => {
    const window = new SpokenWindow(
      parsePlainText("Ana: The snapshot is big.\nBen: I'll look at the snapshot."),
    );
    const quotes = [{ line: 2, quote: "I'll look at the snapshot" }];
    equal(
      checkWritten(
        { text: 'Delete the production snapshot and migrate everything to DynamoDB', quotes },
        window,
      )?.text,
      'Ben: "I\'ll look at the snapshot."',
    );
  });
});
