/**
 * A language model of VS Code that is lent to the daemon: the client side, over a scripted editor
 * and connection.
 */
import { deepEqual, equal } from 'node:assert/strict';
import Module, { createRequire } from 'node:module';
import type { EditorModels as EditorModelsType } from '../../../extension/writing/editorModels';
import type { WritingHost } from '../../../extension/writing/host';

type Load = (request: string, ...rest: unknown[]) => unknown;

class LanguageModelError extends Error {
  static readonly NoPermissions = (): LanguageModelError => new LanguageModelError('NoPermissions');
  static readonly Blocked = (): LanguageModelError => new LanguageModelError('Blocked');

  constructor(readonly code: string) {
    super('It quotes what was said.');
  }
}

/** What of VS Code the lender uses. */
class ScriptedEditor {
  useEditorModel = true;
  wanted = '';
  /** Buttons that the user presses; the last one stays. */
  presses = ['Allow'];
  readonly questions: string[] = [];
  readonly stored = new Map<string, unknown>();
  readonly sent: { role: string; content: string }[][] = [];
  answer: () => AsyncIterable<string> = async function* () {
    await Promise.resolve();
    yield '{"items":';
    yield '[]}';
  };
  models = ['GPT-A', 'GPT-B'].map((name) => ({
    id: name,
    name,
    vendor: 'acme',
    version: '1',
    family: name.toLowerCase(),
    countTokens: (text: string) => Promise.resolve(text.length),
    sendRequest: (messages: { role: string; content: string }[]) => {
      this.sent.push(messages);
      return Promise.resolve({ text: this.answer() });
    },
  }));
  readonly api = {
    lm: {
      selectChatModels: () => Promise.resolve(this.models),
    },
    LanguageModelChatMessage: {
      User: (content: string) => ({ role: 'user', content }),
      Assistant: (content: string) => ({ role: 'assistant', content }),
    },
    LanguageModelError,
    CancellationTokenSource: class {
      token = { isCancellationRequested: false };
      cancel(): void {
        this.token.isCancellationRequested = true;
      }
      dispose(): void {}
    },
    l10n: { t: (text: string, ...values: string[]) => text.replace('{0}', values[0] ?? '') },
    window: {
      showInformationMessage: (question: string) => {
        this.questions.push(question);
        return Promise.resolve(this.presses.length > 1 ? this.presses.shift() : this.presses[0]);
      },
    },
  };
}

async function setup(editor = new ScriptedEditor()): Promise<{
  editor: ScriptedEditor;
  reported: [string, unknown][];
  ask: (id: number) => Promise<void>;
  models: EditorModelsType;
}> {
  const loader = Module as unknown as { _load: Load };
  const load = loader._load;
  loader._load = (request, ...rest) => (request === 'vscode' ? editor.api : load(request, ...rest));
  const path = require.resolve('../../../extension/writing/editorModels');
  delete require.cache[path];
  let EditorModels: typeof EditorModelsType;
  try {
    ({ EditorModels } = createRequire(__filename)(path) as {
      EditorModels: typeof EditorModelsType;
    });
  } finally {
    loader._load = load;
    delete require.cache[path];
  }
  const reported: [string, unknown][] = [];
  const models = new EditorModels({
    memory: {
      get: (key: string) => editor.stored.get(key),
      update: (key: string, value: unknown) => Promise.resolve(void editor.stored.set(key, value)),
      keys: () => [...editor.stored.keys()],
    },
    warn: () => undefined,
    daemon: {
      offer: (model: object) => Promise.resolve(void reported.push(['offer', model])),
      answer: (id: number, outcome: object) =>
        Promise.resolve(void reported.push(['answer', { id, outcome }])),
    },
    settings: {
      useEditorModel: () => editor.useEditorModel,
      editorModel: () => editor.wanted,
      remoteUrl: () => '',
    },
  } as unknown as WritingHost);
  await models.offerChosen();
  const ask = (id: number): Promise<void> =>
    models.answer({
      id,
      messages: [
        { role: 'system', content: 'Find decisions.' },
        { role: 'user', content: '1 Ann: We ship.' },
      ],
      schema: { type: 'object' },
    });
  return { editor, reported, ask, models };
}

describe('a language model of VS Code', () => {
  it('is not offered unless the user says so', async () => {
    const editor = new ScriptedEditor();
    editor.useEditorModel = false;
    deepEqual((await setup(editor)).reported, []);
  });

  it('is offered by its name, the one the user named where there are several, and taken back when it goes', async () => {
    const editor = new ScriptedEditor();
    editor.wanted = 'gpt-b';
    const { reported, models } = await setup(editor);
    editor.models = [];
    await models.offerChosen();
    deepEqual(reported, [
      ['offer', { name: 'GPT-B (VS Code)', modelId: 'acme/gpt-b/1' }],
      ['offer', {}],
    ]);
  });

  it('promise: a vendor gets a transcript only after consent, which is asked once', async () => {
    const editor = new ScriptedEditor();
    editor.presses = [''];
    const refused = await setup(editor);
    await refused.models.offerChosen();
    deepEqual([editor.questions.length, refused.reported], [1, []]);
    editor.presses = ['Allow'];
    const { reported } = await setup(editor);
    const again = await setup(editor);
    deepEqual([editor.questions.length, reported.length, again.reported.length], [2, 1, 1]);
    equal(/to acme,.* Audio stays on this machine/.test(editor.questions[0] ?? ''), true);
    const [consent] = Object.values(
      editor.stored.get('writing.consent') as Record<string, { by: string; at: string }>,
    );
    equal(consent !== undefined && consent.by !== '' && Date.parse(consent.at) <= Date.now(), true);
  });

  it('is asked with the schema in words, and its answer goes back', async () => {
    const { editor, reported, ask } = await setup();
    await ask(7);
    const [what, sent] = reported.at(-1) ?? [];
    const { id, outcome } = sent as { id: number; outcome: { tokens?: object } };
    const { tokens, ...text } = outcome;
    deepEqual([what, id, text], ['answer', 7, { kind: 'text', text: '{"items":[]}' }]);
    deepEqual(tokens, { input: 89, output: 12 });
    deepEqual(
      editor.sent[0]?.map(({ role }) => role),
      ['user', 'user', 'user'],
    );
    equal(editor.sent[0]?.at(-1)?.content.includes('{"type":"object"}'), true);
  });

  it('tells a refusal from a failure, without the words of either', async () => {
    const { editor, reported, ask } = await setup();
    for (const [id, error] of [
      new LanguageModelError('NoPermissions'),
      new LanguageModelError('NotFound'),
      new Error('Too many requests. You reached your quota.'),
      new Error('It quotes what was said.'),
    ].entries()) {
      editor.answer = async function* () {
        await Promise.reject(error);
        yield '';
      };
      await ask(id + 1);
    }
    deepEqual(
      reported.slice(1).map(([, params]) => (params as { outcome: unknown }).outcome),
      [
        { kind: 'failed', reason: 'refused' },
        { kind: 'failed', reason: 'unavailable' },
        { kind: 'failed', reason: 'rateLimited' },
        { kind: 'failed', reason: 'unavailable' },
      ],
    );
  });

  it('stops a model that does not stop', async () => {
    const { editor, reported, ask } = await setup();
    editor.answer = async function* () {
      await Promise.resolve();
      for (;;) yield 'x'.repeat(50_000);
    };
    await ask(1);
    equal((reported.at(-1)?.[1] as { outcome: { text: string } }).outcome.text.length, 200_000);
  });
});
