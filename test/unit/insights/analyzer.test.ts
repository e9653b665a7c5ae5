/**
 * What people say, and what comes of it: owners, dates, corrections, ids, a person's hand, cut
 * sentences.
 */
import { deepEqual, ok } from 'node:assert/strict';
import fc from 'fast-check';
import { createAnalyzerFactory } from '../../../daemon/insights/analyzerFactory';
import { parsePlainText } from '../../../daemon/insights/text/plainText';
import { insightWords } from '../../../daemon/insights/text/render';
import type { Insight } from '../../../daemon/insights/types';
import type { Segment } from '../../../daemon/transcript/types';

const factory = createAnalyzerFactory();
/** A Monday. */
const STARTED = '2026-11-23T09:30:00+01:00';

function analyse(text: string, self?: string): readonly Insight[] {
  const analyzer = factory.create({ startedAt: STARTED, ...(self !== undefined && { self }) });
  analyzer.update(parsePlainText(text));
  analyzer.finish();
  return analyzer.insights;
}
const lines = (insights: readonly Insight[], kind: Insight['kind']) =>
  insights.filter((insight) => insight.kind === kind).map(insightWords);

function actions(dialogue: readonly string[], expected: readonly string[], self?: string): void {
  deepEqual(lines(analyse(dialogue.join('\n'), self), 'action'), expected);
}
function decisions(dialogue: readonly string[], expected: readonly string[]): void {
  deepEqual(lines(analyse(dialogue.join('\n')), 'decision'), expected);
}

describe('actions: who does it', () => {
  it('the one who says I', () =>
    actions(
      ['Ana: Morning.', "Ben: I'll rewrite the parser by Friday."],
      ['Rewrite the parser — @Ben, by Friday (2026-11-27)'],
    ));
  it('the one who is asked and agrees', () =>
    actions(
      ['Ana: Ben, can you update the changelog?', 'Ben: Sure.'],
      ['Update the changelog — @Ben'],
    ));
  it('the one who is asked by name and says nothing', () =>
    actions(
      ['Ana: Ben, can you update the changelog?', 'Cem: Next topic, the budget.'],
      ['Update the changelog — @Ben'],
    ));
  it('nobody when the one who is asked declines', () =>
    actions(['Ana: Ben, can you update the changelog?', "Ben: Sorry, I can't."], []));
  it('the next one who takes it', () =>
    actions(
      [
        'Ana: Ben, can you update the changelog?',
        "Ben: Sorry, I can't.",
        "Cem: I'll do it tomorrow.",
      ],
      ['Update the changelog — @Cem, tomorrow (2026-11-24)'],
    ));
  it('the one who is named in a correction', () =>
    actions(
      [
        'Ana: Ben will update the changelog.',
        "Ana: No, it's Cem, not Ben.",
        'Ben: Good.',
        'Cem: Fine.',
      ],
      ['Update the changelog — @Cem'],
    ));
  it('nobody yet', () =>
    actions(
      ['Ana: Somebody has to renew the certificate.', 'Ben: True.'],
      ['Renew the certificate'],
    ));
  it('the one who answers a question for volunteers', () =>
    actions(
      ['Ana: Who writes the release notes?', "Ben: I'll do that."],
      ['Write the release notes — @Ben'],
    ));
  it('the one who offers and is taken up', () =>
    actions(['Ben: Should I book the room?', 'Ana: Yes, please.'], ['Book the room — @Ben']));
  it('"me" and "you" by name', () =>
    actions(
      ['Ana: Send me the logs, please, Ben.', 'Ben: Will do.'],
      ['Send Ana the logs — @Ben'],
    ));
  it('a first name finds the full label', () =>
    actions(
      ['Ana Lopez: Ben, could you check the backups?', 'Ben Stone: Yes.'],
      ['Check the backups — @Ben Stone'],
    ));
});

describe('words that every object of the language has', () => {
  it('are words', () =>
    actions(
      ["Ben: I'll fix the constructor today.", 'Ben: And hasOwnProperty, toString, __proto__.'],
      ['Fix the constructor — @Ben, today (2026-11-23)'],
    ));
});

describe('actions: speakers known by source only', () => {
  it('a name that is called out owns the task', () =>
    actions(
      ['You: Ben, can you update the changelog?', 'Others: Sure.'],
      ['Update the changelog — @Ben'],
    ));
  it('"You" is the user', () =>
    actions(["You: I'll call the vendor today."], ['Call the vendor — @You, today (2026-11-23)']));
  it('"You" has a name where it is known', () =>
    actions(
      ["You: I'll call the vendor today."],
      ['Call the vendor — @Ana, today (2026-11-23)'],
      'Ana',
    ));
  it('thanks tell who took it', () =>
    actions(
      ["Others: I'll rotate the keys.", 'You: Thanks, Chris.'],
      ['Rotate the keys — @Chris'],
    ));
  it('nobody called: Others', () =>
    actions(['You: Hello.', "Others: I'll rotate the keys."], ['Rotate the keys — @Others']));
  it('Others can ask and answer among themselves', () =>
    actions(
      ['Others: Nina, could you set up the phones?', 'Others: Yeah, I can do that on Thursday.'],
      ['Set up the phones — @Nina, on Thursday (2026-11-26)'],
    ));
  it('the one who was called just before speaks', () =>
    actions(
      ['You: Nina, what about you?', "Others: I'll finish the adapter."],
      ['Finish the adapter — @Nina'],
    ));
});

describe('actions: what becomes of them', () => {
  it('a later date wins', () =>
    actions(
      [
        "Ben: I'll write the adapter by Thursday.",
        'Ana: Okay.',
        "Ben: Thursday is too tight for the adapter. Let's say next Monday.",
      ],
      ['Write the adapter — @Ben, next Monday (2026-11-30)'],
    ));
  it('stays where "we drop it" means what was spoken of since', () =>
    actions(
      [
        "Ben: I'll fix the importer by Friday.",
        'Ana: The dark theme of the old admin page has no users.',
        'Cem: Agreed, we drop it.',
      ],
      ['Fix the importer — @Ben, by Friday (2026-11-27)'],
    ));
  it('is gone where "we drop it" follows it', () =>
    actions(
      [
        "Ben: I'll write the migration guide.",
        'Ana: Nobody reads that.',
        'Ben: Agreed, we drop it.',
      ],
      [],
    ));
  it('cancelled is gone', () =>
    actions(["Ben: I'll call the legal team.", 'Ana: Wait, forget that, it is approved.'], []));
  it('said twice is one', () =>
    actions(
      [
        "Ben: I'll rotate the signing keys.",
        'Ana: Good.',
        "Ben: So I'll rotate the signing keys on Friday.",
      ],
      ['Rotate the signing keys — @Ben, on Friday (2026-11-27)'],
    ));
  it('a date in the answer counts', () =>
    actions(
      ['Ana: Ben, can you test the installer?', 'Ben: Sure, by tomorrow evening.'],
      ['Test the installer — @Ben, by tomorrow evening (2026-11-24)'],
    ));
  it('a date that is ruled out does not', () =>
    actions(
      ['Ana: Ben, can you test the installer?', 'Ben: I can, but not before Friday.'],
      ['Test the installer — @Ben'],
    ));
});

describe('actions: as a recogniser hears them', () => {
  it('what is being done on a day to come', () =>
    actions(
      ["Ben: I'm calling the vendor tomorrow."],
      ['Call the vendor — @Ben, tomorrow (2026-11-24)'],
    ));
  it("a swallowed 'll", () =>
    actions(
      ['Ben: I rotate the signing keys on Friday.'],
      ['Rotate the signing keys — @Ben, on Friday (2026-11-27)'],
    ));
  it('a swallowed I', () =>
    actions(
      ['Ana: Ben, can you call the legal team?', 'Ben: Ok, can call them this afternoon.'],
      ['Call the legal team — @Ben, this afternoon (2026-11-23)'],
    ));
  it('two voices in one segment', () =>
    actions(
      ['Ana: Nina, could you set up the phones? Yeah, I can do that on Thursday.'],
      ['Set up the phones — @Nina, on Thursday (2026-11-26)'],
    ));
  it('no punctuation', () =>
    actions(
      [
        'Ana: but I need access to the table Olek can you give me that',
        "Olek: sure I'll set it up this afternoon",
      ],
      [
        `Olek: "I'll set it up this afternoon" — about the table — @Olek, this afternoon (2026-11-23)`,
      ],
    ));
  it('a question without its mark', () =>
    actions(
      ['Ana: oh nice who shows her around', 'Ben: I can do that'],
      ['Show her around — @Ben'],
    ));
});

describe('actions: what is none', () => {
  const none = (...dialogue: string[]) => actions(dialogue, []);
  it('past work', () =>
    none('Ben: Yesterday I fixed the login bug.', 'Ben: I already merged the branch.'));
  it('what only might be', () =>
    none(
      'Ben: If I were you, I would rewrite it.',
      'Ben: I could rewrite the whole thing in Rust.',
      "Ana: No, please don't.",
    ));
  it('what is done in the meeting', () =>
    none("Ben: I'll share my screen for a moment.", "Ben: I'll go first."));
  it('questions', () =>
    none('Ana: Will that log out people with old phones?', 'Ben: Maybe a few.'));
  it('conditions', () => none("Ben: If it fails again, I'll come back to you."));
  it('reported requests', () =>
    none('Ben: The security team asked us to turn on the rules, and we already did that.'));
});

describe('decisions', () => {
  it('said as such', () =>
    decisions(['Ana: Then we decided, the sessions go to Redis.'], ['The sessions go to Redis']));
  it('announced in one sentence, said in the next', () =>
    decisions(
      [
        'Ana: Any objections? Then we decided.',
        'Ana: The sessions go to Redis, not in memory.',
        'Ben: Good.',
      ],
      ['The sessions go to Redis, not in memory'],
    ));
  it('announced and never said is none', () =>
    decisions(['Ana: So we decided.', 'Ben: Next topic, the budget.'], []));
  it("let's", () =>
    decisions(
      ['Ana: Any ideas?', "Ben: Let's use a server revision instead."],
      ['Use a server revision instead'],
    ));
  it('with its topic', () =>
    decisions(
      [
        'Ana: What about the token lifetime?',
        'Ben: Fifteen minutes would be safer.',
        'Ana: Fifteen minutes it is.',
      ],
      ['The token lifetime: fifteen minutes'],
    ));
  it('rejected at once is none', () =>
    decisions(["Ben: Let's wrap it in a try block.", 'Ana: Please no, that hides the bug.'], []));
  it('earlier ones are reported, not made', () =>
    decisions(['Ana: Last month we decided to trust the device, but that was wrong.'], []));
  it('an agreed proposal', () =>
    decisions(['Ana: Should we drop the old format?', 'Ben: Agreed.'], ['Drop the old format']));
  it('a proposal alone is none', () =>
    decisions(['Ana: We could keep both versions.', 'Ben: Hm.'], []));
  it('what follows "we decided"', () =>
    decisions(
      ['Ana: Any objections? Then we decided.', 'Ana: The sessions go to Redis.'],
      ['The sessions go to Redis'],
    ));
  it('a question that comes back as a statement', () =>
    decisions(
      [
        'Ana: Should the dark mode follow the system?',
        'Ben: Everybody does that.',
        'Ana: Okay, dark mode follows the system setting.',
      ],
      ['Dark mode follows the system setting'],
    ));
  it('a short yes before it', () =>
    decisions(
      ['Ana: Two a week at most.', "Ben: I'm with you. We cap it at two a week."],
      ['Cap it at two a week'],
    ));
  it('a plain statement of how things are is none', () =>
    decisions(['Ana: We store the sessions in memory.', 'Ana: We send a report every night.'], []));
  it('not now, as an answer', () =>
    decisions(
      ['Ana: Do they join the rotation?', 'Ben: No, not in the first three months.'],
      ['They join the rotation? Not in the first three months'],
    ));
  it('said again in other words is one', () =>
    decisions(
      [
        "Ana: Let's use the server revision.",
        'Ben: Yes. Final answer, the server revision decides.',
      ],
      ['The server revision decides'],
    ));
});

describe('risks and open questions', () => {
  it('a risk that is named', () =>
    deepEqual(lines(analyse('Ana: One risk is the migration of the old users.'), 'risk'), [
      'One risk is the migration of the old users',
    ]));
  it('a question that nobody can answer', () =>
    deepEqual(lines(analyse('Ana: Who approves the address form?\nBen: No idea.'), 'question'), [
      'Who approves the address form?',
    ]));
  it('an answered question is closed', () =>
    deepEqual(
      lines(analyse('Ana: Who approves the address form?\nBen: Victor approves it.'), 'question'),
      [],
    ));
});

describe('the analyzer over time', () => {
  const segment = (
    n: number,
    speaker: string,
    text: string,
    more: Partial<Segment> = {},
  ): Segment => ({
    id: `s${n}`,
    startMs: n * 4000,
    endMs: n * 4000 + 3500,
    source: 'system',
    speaker,
    text,
    confidence: 1,
    revision: 0,
    ...more,
  });
  const create = (restore?: Parameters<typeof factory.create>[1]) =>
    factory.create({ startedAt: STARTED }, restore);

  it('keeps the id while owner and date change', () => {
    const analyzer = create();
    const first = analyzer.update([segment(1, 'Ana', 'Ben, can you write the adapter?')]);
    const second = analyzer.update([segment(2, 'Ben', "Sure, I'll do it by Thursday.")]);
    const only = (changes: typeof first) =>
      changes
        .filter(({ insight }) => insight.kind === 'action')
        .map(({ op, insight }) => [op, insight.id, insightWords(insight)]);
    deepEqual(
      [only(first), only(second)],
      [
        [['add', 'a1', 'Write the adapter — @Ben']],
        [['update', 'a1', 'Write the adapter — @Ben, by Thursday (2026-11-26)']],
      ],
    );
  });

  it('says nothing when nothing changed', () => {
    const analyzer = create();
    analyzer.update([segment(1, 'Ben', "I'll write the adapter.")]);
    analyzer.finish();
    deepEqual(
      [analyzer.update([segment(1, 'Ben', "I'll write the adapter.")]), analyzer.finish()],
      [[], []],
    );
  });

  it('leaves alone what a person edited or dismissed', () => {
    const analyzer = create();
    analyzer.update([
      segment(1, 'Ben', "I'll write the adapter."),
      segment(2, 'Cem', "I'll call the vendor."),
    ]);
    analyzer.revise('a1', { text: 'Write both adapters', owner: 'Cem' });
    analyzer.revise('a2', { status: 'dismissed' });
    analyzer.update([
      segment(3, 'Ben', "I'll write the adapter by Friday."),
      segment(4, 'Cem', "I'll call the vendor tomorrow."),
    ]);
    deepEqual(
      analyzer.insights
        .filter(({ kind }) => kind === 'action')
        .map((i) => [i.id, i.text, i.owner, i.status]),
      [
        ['a1', 'Write both adapters', 'Cem', 'open'],
        ['a2', 'Call the vendor', 'Cem', 'dismissed'],
      ],
    );
  });

  it('goes on after a restart with the same ids', () => {
    const before = create();
    const said = [
      segment(1, 'Ben', "I'll write the adapter."),
      segment(2, 'Ana', "Let's use the server revision."),
    ];
    before.update(said);
    const after = create({ segments: said, insights: before.insights });
    const changes = after
      .update([segment(3, 'Cem', "I'll call the vendor tomorrow.")])
      .filter(({ insight }) => insight.kind === 'action' || insight.kind === 'decision');
    deepEqual(
      changes.map(({ op, insight }) => [op, insight.id, insight.text]),
      [['add', 'a2', 'Call the vendor']],
    );
  });

  it('takes back what an echo said', () => {
    const analyzer = create();
    analyzer.update([segment(1, 'Ben', "I'll write the adapter.")]);
    const changes = analyzer.update([
      segment(1, 'Ben', "I'll write the adapter.", { hidden: true, revision: 1 }),
    ]);
    deepEqual(
      changes
        .filter(({ insight }) => insight.kind === 'action')
        .map(({ op, insight }) => [op, insight.id]),
      [['remove', 'a1']],
    );
  });

  it('follows a renamed speaker', () => {
    const analyzer = create();
    analyzer.update([segment(1, 'Others', "I'll write the adapter.")]);
    analyzer.update([segment(1, 'Ben', "I'll write the adapter.", { revision: 1 })]);
    deepEqual(lines(analyzer.insights, 'action'), ['Write the adapter — @Ben']);
  });

  it('reads a sentence that is cut over segments, and quotes both', () => {
    const analyzer = create();
    analyzer.update([
      segment(1, 'Ben', "Okay, so I'll rewrite the"),
      segment(2, 'Ben', 'parser by Friday.'),
    ]);
    const [action] = analyzer.insights.filter(({ kind }) => kind === 'action');
    deepEqual(
      [
        action && insightWords(action),
        action?.evidence.map(({ segmentId, quote }) => [segmentId, quote]),
      ],
      [
        'Rewrite the parser — @Ben, by Friday (2026-11-27)',
        [
          ['s1', "Okay, so I'll rewrite the"],
          ['s2', 'parser by Friday.'],
        ],
      ],
    );
  });

  it('finds the same whether it hears all at once or piece by piece', () => {
    const said = [
      'Ana: Ben, can you update the schema?',
      "Ben: Sure, I'll do that by Tuesday.",
      'Ana: What about the batch size?',
      "Cem: Let's go with two hundred.",
      "Cem: I'll change the limit tomorrow.",
      'Ana: Thanks, Cem.',
      'Ben: Make it Wednesday for the schema.',
    ].flatMap((text, i) =>
      parsePlainText(text).map((s) => ({
        ...s,
        id: `s${i}`,
        startMs: i * 4000,
        endMs: i * 4000 + 3000,
      })),
    );
    const view = (insights: readonly Insight[]) =>
      insights.filter(({ kind }) => kind !== 'summary').map((i) => [i.kind, insightWords(i)]);
    const whole = create();
    whole.update(said);
    fc.assert(
      fc.property(fc.array(fc.nat(said.length), { maxLength: 5 }), (cuts) => {
        const analyzer = create();
        const ends = [...new Set([...cuts, said.length])].sort((a, b) => a - b);
        ends.forEach((end, i) => analyzer.update(said.slice(ends[i - 1] ?? 0, end)));
        deepEqual(view(analyzer.insights), view(whole.insights));
      }),
      { numRuns: 30 },
    );
  });

  it('keeps every line when a part of a sentence is hidden, and later one right behind another line', () => {
    const said: readonly (readonly [string, string])[] = [
      ['Ana', 'Good morning.'],
      ['Ben', 'Look at the log and'],
      ['Ben', 'by Monday'],
      ['Cem', 'What about the batch size?'],
      ['Ana', 'Ben, can you update the schema?'],
      ['Ben', 'Sure.'],
      ['Cem', 'Somebody should test the parser.'],
      ['Ana', 'Fine.'],
    ];
    const current = said.map(([speaker, text], n) => segment(n, speaker, text));
    const analyzer = create();
    for (const one of current) analyzer.update([one]);
    for (const n of [2, 6]) {
      current[n] = { ...current[n]!, hidden: true, revision: 1 };
      analyzer.update([current[n]]);
    }
    const whole = create();
    whole.update(current);
    const view = (insights: readonly Insight[]) =>
      insights
        .filter(({ kind }) => kind === 'action')
        .map((i) => [insightWords(i), i.evidence.map(({ segmentId }) => segmentId)]);
    deepEqual(view(analyzer.insights), view(whole.insights));
    deepEqual(view(whole.insights), [['Update the schema — @Ben', ['s4', 's5']]]);
  });

  it('holds the same after any order of finals, corrections, echoes and renames as one who hears only the end of it', () => {
    const phrases = [
      "I'll fix the importer",
      'Ben, can you update the schema?',
      'Sure.',
      'Forget that.',
      "Let's go with Redis.",
      'By Friday',
      'and the',
      'We decided to keep the old format.',
      'Somebody should test the parser.',
      'Make it Monday.',
      'What about the batch size?',
    ];
    const speakers = ['Ana', 'Ben', 'Cem', 'Others'];
    const view = (insights: readonly Insight[]) =>
      insights
        .filter(({ kind }) => kind !== 'summary')
        .map((i) => [
          i.kind,
          insightWords(i),
          i.evidence.map(({ segmentId, quote }) => [segmentId, quote]),
        ])
        .sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
    const change = fc.record({
      n: fc.nat(219),
      speaker: fc.constantFrom(...speakers),
      text: fc.constantFrom(...phrases),
      hidden: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(fc.nat(phrases.length * speakers.length - 1), { minLength: 180, maxLength: 220 }),
        fc.array(change, { maxLength: 12 }),
        (said, changes) => {
          const current = new Map<string, Segment>();
          const analyzer = create();
          const recognise = (
            n: number,
            speaker: string,
            text: string,
            more: Partial<Segment> = {},
          ) => {
            const one = segment(n, speaker, text, more);
            current.set(one.id, one);
            analyzer.update([one]);
          };
          // Everybody has a name from the start, so that nobody is learnt from words that are taken
          // back.
          speakers.forEach((speaker, n) => recognise(n, speaker, 'Good morning.'));
          said.forEach((pick, i) =>
            recognise(
              i + speakers.length,
              speakers[pick % speakers.length]!,
              phrases[Math.floor(pick / speakers.length)]!,
            ),
          );
          for (const { n, speaker, text, hidden } of changes)
            recognise(n + speakers.length, speaker, text, { hidden, revision: 1 });
          const whole = create();
          whole.update([...current.values()].sort((a, b) => a.startMs - b.startMs));
          deepEqual(view(analyzer.insights), view(whole.insights));
        },
      ),
      { numRuns: 4, endOnFailure: true },
    ); // Two seconds a run: to make a failure smaller would take longer than the suite may.
  });

  it('has a quote from the transcript for everything, whatever is said in whatever order', () => {
    const phrases = [
      "I'll fix it",
      'Ben, can you',
      'Sure',
      'forget that',
      "let's go with Redis",
      'by Friday',
      'we decided',
      'not',
      'Somebody should test the parser',
      'make it Monday',
      'it’s Cem, not Ben',
      'That’s settled.',
      'Who does it?',
      '…',
      '’',
      'um',
      'PAY-12 refreshSession',
      '\n',
      '  ',
    ];
    const segments = fc.array(
      fc.record({
        speaker: fc.constantFrom('Ana', 'Ben', 'Others', 'You'),
        text: fc
          .array(fc.constantFrom(...phrases), { minLength: 1, maxLength: 5 })
          .map((parts) => parts.join(' ')),
        hidden: fc.boolean(),
      }),
      { maxLength: 15 },
    );
    fc.assert(
      fc.property(segments, (said) => {
        const analyzer = create();
        const all = said.map(({ speaker, text, hidden }, i) =>
          segment(i, speaker, text, { hidden: hidden && i % 3 === 0 }),
        );
        for (const one of all) analyzer.update([one]);
        analyzer.finish();
        for (const { evidence, text } of analyzer.insights) {
          ok(text.length > 0 && evidence.length > 0);
          for (const { segmentId, quote } of evidence)
            ok(
              all.some(
                ({ id, text: words, hidden }) =>
                  id === segmentId && !hidden && words.includes(quote),
              ),
              `"${quote}"`,
            );
        }
      }),
      { numRuns: 150 },
    );
  });
});
