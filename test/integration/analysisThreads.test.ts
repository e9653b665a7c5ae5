/** An analysis on a thread gives what the same analysis gives in place, with encoder and model. */
import { deepEqual, ok, rejects } from 'node:assert/strict';
import { AnalysisThreads } from '../../daemon/adapters/analysis/analysisThreads';
import { systemClock } from '../../daemon/base/clock';
import { analyseText } from '../../daemon/insights/analyseText';
import { createAnalyzerFactory } from '../../daemon/insights/analyzerFactory';
import type { TurnScorer } from '../../daemon/insights/contract/turns';
import type { LanguageModel } from '../../daemon/insights/model/languageModel';
import { ModelQueue } from '../../daemon/insights/model/modelQueue';
import { EarmarkError } from '../../protocol/errors';

const given = {
  segments: [
    'I will send the report to Anna by Friday.',
    'We decided to use Postgres for the billing service.',
    'Who looks after the release on Monday?',
  ].map((text, i) => ({
    id: `s${i}`,
    source: 'system' as const,
    speaker: i % 2 === 0 ? 'Ben' : 'Anna',
    text,
    startMs: i * 10_000,
    endMs: i * 10_000 + 9_000,
    confidence: 1,
    revision: 0,
  })),
  context: { startedAt: '2026-03-02T09:00:00Z' },
};
const never = new AbortController().signal;

function parts(complete: LanguageModel['complete']) {
  const calls: string[] = [];
  const scorer: TurnScorer = {
    score: (turns) => {
      calls.push(`score ${turns.length}`);
      throw new EarmarkError('model.missing', 'No encoder.');
    },
  };
  const queue = new ModelQueue(
    {
      id: 'scripted',
      name: 'scripted',
      complete: (...asked) => {
        calls.push('complete');
        return complete(...asked);
      },
    },
    { clock: systemClock },
  );
  return { calls, options: { model: () => queue, scorer } };
}

describe('analysis threads', function () {
  this.timeout(60_000);
  const open: AnalysisThreads[] = [];
  const threads = (options: Parameters<typeof parts>[0]) => {
    const { calls, options: given } = parts(options);
    const made = new AnalysisThreads({ clock: systemClock, ...given });
    open.push(made);
    return { calls, made };
  };
  afterEach(() => open.splice(0).forEach((one) => one.dispose()));

  it('give the same insights, and ask encoder and model through the daemon', async () => {
    const answer = () => Promise.resolve('{"items": []}');
    const here = parts(answer);
    const there = threads(answer);
    const expected = await analyseText(createAnalyzerFactory(here.options), given, never);
    deepEqual(await there.made.analyse(given, 'ann', never), structuredClone(expected));
    deepEqual(there.calls, here.calls);
    ok(expected.insights.length > 2 && there.calls.length >= 2, there.calls.join());
  });

  it('end with the request, also while the model thinks', async () => {
    const cancel = new AbortController();
    let aborted = false;
    const { made } = threads((_messages, _schema, signal) => {
      signal.addEventListener('abort', () => (aborted = true));
      setTimeout(() => cancel.abort(), 20);
      return new Promise(() => undefined);
    });
    await rejects(made.analyse(given, 'ann', cancel.signal), { code: 'rpc.cancelled' });
    await new Promise((resolve) => setTimeout(resolve, 200));
    ok(aborted);
  });

  it('let owners take turns and bound what waits', async () => {
    const { made } = threads(() => new Promise(() => undefined));
    const codes: string[] = [];
    const ask = (owner: string) =>
      void made.analyse(given, owner, never).catch((error: EarmarkError) => {
        codes.push(`${owner} ${error.code}`);
      });
    for (let i = 0; i < 5; i++) ask('ann');
    ask('ben');
    await new Promise((resolve) => setImmediate(resolve));
    deepEqual(codes, ['ann rpc.tooMany']);
    deepEqual(made.owners, ['ann', 'ben']);
  });
});
