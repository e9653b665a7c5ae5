/**
 * A language model of VS Code that is lent to the daemon: the client side, over a scripted editor
 * and connection.
 */
import { deepEqual, equal } from 'node:assert/strict';
import Module, { createRequire } from 'node:module';
import type { Connection, ConnectionState } from '../../../client';
import type { EditorModel as EditorModelType } from '../../../extension/daemon/editorModel';

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
  readonly values: Record<string, unknown> = { 'llm.useEditorModel': true };
  readonly sent: { role: string; content: string }[][] = [];
  answer: () => AsyncIterable<string> = async function* () {
    await Promise.resolve();
    yield '{"items":';
    yield '[]}';
  };
  models = ['GPT-A', 'GPT-B'].map((name) => ({
    id: name,
    name,
    family: name.toLowerCase(),
    sendRequest: (messages: { role: string; content: string }[]) => {
      this.sent.push(messages);
      return Promise.resolve({ text: this.answer() });
    },
  }));
  private modelsChanged: () => void = () => undefined;
  readonly api = {
    lm: {
      selectChatModels: () => Promise.resolve(this.models),
      onDidChangeChatModels: (call: () => void) => (
        (this.modelsChanged = call),
        { dispose: () => undefined }
      ),
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
    ConfigurationTarget: { Global: 1 },
    l10n: { t: (text: string, ...values: string[]) => text.replace('{0}', values[0] ?? '') },
    workspace: {
      getConfiguration: () => ({
        get: (key: string) => this.values[key],
        inspect: () => undefined,
      }),
      onDidChangeConfiguration: () => ({ dispose: () => undefined }),
    },
  };

  loseModels(): void {
    this.models = [];
    this.modelsChanged();
  }
}

async function setup(editor = new ScriptedEditor()): Promise<{
  editor: ScriptedEditor;
  reported: [string, unknown][];
  ask: (id: number) => Promise<void>;
  settle: () => Promise<void>;
}> {
  const loader = Module as unknown as { _load: Load };
  const load = loader._load;
  loader._load = (request, ...rest) => (request === 'vscode' ? editor.api : load(request, ...rest));
  const paths = [
    '../../../extension/daemon/editorModel',
    '../../../extension/settings/settings',
  ].map((path) => require.resolve(path));
  for (const path of paths) delete require.cache[path];
  let EditorModel: typeof EditorModelType;
  try {
    ({ EditorModel } = createRequire(__filename)('../../../extension/daemon/editorModel') as {
      EditorModel: typeof EditorModelType;
    });
  } finally {
    loader._load = load;
    for (const path of paths) delete require.cache[path];
  }
  const reported: [string, unknown][] = [];
  const recognised = new Map<string, (params: unknown) => void>();
  let connected: (change: { to: ConnectionState }) => void = () => undefined;
  const connection = {
    state: { kind: 'connected' },
    request: ({ method }: { method: string }, params: unknown) => (
      reported.push([method, params]),
      Promise.resolve({})
    ),
    onNotification: ({ method }: { method: string }, call: (params: unknown) => void) => (
      recognised.set(method, call),
      { dispose: () => undefined }
    ),
    onDidChangeState: (call: typeof connected) => (
      (connected = call),
      { dispose: () => undefined }
    ),
  } as unknown as Connection;
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 20; i++) await Promise.resolve();
  };
  new EditorModel(
    { onDidMake: (call: (connection: Connection) => void) => call(connection) } as never,
    { warn: () => undefined } as never,
  );
  connected({ to: connection.state });
  await settle();
  const ask = async (id: number): Promise<void> => {
    recognised.get('languageModel/ask')?.({
      id,
      messages: [
        { role: 'system', content: 'Find decisions.' },
        { role: 'user', content: '1 Ann: We ship.' },
      ],
      schema: { type: 'object' },
    });
    await settle();
  };
  return { editor, reported, ask, settle };
}

describe('a language model of VS Code', () => {
  it('is not offered unless the user says so', async () => {
    const editor = new ScriptedEditor();
    editor.values['llm.useEditorModel'] = false;
    deepEqual((await setup(editor)).reported, []);
  });

  it('is offered by its name, the one the user named where there are several, and taken back when it goes', async () => {
    const editor = new ScriptedEditor();
    editor.values['llm.model'] = 'gpt-b';
    const { reported, settle } = await setup(editor);
    editor.loseModels();
    await settle();
    deepEqual(reported, [
      ['languageModel/offer', { name: 'GPT-B (VS Code)' }],
      ['languageModel/offer', {}],
    ]);
  });

  it('is asked with the schema in words, and its answer goes back', async () => {
    const { editor, reported, ask } = await setup();
    await ask(7);
    deepEqual(reported.at(-1), [
      'languageModel/answer',
      { id: 7, outcome: { kind: 'text', text: '{"items":[]}' } },
    ]);
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
        { kind: 'failed', reason: 'unavailable' },
      ],
    );
  });

  it('stops a model that does not stop', async () => {
    const { editor, reported, ask, settle } = await setup();
    editor.answer = async function* () {
      await Promise.resolve();
      for (;;) yield 'x'.repeat(50_000);
    };
    await ask(1);
    await settle();
    equal((reported.at(-1)?.[1] as { outcome: { text: string } }).outcome.text.length, 200_000);
  });
});
