import { deepEqual, equal, ok } from 'node:assert/strict';
import { createAnalyzerFactory } from '../../../../daemon/insights/analyzerFactory';
import type { TurnScorer } from '../../../../daemon/insights/contract/turns';
import { TURN_LABELS, type TurnLabel } from '../../../../daemon/insights/detect/labels';
import { TurnDetector } from '../../../../daemon/insights/detect/turnDetector';
import type { Segment } from '../../../../daemon/transcript/types';

type Given = Partial<Record<TurnLabel, number>> & { readonly vectors?: readonly number[] };

/** Vectors of actions: the sign of `matter` is shared by the turns of one item. */
const of = (matter: number): Pick<Given, 'vectors'> => ({
  vectors: [matter, ...Array<number>(15).fill(0), 5 * matter, ...Array<number>(47).fill(0)],
});

/** A scorer by words: the first entry whose key stands in the text. */
function scripted(
  by: Readonly<Record<string, Given>>,
): TurnScorer & { readonly calls: string[][] } {
  const calls: string[][] = [];
  return {
    calls,
    score: (turns) => {
      calls.push(turns.map(({ text }) => text));
      return Promise.resolve(
        turns.map(({ text }) => {
          const given = Object.entries(by).find(([word]) => text.includes(word))?.[1] ?? {};
          const labels = TURN_LABELS.map((label) => given[label] ?? -3);
          return { logits: Float32Array.from([...labels, ...(given.vectors ?? [])]) };
        }),
      );
    },
  };
}

const talk = (...lines: readonly (readonly [string, string])[]): Segment[] =>
  lines.map(([speaker, text], i) => ({
    id: `s${i}`,
    startMs: i * 2000,
    endMs: i * 2000 + 1800,
    source: 'mic',
    speaker,
    text,
    confidence: 1,
    words: [],
    revision: 0,
  }));

const COMMITS: Given = { actionCore: 5, actionLast: 5, actionTurn: 5, ownerSpeaks: 5 };
const ASKS: Given = { actionCore: 5, actionLast: 1, actionTurn: 5, ownerAsked: 5 };
const signal = new AbortController().signal;

async function analysed(scorer: TurnScorer, segments: readonly Segment[]) {
  const analyzer = createAnalyzerFactory({ scorer }).create({
    startedAt: '2026-11-23T09:30:00+01:00',
  });
  analyzer.update(segments);
  analyzer.finish();
  await analyzer.detector?.read(true, signal);
  return analyzer.insights;
}

describe('TurnDetector', () => {
  it('finds an action that no rule knows, with owner, date and quote', async () => {
    const scorer = scripted({ rota: COMMITS, Thursday: { due: 3 } });
    const insights = await analysed(
      scorer,
      talk(
        ['Mei', 'The rota, that one goes on my pile then.'],
        ['Jonas', 'By when?'],
        ['Mei', 'By Thursday.'],
      ),
    );
    deepEqual(
      insights
        .filter(({ kind }) => kind === 'action')
        .map(({ owner, due, evidence }) => [owner, due?.phrase, evidence[0]?.quote]),
      [['Mei', 'By Thursday', 'The rota, that one goes on my pile then.']],
    );
  });

  const quotes = async (scorer: TurnScorer, ...lines: readonly (readonly [string, string])[]) =>
    (await analysed(scorer, talk(...lines)))
      .filter(({ kind }) => kind === 'action')
      .map(({ evidence }) => evidence.map(({ quote }) => quote).join());

  it('parts turns that follow each other by their links', async () => {
    const said = [
      ['Mei', 'The rota of the wards goes on my pile.'],
      ['Jonas', 'The hoist of the museum is on me.'],
      ['Mei', 'And the rota of the wards gets a colour.'],
    ] as const;
    const two = scripted({
      colour: { ...COMMITS, actionTurn: 4, ...of(1) },
      rota: { ...COMMITS, ...of(1) },
      hoist: { ...COMMITS, ...of(-1) },
    });
    deepEqual(await quotes(two, ...said), [said[0][1], said[1][1]]);
    const one = scripted({ rota: { ...COMMITS, ...of(1) }, hoist: { ...COMMITS, ...of(1) } });
    equal((await quotes(one, ...said)).length, 1);
  });

  it('quotes the request where the answer names no matter', async () => {
    const scorer = scripted({
      curve: { actionTurn: 2, ownerAsked: 1 },
      Sure: { ...COMMITS, actionTurn: 6 },
    });
    for (const answer of ['Sure.', 'Sure, next Tuesday.'])
      deepEqual(
        await quotes(
          scorer,
          ['Mei', 'Could the curve of the oven come from you?'],
          ['Jonas', answer],
        ),
        ['Could the curve of the oven come from you?'],
      );
  });

  it('shows nothing where no turn names a matter', async () => {
    const scorer = scripted({ Sure: COMMITS, Tuesday: COMMITS, works: COMMITS });
    for (const said of ['Sure.', 'Next Tuesday.', 'That works.'])
      deepEqual(await quotes(scorer, ['Mei', 'The oven in the bakery hums.'], ['Jonas', said]), []);
  });

  it('gives a request to the named participant', async () => {
    const insights = await analysed(
      scripted({ importer: ASKS }),
      talk(
        ['Mei', 'Nice weather in the mountains.'],
        ['Jonas', 'Ravi, the importer needs a look from you.'],
        ['Ravi', 'Right.'],
      ),
    );
    deepEqual(
      insights.filter(({ kind }) => kind === 'action').map(({ owner }) => owner),
      ['Ravi'],
    );
  });

  const COMMITMENT = "I'll fix the importer by Friday.";
  const chat = (turns: number) =>
    Array.from({ length: turns }, (_, i) => ['Jonas', `The sky is grey ${i}.`] as const);
  const actions = async (scorer: TurnScorer, ...lines: readonly (readonly [string, string])[]) =>
    (await analysed(scorer, talk(...lines))).filter(({ kind }) => kind === 'action').length;

  it('drops a finding of the rules that the encoder refuses in a talk', async () => {
    for (const before of [30, 60])
      equal(await actions(scripted({}), ...chat(before), ['Mei', COMMITMENT]), 0);
  });

  it('keeps a finding of the rules in a talk of few turns', async () => {
    for (const before of [0, 2, 20])
      equal(await actions(scripted({}), ...chat(before), ['Mei', COMMITMENT]), 1);
  });

  it('keeps a finding of a rule that no training meeting could measure', async () => {
    const insights = await analysed(
      scripted({}),
      talk(...chat(40), ['Mei', 'We decided that the importer goes to Redis.']),
    );
    equal(insights.filter(({ kind }) => kind === 'decision').length, 1);
  });

  it('lets a rule decide where the encoder wavers, in short and long talks', async () => {
    const wavers = scripted({
      importer: { actionCore: 0, actionTurn: 0, actionLast: 0, ownerSpeaks: 0, due: 0 },
    });
    for (const before of [2, 40]) {
      equal(await actions(wavers, ...chat(before), ['Mei', COMMITMENT]), 1);
      equal(await actions(wavers, ...chat(before), ['Mei', 'The importer works fine.']), 0);
    }
  });

  it('keeps the findings of the rules if the encoder fails', async () => {
    const analyzer = createAnalyzerFactory({
      scorer: { score: () => Promise.reject(new Error('no file')) },
    }).create({ startedAt: '2026-11-23T09:30:00+01:00' });
    analyzer.update(talk(['Mei', "I'll fix the importer by Friday."]));
    await analyzer.detector?.read(true, signal).catch(() => undefined);
    equal(analyzer.insights.filter(({ kind }) => kind === 'action').length, 1);
  });

  it('scores new turns with their context only, and every turn at the end', async () => {
    const scorer = scripted({});
    const detector = new TurnDetector(scorer);
    const segments = talk(...Array.from({ length: 60 }, (_, i) => ['Mei', `Turn ${i}.`] as const));
    await detector.read(segments.slice(0, 59), false, signal);
    ok(detector.hasNew(segments));
    await detector.read(segments, false, signal);
    ok(!detector.hasNew(segments));
    await detector.read(segments, true, signal);
    deepEqual(
      scorer.calls.map((turns) => turns.length),
      [59, 14, 60],
    );
  });
});
