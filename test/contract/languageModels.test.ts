// What every language model keeps to: a server, the process of a local model with a runtime of the
// tests, and the same process with SmolLM2 (135 M parameters) where it is fetched.
import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LocalModel, type LocalModelSetup } from '../../daemon/adapters/llm/local/localModel';
import { RUNNER_USES_GPU, runnerAddon } from '../../daemon/adapters/llm/local/runner';
import { OpenaiCompatibleModel } from '../../daemon/adapters/llm/openaiCompatible';
import { systemClock } from '../../daemon/base/clock';
import { silentLogger } from '../../daemon/base/logger';
import type { ChatMessage, LanguageModel, Tokens } from '../../daemon/insights/model/languageModel';
import { languageWorkerEntry } from '../../daemon/programFiles';
import { isEarmarkError } from '../../protocol/errors';
import { evaluationModel, FETCH_HINT } from '../../testing/fakes/evaluationModels';
import type { FakeBehaviour } from '../../testing/fakes/languageWorker';
import { skip } from '../../testing/harness/skip';

const SCHEMA = {
  type: 'object',
  properties: {
    colour: { type: 'string', enum: ['red', 'green', 'blue'] },
    reason: { anyOf: [{ type: 'string', maxLength: 400 }, { type: 'null' }] },
  },
  required: ['colour'],
};
const QUESTION: readonly ChatMessage[] = [
  { role: 'system', content: 'Answer with JSON only.' },
  { role: 'user', content: 'Name a colour and give a reason in two or three words.' },
];
const ANSWER = '{"colour": "blue", "reason": "The sky"}';
/** A prompt that a small model reads for seconds. */
const LONG: readonly ChatMessage[] = [
  { role: 'user', content: 'We talk about the login test and the release on Monday. '.repeat(300) },
];

const forever = new AbortController().signal;
const made = mkdtempSync(join(tmpdir(), 'earmark-language-'));
after(() => rmSync(made, { recursive: true, force: true }));

let files = 0;
function behaving(behaviour: FakeBehaviour | string): string {
  const file = join(made, `${++files}.gguf`);
  writeFileSync(file, typeof behaviour === 'string' ? behaviour : JSON.stringify(behaviour));
  return file;
}

function localModel(file: string, more: Partial<LocalModelSetup> = {}, addon = ''): LocalModel {
  return new LocalModel({
    modelId: 'tested',
    name: 'Tested',
    worker: {
      path: join(__dirname, '../../testing/fakes/languageWorker.ts'),
      execArgv: ['--require', require.resolve('tsx/cjs')],
    },
    files: () =>
      Promise.resolve({
        model: { id: 'tested', files: { model: file }, residentBytes: 500_000_000 },
        addon,
      }),
    freeMemory: () => Promise.resolve(Infinity),
    gpu: RUNNER_USES_GPU,
    clock: systemClock,
    logger: silentLogger,
    ...more,
  });
}

/** @returns code and duration of a failed request */
async function failed(request: Promise<unknown>): Promise<{ code: unknown; ms: number }> {
  const begun = performance.now();
  const code = await request.then(
    () => 'answered',
    (error: unknown) => (isEarmarkError(error) ? error.code : error),
  );
  return { code, ms: performance.now() - begun };
}

interface Subject {
  /** @param slow answers only after seconds */
  readonly open: (slow: boolean) => LanguageModel & { dispose?(): void };
}

function keepsTheContract(name: string, prepare: (context: Mocha.Context) => Promise<Subject>) {
  describe(name, function () {
    this.timeout(120_000);
    let subject: Subject;
    const opened: { dispose?(): void }[] = [];
    const open = (slow = false): LanguageModel => {
      const model = subject.open(slow);
      opened.push(model);
      return model;
    };
    before(async function () {
      subject = await prepare(this);
    });
    afterEach(() => opened.splice(0).forEach((model) => model.dispose?.()));

    it('answers in the form of the schema and counts its tokens', async () => {
      const model = open();
      ok(model.name !== '' && model.id !== '');
      let tokens: Tokens | undefined;
      const answer = await model.complete(QUESTION, SCHEMA, forever, (used) => (tokens = used));
      const { colour } = JSON.parse(answer) as { colour: string };
      ok(['red', 'green', 'blue'].includes(colour), answer);
      ok(tokens && tokens.input > 0 && tokens.output > 0);
    });

    it('stops within a second of a cancel, and answers the next request', async () => {
      const model = open(true);
      const controller = new AbortController();
      const asked = failed(model.complete(LONG, SCHEMA, controller.signal));
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      const begun = performance.now();
      controller.abort();
      equal((await asked).code, 'rpc.cancelled');
      const ms = performance.now() - begun;
      ok(ms <= 1_000, `${Math.round(ms)} ms`);
      const next = new AbortController();
      const again = failed(model.complete(QUESTION, SCHEMA, next.signal));
      setTimeout(() => next.abort(), 20_000).unref();
      const { code } = await again;
      ok(code === 'answered' || code === 'rpc.cancelled', String(code));
    });

    it('asks nothing after a cancel', async () => {
      const { code } = await failed(open().complete(QUESTION, SCHEMA, AbortSignal.abort()));
      equal(code, 'rpc.cancelled');
    });
  });
}

describe('language models', () => {
  let server: Server;
  before(async () => {
    server = createServer((request, response) => {
      const slow = request.url?.startsWith('/slow') === true;
      request.resume().on('end', () => {
        const body = {
          choices: [{ message: { content: ANSWER } }],
          usage: { prompt_tokens: 20, completion_tokens: 8 },
        };
        setTimeout(() => response.end(JSON.stringify(body)), slow ? 5_000 : 0).unref();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  keepsTheContract('a server', () =>
    Promise.resolve({
      open: (slow) => {
        const { port } = server.address() as AddressInfo;
        return new OpenaiCompatibleModel({
          endpoint: `http://127.0.0.1:${port}/${slow ? 'slow' : 'v1'}`,
          model: 'tested',
        });
      },
    }),
  );
  keepsTheContract('a process with a runtime of the tests', () =>
    Promise.resolve({
      open: (slow) => localModel(behaving({ answer: ANSWER, answerMs: slow ? 5_000 : 0 })),
    }),
  );
  keepsTheContract('a process with SmolLM2', async (context) => {
    const { file, addon } = await realModel(context);
    return { open: () => localModel(file, { worker: languageWorkerEntry() }, addon) };
  });
});

async function realModel(context: Mocha.Context): Promise<{ file: string; addon: string }> {
  const file = evaluationModel('small');
  if (file === undefined) skip(context, FETCH_HINT('small'));
  if (!existsSync(languageWorkerEntry().path)) skip(context, 'dist/ is not built');
  const none = { files: () => Promise.reject(new Error('not installed')) };
  const addon = await runnerAddon(none, (name) => require.resolve(name)).catch(() => undefined);
  if (addon === undefined) skip(context, 'node-llama-cpp has no binaries for this platform');
  return { file, addon };
}

/** What happens to the process, with a runtime of the tests and with a real model. */
function survives(name: string, prepare: (context: Mocha.Context) => Promise<Subject['open']>) {
  describe(name, function () {
    this.timeout(120_000);
    let open: (slow: boolean) => LocalModel;
    const opened: LocalModel[] = [];
    before(async function () {
      const make = await prepare(this);
      open = (slow) => {
        const model = make(slow) as LocalModel;
        opened.push(model);
        return model;
      };
    });
    afterEach(() => opened.splice(0).forEach((model) => model.dispose()));

    it('says so when its process is killed, and starts again for the next request', async () => {
      const model = open(true);
      const asked = model.complete(LONG, SCHEMA, forever);
      const refusal = rejects(asked, (error) => {
        ok(isEarmarkError(error, 'engine.crashed'));
        match(error.message, /^The local language model Tested ended unexpectedly \(SIGKILL\)/);
        return true;
      });
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      const { pid } = model.running ?? {};
      ok(pid !== undefined);
      process.kill(pid, 'SIGKILL');
      await refusal;
      const next = new AbortController();
      const again = model.complete(QUESTION, SCHEMA, next.signal).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      ok(model.running?.pid !== undefined && model.running.pid !== pid);
      next.abort();
      await again;
    });
  });
}

describe('the process of a local language model', function () {
  this.timeout(60_000);
  survives('with a runtime of the tests', () =>
    Promise.resolve((slow: boolean) =>
      localModel(behaving({ answer: ANSWER, answerMs: slow ? 5_000 : 0 })),
    ),
  );
  survives('with SmolLM2', async (context) => {
    const { file, addon } = await realModel(context);
    return () => localModel(file, { worker: languageWorkerEntry() }, addon);
  });

  it('does not start if the memory is not enough', async () => {
    const model = localModel(behaving({ answer: ANSWER }), {
      freeMemory: () => Promise.resolve(100_000_000),
    });
    await rejects(model.complete(QUESTION, SCHEMA, forever), {
      code: 'engine.unavailable',
      message:
        'The model tested needs 0.5 GB of memory, 0.1 GB are free; close other programs, or choose a smaller model.',
    });
    equal(model.running, undefined);
  });

  it('is stopped when it needs far more memory than the model', async () => {
    const model = localModel(behaving({ answer: ANSWER, answerMs: 30_000 }), {
      limits: { memoryBytes: 1_000_000 },
    });
    const { code, ms } = await failed(model.complete(QUESTION, SCHEMA, forever));
    equal(code, 'engine.unavailable');
    ok(ms < 20_000);
  });

  it('refuses a file that is no model, with a runtime of the tests', async () => {
    const model = localModel(behaving('no model'));
    const { code } = await failed(model.complete(QUESTION, SCHEMA, forever));
    equal(code, 'model.incompatible');
    equal(model.running, undefined);
  });

  it('refuses a file that is no model, with the real runtime', async function () {
    const { addon } = await realModel(this);
    const model = localModel(behaving('GGUF?'), { worker: languageWorkerEntry() }, addon);
    const { code } = await failed(model.complete(QUESTION, SCHEMA, forever));
    equal(code, 'model.incompatible');
    equal(model.running, undefined);
  });

  it('ends when no request follows', async () => {
    const model = localModel(behaving({ answer: ANSWER }), { limits: { idleMs: 300 } });
    await model.complete(QUESTION, SCHEMA, forever);
    ok(model.running !== undefined);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    equal(model.running, undefined);
  });

  it('is killed when it ignores a cancel', async () => {
    const model = localModel(behaving({ answer: ANSWER, answerMs: 30_000, deaf: true }));
    const controller = new AbortController();
    const asked = failed(model.complete(QUESTION, SCHEMA, controller.signal));
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    controller.abort();
    const { code, ms } = await asked;
    equal(code, 'rpc.cancelled');
    ok(ms < 10_000);
  });

  it('is killed when it computes nothing', async () => {
    const model = localModel(behaving({ answer: ANSWER, answerMs: 30_000, still: true }), {
      limits: { silentMs: 4_000 },
    });
    equal((await failed(model.complete(QUESTION, SCHEMA, forever))).code, 'engine.timeout');
  });

  it('promise: has no code that reaches a network', function () {
    const { path } = languageWorkerEntry();
    if (!existsSync(path)) skip(this, 'dist/ is not built');
    const modules = [
      ...readFileSync(path, 'utf8').matchAll(
        /(?:\bfrom ?|\b(?:import|require)\w*\()["'](?:node:)?(https?|http2|net|tls|dns|dgram)["']/g,
      ),
    ];
    deepEqual(
      modules.map(([found]) => found),
      [],
    );
  });

  it('promise: receives no keys of the daemon', async () => {
    process.env['EARMARK_LLM_KEY'] = 'secret';
    try {
      const model = localModel(behaving({ answer: 'environment' }));
      const names = (await model.complete(QUESTION, SCHEMA, forever)).split(' ');
      model.dispose();
      ok(names.includes('NODE_LLAMA_CPP_SKIP_DOWNLOAD') && names.includes('PATH'));
      deepEqual(
        names.filter((one) => /KEY|TOKEN/.test(one)),
        [],
      );
    } finally {
      delete process.env['EARMARK_LLM_KEY'];
    }
  });
});
