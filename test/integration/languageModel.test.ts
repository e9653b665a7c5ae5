/**
 * A language model behind a local server: honest, lying, broken, slow, absent. Nothing stands
 * without a quote, and no failure is silent.
 */
import { deepEqual, equal, match, ok, throws } from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { configuredModel } from '../../daemon/adapters/llm/configuredModel';
import { createAnalyzerFactory } from '../../daemon/insights/analyzerFactory';
import { parsePlainText } from '../../daemon/insights/text/plainText';
import { insightWords } from '../../daemon/insights/text/render';
import type { Insight } from '../../daemon/insights/types';
import { systemClock } from '../../daemon/base/clock';
import { EXAM_SYSTEM } from '../../daemon/insights/write/exam';
import type { Segment } from '../../daemon/transcript/types';
import { EarmarkError } from '../../protocol/errors';
import { DEFAULT_SETTINGS, type Settings } from '../../protocol/settings';

interface Asked {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly response_format?: { readonly type: string };
}
/** What the model says, or a status. */
type Brain = (asked: Asked, attempt: number) => string | number | Promise<string | number>;

const MEETING = [
  'Ana: Good morning everyone.',
  'Ben: The importer fails on empty files.',
  "Ben: I'll fix the importer by Friday.",
  'Ana: The old format is a burden for us all.',
  "Ana: Let's drop the old format.",
  'Cem: Agreed, the old format goes.',
  'Ana: Who owns the release notes?',
  'Cem: No idea.',
];
const PASSED = JSON.stringify({ a: 'nightly backup', b: 'no', c: 'Emil', d: 'Monday', e: 4 });
const KEY = 'sk-very-secret';

/** Answers to the exam, the second question and the summary of parts, which the tests do not count. */
function answerAside(system: string, exam: string): string | undefined {
  if (system === EXAM_SYSTEM) return exam;
  if (system.startsWith('Each statement below')) return '{"answers": []}';
  return system.includes('summary of a long meeting') ? '{"summary": []}' : undefined;
}

describe('a language model that reads along', function () {
  this.timeout(20_000);
  let server: Server;
  let url: string;
  let brain: Brain;
  let asked: { readonly body: Asked; readonly authorization: string | undefined }[];
  let open: number;
  let exam: string;
  let mostOpen: number;

  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    let text = '';
    request.setEncoding('utf8').on('data', (part: string) => (text += part));
    request.on('end', () => {
      const body = JSON.parse(text) as Asked;
      const aside = answerAside(body.messages[0]?.content ?? '', exam);
      if (aside !== undefined)
        return void response.end(
          JSON.stringify({ choices: [{ message: { role: 'assistant', content: aside } }] }),
        );
      asked.push({ body, authorization: request.headers.authorization });
      mostOpen = Math.max(mostOpen, ++open);
      response.on('close', () => open--);
      void Promise.resolve(brain(body, asked.length)).then((said) => {
        if (typeof said === 'number')
          response.writeHead(said).end(`{"error": "${KEY} and what was said"}`);
        else
          response
            .setHeader('content-type', 'application/json')
            .end(JSON.stringify({ choices: [{ message: { role: 'assistant', content: said } }] }));
      });
    });
  };
  beforeEach(async () => {
    asked = [];
    exam = PASSED;
    open = mostOpen = 0;
    server = createServer(handle);
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });

  const configure = (set: Partial<Settings> = {}) =>
    configuredModel(
      { ...DEFAULT_SETTINGS, 'llm.endpoint': url, 'llm.model': 'tiny', 'llm.key': KEY, ...set },
      systemClock,
    );
  async function analyse(
    said: readonly Segment[],
    set: Partial<Settings> = {},
    signal = new AbortController().signal,
  ) {
    const model = configure(set);
    const analyzer = createAnalyzerFactory({ model: () => model }).create({
      startedAt: '2026-11-23T09:30:00+01:00',
    });
    analyzer.update(said);
    analyzer.finish();
    const rules = [...analyzer.insights];
    const answer = await analyzer.model?.read(true, signal);
    assertQuoted(analyzer.insights, said);
    equal(inspect(answer, { depth: 9 }).includes(KEY), false);
    return {
      rules,
      insights: analyzer.insights,
      failure: answer?.failure,
      metrics: model?.metrics,
    };
  }
  const meeting = (): Segment[] => parsePlainText(MEETING.join('\n'));
  const of = (insights: readonly Insight[], ...kinds: readonly string[]) =>
    insights.filter(({ kind }) => kinds.includes(kind)).map(insightWords);
  const item = (kind: string, text: string, line: number, quote: string, more: object = {}) => ({
    kind,
    text,
    quotes: [{ line, quote }],
    ...more,
  });

  it('is asked for JSON by schema, and what it can quote stands', async () => {
    brain = () =>
      JSON.stringify({
        items: [
          item('action', 'fix the importer for empty files', 3, "I'll fix the importer by Friday", {
            owner: 'ben',
            due: 'by friday',
          }),
          item('decision', 'Drop the old format', 5, 'let’s  drop the old format'),
        ],
        summary: [
          {
            text: 'The importer fails on empty files and is fixed this week',
            quotes: [{ line: 2, quote: 'The importer fails on empty files' }],
          },
        ],
      });
    const { insights, failure } = await analyse(meeting());
    deepEqual(
      [of(insights, 'action'), of(insights, 'decision'), of(insights, 'summary'), failure],
      [
        ['Fix the importer for empty files — @Ben, by Friday (2026-11-27)'],
        ['Drop the old format'],
        ['The importer fails on empty files and is fixed this week.'],
        undefined,
      ],
    );
    const [{ body, authorization } = { body: undefined, authorization: '' }] = asked;
    deepEqual(
      [
        body?.response_format?.type,
        body?.messages.at(-1)?.content.split('\n')[2],
        authorization,
        asked.length,
      ],
      ['json_schema', "3 | Ben: I'll fix the importer by Friday.", `Bearer ${KEY}`, 1],
    );
  });

  it('keeps the ids of what the rules had found', async () => {
    brain = () =>
      JSON.stringify({
        items: [
          item('action', 'Repair the importer', 3, "I'll fix the importer by Friday", {
            owner: 'Ben',
          }),
        ],
        summary: [],
      });
    const { rules, insights } = await analyse(meeting());
    const ids = (all: readonly Insight[]) =>
      all.filter(({ kind }) => kind === 'action').map(({ id }) => id);
    deepEqual(ids(insights), ids(rules));
  });

  it('lies, and nothing of it stands', async () => {
    brain = () =>
      JSON.stringify({
        items: [
          item('action', 'Buy a new server', 2, 'We must buy a new server today'),
          item('action', 'Fix the importer', 8, "I'll fix the importer by Friday"),
          item('action', 'Fix the importer', 99, "I'll fix the importer by Friday"),
          item('decision', 'Move to Redis', 5, 'the'),
          item(
            'decision',
            'Hire three people in Lisbon',
            4,
            'The old format is a burden for us all',
          ),
        ],
        summary: [
          {
            text: 'The team celebrated.',
            quotes: [{ line: 1, quote: 'We celebrate a great release' }],
          },
        ],
      });
    const { rules, insights, failure } = await analyse(meeting());
    deepEqual(insights, rules);
    match(
      failure ?? '',
      /^Nothing that The language model tiny at 127\.0\.0\.1:\d+ said stands in the transcript; .*\. The meeting was read by the built-in rules alone\.$/,
    );
  });

  it('half lies: the true half stands, with the owner and the date of the rules', async () => {
    brain = () =>
      JSON.stringify({
        items: [
          item('action', 'Fix the importer', 3, "I'll fix the importer by Friday", {
            owner: 'Zoltan',
            due: 'by next March',
          }),
          item('action', 'Sell the importer', 7, 'I will sell it'),
        ],
        summary: [
          {
            text: 'The old format is dropped',
            quotes: [{ line: 6, quote: 'Agreed, the old format goes.' }],
          },
        ],
      });
    const { insights, failure } = await analyse(meeting());
    deepEqual(
      [of(insights, 'action'), of(insights, 'summary'), failure],
      [
        ['Fix the importer — @Ben, by Friday (2026-11-27)'],
        ['The old format is dropped.'],
        undefined,
      ],
    );
  });

  it('is corrected once when it does not answer in JSON', async () => {
    const good = JSON.stringify({
      items: [item('action', 'Fix the importer', 3, "I'll fix the importer by Friday")],
      summary: [],
    });
    brain = (_, attempt) =>
      attempt === 1 ? 'Sure! {"items": [' : `Here you are:\n\`\`\`json\n${good}\n\`\`\``;
    const { insights, failure } = await analyse(meeting());
    deepEqual(
      [
        of(insights, 'action'),
        failure,
        asked.length,
        asked[1]?.body.messages.map(({ role }) => role),
      ],
      [
        ['Fix the importer — @Ben, by Friday (2026-11-27)'],
        undefined,
        2,
        ['system', 'system', 'user', 'assistant', 'user'],
      ],
    );
    ok(
      of(insights, 'summary').length > 0,
      'an empty summary of the model leaves that of the rules',
    );
  });

  for (const [what, answer, message] of [
    ['never answers in JSON', 'I am sorry.', /did not answer in the form that was asked for/],
    [
      'leaves out half of the schema',
      '{"items": [{"kind": "joke"}]}',
      /did not answer in the form/,
    ],
    ['refuses the key', 401, /refused the key \(HTTP 401\)/],
    ['is overloaded', 503, /overloaded or failed/],
  ] as const) {
    it(`${what}: the rules have the word, and it is said`, async () => {
      brain = () => answer;
      const { rules, insights, failure } = await analyse(meeting());
      deepEqual(insights, rules);
      match(failure ?? '', message);
    });
  }

  it('is not there: the rules have the word, and it is said', async () => {
    const { rules, insights, failure } = await analyse(meeting(), {
      'llm.endpoint': 'http://127.0.0.1:9/v1',
    });
    deepEqual(insights, rules);
    match(failure ?? '', /Could not reach/);
  });

  it('is too weak for notes: the rules have the word, and it is said', async () => {
    exam = JSON.stringify({ a: 'the page', b: 'yes', c: 'Jan', d: 'Monday', e: 3 });
    const { rules, insights, failure } = await analyse(meeting());
    deepEqual([insights, asked.length], [rules, 0]);
    match(failure ?? '', /did not pass the five questions/);
  });

  it('does not answer in time', async () => {
    brain = () => new Promise(() => undefined);
    const { rules, insights, failure, metrics } = await analyse(meeting(), {
      'llm.timeoutSeconds': 1,
    });
    deepEqual([insights, metrics?.failed, metrics?.running, metrics?.waiting], [rules, 1, 0, 0]);
    match(failure ?? '', /did not answer in time/);
  });

  it('learns that a server knows no schemas', async () => {
    brain = ({ response_format }) =>
      response_format?.type === 'json_schema' ? 400 : '{"items": [], "summary": []}';
    equal((await analyse(meeting())).failure, undefined);
    deepEqual(
      asked.map(({ body }) => body.response_format?.type),
      ['json_schema', 'json_object'],
    );
  });

  it('reads a long meeting in windows that overlap, one after the other, and tells each matter once', async () => {
    const talk = Array.from(
      { length: 3000 },
      (_, i) => `Cem: We spoke about number ${i} of the long list of open points and went on.`,
    );
    const said = parsePlainText(
      [...talk.slice(0, 1500), "Ben: I'll fix the importer by Friday.", ...talk.slice(1500)].join(
        '\n',
      ),
    );
    brain = async ({ messages }) => {
      await new Promise((done) => setTimeout(done, 30));
      const line = (messages.at(-1)?.content.split('\n') ?? []).find((one) =>
        one.includes('importer'),
      );
      return JSON.stringify({
        items:
          line === undefined
            ? []
            : [
                item(
                  'action',
                  'Fix the importer',
                  Number.parseInt(line, 10),
                  "I'll fix the importer by Friday",
                ),
              ],
        summary: [
          {
            text: 'The long list was spoken about',
            quotes: [{ line: 1, quote: 'of the long list of open points' }],
          },
        ],
      });
    };
    const { insights, failure, metrics } = await analyse(said);
    deepEqual(
      [
        of(insights, 'action'),
        failure,
        mostOpen,
        metrics?.waiting,
        // Two for each window, the exam, and the summary of all windows.
        metrics?.answered === 2 * asked.length + 2,
      ],
      [['Fix the importer — @Ben, by Friday (2026-11-27)'], undefined, 1, 0, true],
    );
    ok(asked.length > 3, `${asked.length} windows`);
  });

  it('promise: a language model is used only if configured', () => {
    equal(configuredModel(DEFAULT_SETTINGS, systemClock), undefined);
    throws(
      () => configure({ 'llm.endpoint': 'http://models.example/v1' }),
      (error: unknown) =>
        error instanceof EarmarkError &&
        /not encrypted/.test(error.message) &&
        /earmark\.llm\.endpoint/.test(error.message),
    );
  });
});

function assertQuoted(insights: readonly Insight[], said: readonly Segment[]): void {
  const texts = new Map(said.map(({ id, text }) => [id, text]));
  for (const { text, evidence } of insights) {
    ok(evidence.length > 0, text);
    for (const { segmentId, quote } of evidence)
      ok((texts.get(segmentId) ?? '').includes(quote), `"${quote}" of "${text}"`);
  }
}
