/** The summary of a meeting in several parts: one text, its evidence, and what happens without it. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { systemClock } from '../../../daemon/base/clock';
import type { LanguageModel } from '../../../daemon/insights/model/languageModel';
import { ModelQueue } from '../../../daemon/insights/model/modelQueue';
import { ModelReader } from '../../../daemon/insights/model/modelReader';
import { windowsOf } from '../../../daemon/insights/write/parts';
import { parsePlainText } from '../../../daemon/insights/text/plainText';
import { scriptedAnswer } from '../../../testing/fakes/scripted/scriptedNotes';

const FILL = Array.from(
  { length: 900 },
  (_, i) =>
    `${i % 2 === 0 ? 'Ana' : 'Ben'}: We look at the picture number ${i} of the old garden wall.`,
);
const SAID: Readonly<Record<number, string>> = {
  4: 'Ana: The importer fails on empty files since the last release.',
  6: "Ben: I'll fix the importer by Friday.",
  700: 'Ana: The customers want the export in two formats.',
  704: 'Ben: Okay, we keep the old export format and drop the new one.',
};
const segments = parsePlainText(FILL.map((line, i) => SAID[i] ?? line).join('\n'));

const quoteOf = (text: string) => text.slice(text.indexOf(': ') + 2);

class PartsModel implements LanguageModel {
  readonly name = 'Parts';
  readonly id = 'parts';
  readonly prompts: string[] = [];
  constructor(private readonly whole: (statements: string) => string) {}

  complete(messages: Parameters<LanguageModel['complete']>[0]): Promise<string> {
    const [system = '', ...rest] = messages.map(({ content }) => content);
    const user = rest.at(-1) ?? '';
    this.prompts.push(system);
    if (system.includes('summary of a long meeting')) return Promise.resolve(this.whole(user));
    if (!system.includes('You write the notes'))
      return Promise.resolve(scriptedAnswer(`${system}\n${user}`, 'good'));
    const lines = user.split('\n');
    const summary = Object.values(SAID).flatMap((said) => {
      const at = lines.findIndex((line) => line.endsWith(said));
      return at === -1
        ? []
        : [{ text: quoteOf(said), quotes: [{ line: at + 1, quote: quoteOf(said) }] }];
    });
    return Promise.resolve(JSON.stringify({ items: [], summary }));
  }
}

async function summaryWith(whole: (statements: string) => string) {
  const model = new PartsModel(whole);
  const reader = new ModelReader(new ModelQueue(model, { clock: systemClock }), {
    startedAt: '2026-11-23T09:30:00+01:00',
  });
  const steps: string[] = [];
  const { usage, failure } = await reader.read(segments, {
    final: true,
    signal: new AbortController().signal,
    findings: [],
    onProgress: ({ step, done, of }) => void steps.push(`${step} ${done}/${of}`),
  });
  const byId = new Map(segments.map((segment) => [segment.id, segment]));
  return { ...reader.combine([], [], byId), usage, failure, steps };
}

const GOOD = [
  { text: 'The importer fails on empty files, and Ben fixes it by Friday.', from: [1, 2] },
  { text: 'The customers want the export in two formats.', from: [3] },
  { text: 'Ana and Ben keep the old export format and drop the new one.', from: [4] },
];

describe('summary of a meeting in parts', () => {
  it('is one text, and each sentence has the evidence of its statements', async () => {
    const parts = windowsOf(segments).length;
    ok(parts > 1);
    const { summary, steps, usage, failure } = await summaryWith(() =>
      JSON.stringify({ summary: GOOD }),
    );
    deepEqual(
      summary.map(({ text, evidence }) => [text, evidence.map(({ segmentId }) => segmentId)]),
      GOOD.map(({ text }, i) => [text, [['5', '7'], ['701'], ['705']][i]]),
    );
    equal(failure, undefined);
    equal(steps.at(-1), 'summary 0/1');
    // The exam, two for each part, and the summary.
    equal(usage.requests, 2 + 2 * parts);
  });

  it('loses the sentences that its evidence does not carry', async () => {
    const { summary } = await summaryWith(() =>
      JSON.stringify({
        summary: [
          ...GOOD,
          { text: 'Zoltan migrates the billing database to Lisbon.', from: [1] },
          { text: 'The customers do not want the export in two formats.', from: [3] },
        ],
      }),
    );
    deepEqual(
      summary.map(({ text }) => text),
      GOOD.map(({ text }) => text),
    );
  });

  it("stays the parts' own where the model gives none", async () => {
    for (const said of ['No.', JSON.stringify({ summary: GOOD.slice(0, 1) })]) {
      const { summary } = await summaryWith(() => said);
      deepEqual(
        summary.map(({ text }) => text),
        Object.values(SAID).map(quoteOf),
      );
    }
  });
});
