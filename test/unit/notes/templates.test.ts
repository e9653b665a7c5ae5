/** Templates: the file, what the model is asked for, and the note that comes of it. */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { systemClock } from '../../../daemon/base/clock';
import type { LanguageModel } from '../../../daemon/insights/model/languageModel';
import { ModelQueue } from '../../../daemon/insights/model/modelQueue';
import { createAnalyzerFactory } from '../../../daemon/insights/analyzerFactory';
import { parsePlainText } from '../../../daemon/insights/text/plainText';
import { renderInsightsMarkdown } from '../../../daemon/insights/text/render';
import type { Insight } from '../../../daemon/insights/types';
import { applyEdits } from '../../../daemon/notes/edits';
import { planNote } from '../../../daemon/notes/planNote';
import type { NoteDocument } from '../../../daemon/notes/types';
import { BUILT_IN_TEMPLATES, parseTemplate } from '../../../protocol/templateFiles';
import type { NoteTemplate } from '../../../protocol/templates';
import { scriptedAnswer } from '../../../testing/fakes/scripted/scriptedNotes';

const INCIDENT = BUILT_IN_TEMPLATES.find(({ name }) => name === 'incident')!;

describe('a template file', () => {
  it('gives sections in their order, with what to ask for', () => {
    deepEqual(
      parseTemplate(
        'retro',
        '# Retro\n\nBe brief.\n\n## Went well\nWhat people\nliked.\n\n## next steps\n## Transcript\n',
      ),
      {
        name: 'retro',
        title: 'Retro',
        ask: 'Be brief.',
        sections: [
          { title: 'Went well', ask: 'What people liked.' },
          { title: 'Action items', kind: 'action', ask: '' },
        ],
      },
    );
  });
  const faults: readonly [string, string, string, RegExp][] = [
    ['without a section', 'a', '# Title\nText', /no section; add a line/],
    ['with a section twice', 'a', '## Summary\n## summary', /"Summary" twice; remove one/],
    [
      'with too many sections',
      'a',
      Array.from({ length: 13 }, (_, i) => `## S${i}`).join('\n'),
      /more than 12 sections/,
    ],
    ['with a long section', 'a', `## S\n${'word '.repeat(300)}`, /Section 1 .* too long/],
    ['with a name of other characters', 'a/b', '## S', /rename the file/],
    ['of a megabyte', 'a', '## S\n'.repeat(200_000), /more than 20000 characters/],
  ];
  for (const [title, name, text, expected] of faults)
    it(`${title} says what to correct`, () => match(String(parseTemplate(name, text)), expected));

  it('six are built in', () =>
    deepEqual(
      BUILT_IN_TEMPLATES.map(({ name }) => name),
      ['stand-up', 'planning', 'one-to-one', 'incident', 'interview', 'free'],
    ));
});

const SAID = [
  'Ana: The checkout failed from nine to ten on Monday for all customers.',
  'Ben: An expired certificate on the load balancer caused the outage.',
  "Ben: I'll add an alert for certificates by Friday.",
  'Ana: At nine thirty the support team rang the bell.',
];
const segments = parsePlainText(SAID.join('\n'));
const quote = (line: number) => [{ line, quote: SAID[line - 1]!.split(': ')[1]! }];

/** Answers with a sentence for each section, one of them for a section that nobody asked for. */
class Model implements LanguageModel {
  readonly name = 'Scripted';
  readonly id = 'scripted';
  readonly asked: string[] = [];
  complete(messages: Parameters<LanguageModel['complete']>[0]): Promise<string> {
    const system = messages.map(({ content }) => content).join('\n');
    this.asked.push(system);
    if (!system.includes('The checkout failed'))
      return Promise.resolve(scriptedAnswer(system, 'good'));
    return Promise.resolve(
      JSON.stringify({
        items: [
          {
            kind: 'action',
            text: 'Add an alert for certificates',
            owner: 'Ben',
            due: 'by Friday',
            quotes: quote(3),
          },
        ],
        summary: [
          {
            text: 'The checkout failed from nine to ten for all customers.',
            section: 'Summary',
            quotes: quote(1),
          },
          {
            text: 'An expired certificate on the load balancer caused the outage.',
            section: 'root cause',
            quotes: quote(2),
          },
          {
            text: 'At nine thirty the support team rang the bell.',
            section: 'Gossip',
            quotes: quote(4),
          },
          {
            text: 'Zoltan deleted the database on purpose.',
            section: 'Root cause',
            quotes: quote(2),
          },
        ],
      }),
    );
  }
}

async function written(template: NoteTemplate | undefined) {
  const model = new Model();
  const queue = new ModelQueue(model, { clock: systemClock });
  const analyzer = createAnalyzerFactory({ model: () => queue }).create({
    startedAt: '2026-11-23T09:30:00+01:00',
    ...(template && { template }),
  });
  analyzer.update(segments);
  analyzer.finish();
  await analyzer.model?.read(true, new AbortController().signal);
  return {
    insights: analyzer.insights,
    asked: model.asked.find((text) => text.includes('The checkout failed')) ?? '',
  };
}

describe('a note of a template', () => {
  it('asks the model for its sections, and nothing of it reaches the usual prompt', async () => {
    const { asked } = await written(INCIDENT);
    match(asked, /follows the template "Incident"/);
    match(asked, /- Root cause: What caused it/);
    const { asked: usual } = await written(undefined);
    ok(!usual.includes('template'));
  });

  it('has the sentences in their sections; a sentence without evidence goes', async () => {
    const { insights } = await written(INCIDENT);
    deepEqual(
      insights.flatMap(({ heading, text }) => (heading === undefined ? [] : [[heading, text]])),
      [['Root cause', 'An expired certificate on the load balancer caused the outage.']],
    );
    const page = renderInsightsMarkdown(insights, INCIDENT);
    deepEqual(page.match(/^## .*$/gm), ['## Summary', '## Root cause', '## Action items']);
    match(page, /## Summary[^#]*checkout failed[^#]*rang the bell[^#]*## Root cause/);
    match(renderInsightsMarkdown(insights), /## Summary[^#]*expired certificate/);
  });
});

const insight = (id: string, kind: Insight['kind'], text: string, heading?: string): Insight => ({
  id,
  kind,
  text,
  status: 'open',
  confidence: 0.9,
  evidence: [{ segmentId: 's1', startMs: 1_000, endMs: 2_000, quote: 'words' }],
  symbols: [],
  ...(heading === undefined ? {} : { heading }),
});
const usual: NoteDocument = {
  sessionId: 'a1',
  title: 'Outage',
  startedAt: '2026-11-21T14:05:00+01:00',
  segments: [{ id: 's1', startMs: 1_000, speaker: 'Ana', text: 'The words.' }],
  insights: [
    insight('y1', 'summary', 'The checkout failed.'),
    insight('d1', 'decision', 'Add an alert'),
    insight('a1', 'action', 'Renew the certificate'),
    insight('r1', 'risk', 'It may fail again'),
  ],
};
const templated: NoteDocument = {
  ...usual,
  template: INCIDENT,
  insights: [...usual.insights, insight('y2', 'summary', 'A certificate expired.', 'Root cause')],
};
const plan = (text: string, document: NoteDocument) =>
  applyEdits(text, planNote(text, document).edits);
const titles = (text: string) => text.match(/^## .*$/gm);

describe('planNote with a template', () => {
  const ORDER = ['## Summary', '## Root cause', '## Action items', '## Decisions', '## Transcript'];
  it('writes its sections in its order, and names it in the front matter', () => {
    const note = plan('', templated);
    deepEqual(titles(note), ORDER);
    match(note, /^template: incident$/m);
  });
  it("gives an untouched note the template's order, once", () => {
    const note = plan(plan('', usual), templated);
    deepEqual(titles(note), ORDER);
    equal(note, plan('', templated));
    deepEqual(planNote(note, templated).edits, []);
  });
  it('leaves the order and the text of a note that a person wrote in', () => {
    const mine = plan('', usual)
      .replace('- Add an alert', '- Add two alerts')
      .replace('## Risks', 'My own line.\n\n## Risks');
    const note = plan(mine, templated);
    deepEqual(titles(note), [
      '## Summary',
      '## Decisions',
      '## Root cause',
      '## Action items',
      '## Transcript',
    ]);
    match(note, /- Add two alerts/);
    match(note, /My own line\./);
  });
  it('keeps a ticked box', () => {
    const ticked = plan('', usual).replace('- [ ]', '- [x]');
    const { ticked: passed } = planNote(ticked, templated);
    deepEqual(passed, [{ insightId: 'a1', status: 'done' }]);
    match(plan(ticked, templated), /- \[x\] Renew/);
  });
  it('goes back to the usual sections', () => {
    const free = BUILT_IN_TEMPLATES.find(({ name }) => name === 'free')!;
    deepEqual(titles(plan(plan('', templated), { ...usual, template: free })), [
      '## Summary',
      '## Decisions',
      '## Action items',
      '## Risks',
      '## Transcript',
    ]);
  });
});
