/**
 * A hundred lies written by hand about four meetings, and the right texts of their labels. They were
 * written before the check was mended, so the first figures are not tuned.
 */
import { equal, ok } from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { segmentsOf, type LabelledMeeting } from '../../../testing/scoring/insightsScore';
import { checkWritten } from '../../../daemon/insights/gate/check';
import { SpokenWindow } from '../../../daemon/insights/gate/spokenWindow';
import { skip } from '../../../testing/harness/skip';

const MEETINGS = join(__dirname, '../../../../shared/data/meetings-train');
const LIES = join(__dirname, '../../fixtures/lies/lies.json');
/** Measured state; a change may only improve it. */
const MOST = { lies: 57, refused: 10 };

type Lie = readonly [
  slug: string,
  kind: string,
  text: string,
  lines: readonly number[],
  claim: { readonly owner?: string; readonly due?: string },
];

describe('check of hand-written lies', () => {
  it('refuses lies and passes right texts', function () {
    if (!existsSync(MEETINGS)) skip(this, 'the labelled meetings are not here');
    const lies = JSON.parse(readFileSync(LIES, 'utf8')) as readonly Lie[];
    const meetings = new Map(
      [...new Set(lies.map(([slug]) => slug))].map((slug) => {
        const text = readFileSync(join(MEETINGS, `${slug}.json`), 'utf8');
        const meeting = JSON.parse(text) as LabelledMeeting;
        return [slug, { meeting, window: new SpokenWindow(segmentsOf(meeting, 'named')) }];
      }),
    );
    const quotes = (slug: string, lines: readonly number[]) =>
      lines.map((line) => ({
        line,
        quote: meetings.get(slug)?.meeting.turns[line - 1]?.text ?? '',
      }));
    const passed = lies.filter(([slug, , text, lines, claim]) => {
      const { window } = meetings.get(slug)!;
      const checked = checkWritten({ text, ...claim, quotes: quotes(slug, lines) }, window);
      if (!checked || checked.refusal !== undefined) return false;
      if (claim.due !== undefined) return checked.due === claim.due;
      return claim.owner === undefined || checked.owner === claim.owner;
    });
    const rights = [...meetings].flatMap(([slug, { meeting, window }]) =>
      [...meeting.actions, ...meeting.decisions].map((right) => {
        const { text, turns } = right;
        const owner = 'owner' in right && typeof right.owner === 'string' ? right.owner : undefined;
        const checked = checkWritten(
          {
            text,
            owner,
            quotes: quotes(
              slug,
              turns.map((turn) => turn + 1),
            ),
          },
          window,
        );
        const fine =
          checked &&
          checked.refusal === undefined &&
          (checked.owner ?? undefined) === (owner ?? undefined);
        return fine ? '' : `${checked?.refusal ?? (checked ? 'owner' : 'nothing')}: ${text}`;
      }),
    );
    const refused = rights.filter(Boolean);
    console.log(
      `      ${passed.length} of ${lies.length} lies pass (mark 0); ${refused.length} of ${rights.length} right texts refused (mark 5 %)`,
    );
    if (process.env['EARMARK_SHOW'])
      console.log(
        [
          ...passed.map(
            ([, kind, text, , claim]) => `${kind}: ${text} ${claim.owner ?? claim.due ?? ''}`,
          ),
          '',
          ...refused,
        ].join('\n'),
      );
    equal(lies.length, 100);
    ok(passed.length <= MOST.lies && refused.length <= MOST.refused);
  });
});
