/**
 * The summary by sections: topics with times, sentences that read well, nothing that moves without
 * a reason.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { createAnalyzerFactory } from '../../../../daemon/insights/analyzerFactory';
import { renderInsightsMarkdown } from '../../../../daemon/insights/text/render';
import { wholeSummary } from '../../../../daemon/insights/summary/summarySections';
import type { Insight } from '../../../../daemon/insights/types';
import type { Segment } from '../../../../daemon/transcript/types';

const factory = createAnalyzerFactory();
const SPEAKERS = ['Ana', 'Ben', 'Cem'];
const CACHE = [
  'The cache of the search service loses its entries when a node restarts.',
  'A cold cache makes every search query slow for about ten minutes.',
  'We could warm the cache from the log of popular queries.',
  'The query log holds the popular searches of the last hour already.',
  'Warming the cache takes two minutes on a single search node.',
  'So the slow queries after a restart would nearly disappear.',
  'The search nodes restart one after the other during a release.',
  'Then only one cache is cold at any moment.',
];
const INVOICE = [
  'The invoice export writes the wrong currency for customers in Norway.',
  'The customers get an invoice in euros instead of kroner.',
  'The export reads the currency from the contract and not from the customer.',
  'Every contract in the billing system has the currency of our head office.',
  'The billing team wants the invoice to follow the customer address.',
  'An address without a country falls back to the contract currency.',
  'We send the wrong invoices again after the currency is corrected.',
  'The billing system keeps both versions of the invoice.',
];

/** Two matters, one after the other, each gone through `times`. */
function talk(times: number): Segment[] {
  const texts = [
    ...Array.from({ length: times }, () => CACHE).flat(),
    ...Array.from({ length: times }, () => INVOICE).flat(),
    "I'll fix the currency by Friday.",
    'We decided to warm the cache from the query log.',
  ];
  return texts.map((text, i) => ({
    id: `s${i + 1}`,
    source: 'file',
    startMs: i * 6000,
    endMs: i * 6000 + 5500,
    speaker: SPEAKERS[i % 3] ?? '',
    text,
    confidence: 1,
    revision: 0,
  }));
}

const summary = (insights: readonly Insight[]): Insight[] =>
  insights.filter(({ kind }) => kind === 'summary');

describe('the summary by sections', () => {
  const said = talk(4);
  const whole = factory.create({ startedAt: '2026-11-23T09:30:00+01:00' });
  whole.update(said);
  whole.finish();

  it('has what it is about, then each topic with its times', () => {
    const topics = [
      ...new Map(
        summary(whole.insights).flatMap(({ topic }) => (topic ? [[topic.startMs, topic]] : [])),
      ).values(),
    ];
    const border = said.findIndex(({ text }) => text === INVOICE[0]) * 6000;
    ok(
      topics.some(
        ({ title, startMs }) =>
          Math.abs(startMs - border) <= 30_000 && /invoice|currency|contract|billing/i.test(title),
      ),
      `${topics.map(({ title, startMs }) => `${title} ${startMs}`).join('; ')} near ${border}`,
    );
    match(
      summary(whole.insights).find(({ section }) => section === 'context')?.text ?? '',
      /^Ana, Ben and Cem spoke about .*(?:cache|search|quer).*; /,
    );
  });

  it('tells decisions and what is next, each with its words', () => {
    const tail = wholeSummary(whole.insights).slice(summary(whole.insights).length);
    deepEqual(
      tail.map(({ section, text }) => [section, text]),
      [
        ['decisions', 'Decided: warm the cache from the query log.'],
        ['next', 'Ben will fix the currency, by Friday.'],
      ],
    );
    for (const { evidence } of wholeSummary(whole.insights))
      ok(
        evidence.length > 0 &&
          evidence.every(({ segmentId, quote }) =>
            said.find(({ id }) => id === segmentId)?.text.includes(quote),
          ),
      );
  });

  it('puts the topics above their sentences in Markdown', () => {
    match(
      renderInsightsMarkdown(whole.insights),
      /## Summary\n\n- Ana, Ben and Cem .*\n(?:- .*\n)*- \*\*.*\*\* \[\d\d:\d\d:\d\d\]\n {2}- /,
    );
  });

  it('changes at most every 20 s of speech, and leaves alone what is settled', () => {
    const analyzer = factory.create({ startedAt: '2026-11-23T09:30:00+01:00' });
    let spokenMs = 0;
    let changedAt = 0;
    let removedOld = 0;
    for (const segment of talk(12)) {
      spokenMs += segment.endMs - segment.startMs;
      const changes = analyzer
        .update([segment])
        .filter(({ insight }) => insight.kind === 'summary');
      if (changes.length === 0) continue;
      if (changedAt > 0)
        ok(spokenMs - changedAt >= 20_000, `${spokenMs - changedAt} ms after the last change`);
      changedAt = spokenMs;
      // Eight minutes back nothing goes any more.
      removedOld += changes.filter(
        ({ op, insight }) =>
          op === 'remove' && (insight.evidence[0]?.startMs ?? 0) < segment.startMs - 480_000,
      ).length;
    }
    equal(removedOld, 0);
  });

  const spoken: readonly (readonly [said: string, quoted: readonly string[]])[] = [
    [
      'So, um, I think the the retry of the upload should st stop after five attempts.',
      ['Ana: "I think the retry of the upload should stop after five attempts"'],
    ],
    [
      'Okay, yeah, and the feasi feasibility study of the new parser is ready for the review, but.',
      [],
    ],
    ['Is the feasibility study of the new parser ready for the review?', []],
    ['It is ready for the review by the people of the other team.', []],
    ["I'll write the report about the new parser for the team by Friday.", []],
  ];
  for (const [words, quoted] of spoken) {
    it(`quotes ${quoted.length} sentences of "${words}"`, () => {
      const analyzer = factory.create({ startedAt: '2026-11-23T09:30:00+01:00' });
      analyzer.update([
        {
          id: 's1',
          source: 'file',
          startMs: 0,
          endMs: 6000,
          speaker: 'Ana',
          text: words,
          confidence: 1,
          revision: 0,
        },
      ]);
      analyzer.finish();
      deepEqual(
        summary(analyzer.insights).map(({ text }) => text),
        quoted,
      );
    });
  }
});
