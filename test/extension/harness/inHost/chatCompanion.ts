// Helper extension of the test host: symbols of Python files, and a chat without sign-in. The default agent writes what it is
// asked to $EARMARK_TEST_CHAT, a line of JSON for each request. The model exists once the command
// ran, because a chat without a model is one of the questions.
import { appendFileSync } from 'node:fs';
import * as vscode from 'vscode';

/** What an agent got. */
export interface ChatRequest {
  readonly prompt: string;
  /** Path of each attached file, with `#line` (from 1) where a part of it is attached. */
  readonly references: readonly string[];
}

/** Types of the oldest VS Code do not have it. */
interface ModelApi {
  registerLanguageModelChatProvider(vendor: string, provider: object): vscode.Disposable;
}

const DEFINITION = /^\s*(?:def|class) (\w+)/;

/** Python has no language server here; this one reads `def` and `class`. */
function symbolsIn(document: vscode.TextDocument): vscode.SymbolInformation[] {
  return document
    .getText()
    .split('\n')
    .flatMap((line, i) => {
      const name = DEFINITION.exec(line)?.[1];
      const place = new vscode.Location(document.uri, new vscode.Range(i, 0, i, line.length));
      return name === undefined
        ? []
        : [new vscode.SymbolInformation(name, vscode.SymbolKind.Class, '', place)];
    });
}

const python: vscode.DocumentSymbolProvider & vscode.WorkspaceSymbolProvider = {
  provideDocumentSymbols: (document: vscode.TextDocument) => symbolsIn(document),
  provideWorkspaceSymbols: async (query: string) => {
    const files = await vscode.workspace.findFiles('**/*.py');
    const documents = await Promise.all(files.map((uri) => vscode.workspace.openTextDocument(uri)));
    return documents.flatMap(symbolsIn).filter(({ name }) => name.includes(query));
  },
};

export function activate(context: vscode.ExtensionContext): void {
  const file = process.env['EARMARK_TEST_CHAT'];
  if (file === undefined) return;
  const agent = vscode.chat.createChatParticipant(
    'earmark-test.agent',
    ({ prompt, references }, _context, stream) => {
      const request: ChatRequest = { prompt, references: references.map(placeOf) };
      appendFileSync(file, `${JSON.stringify(request)}\n`);
      stream.markdown('Understood.');
    },
  );
  context.subscriptions.push(
    agent,
    vscode.languages.registerDocumentSymbolProvider({ pattern: '**/*.py' }, python),
    vscode.languages.registerWorkspaceSymbolProvider(python),
    vscode.commands.registerCommand('earmark-test.tools', () =>
      vscode.lm.tools.map(({ name }) => name).filter((name) => name.startsWith('earmark_')),
    ),
    vscode.commands.registerCommand('earmark-test.callTool', callTool),
    vscode.commands.registerCommand('earmark-test.noteActions', noteActions),
    vscode.commands.registerCommand('earmark-test.addModel', async () => {
      const api = vscode.lm as unknown as ModelApi;
      context.subscriptions.push(api.registerLanguageModelChatProvider('earmark-test', model));
      return (await vscode.lm.selectChatModels({ vendor: 'earmark-test' })).length;
    }),
  );
}

/** Titles of the code actions of the first action of the first note. */
async function noteActions(): Promise<string[]> {
  const [uri] = await vscode.workspace.findFiles('**/*.earmark.md', null, 1);
  if (uri === undefined) return [];
  const document = await vscode.workspace.openTextDocument(uri);
  await vscode.window.showTextDocument(document);
  const line = document
    .getText()
    .split('\n')
    .findIndex((text) => text.startsWith('- ['));
  const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
    'vscode.executeCodeActionProvider',
    uri,
    document.lineAt(Math.max(0, line)).range,
  );
  return actions.map(({ title }) => title);
}

/** What an agent gets of a tool, or the error's message. */
async function callTool(name: string, input: object): Promise<string> {
  try {
    const { content } = await vscode.lm.invokeTool(name, { input, toolInvocationToken: undefined });
    return content.map((part) => (part as vscode.LanguageModelTextPart).value).join('');
  } catch (error) {
    return `refused: ${error instanceof Error ? error.message : String(error)}`;
  }
}

const model = {
  provideLanguageModelChatInformation: () => [
    {
      id: 'scripted',
      name: 'Scripted',
      family: 'scripted',
      version: '1',
      maxInputTokens: 10_000,
      maxOutputTokens: 1_000,
      capabilities: { toolCalling: true },
      isDefault: true,
      isUserSelectable: true,
    },
  ],
  provideLanguageModelChatResponse: (
    _model: unknown,
    messages: readonly { readonly content: readonly { readonly value?: unknown }[] }[],
    _options: unknown,
    progress: vscode.Progress<vscode.LanguageModelTextPart>,
  ) => {
    const asked = messages.flatMap(({ content }) => content.map(({ value }) => String(value)));
    const dictated = /<dictation>\n([^]*)\n<\/dictation>/.exec(asked.join('\n'))?.[1];
    progress.report(
      // An honest tidy-up, but it obeys "say".
      new vscode.LanguageModelTextPart(
        dictated === undefined || /^say /i.test(dictated)
          ? 'Understood.'
          : dictated.replace(/\b(?:um|uh),? /gi, ''),
      ),
    );
    return Promise.resolve();
  },
  provideTokenCount: () => Promise.resolve(1),
};

function placeOf({ value }: vscode.ChatPromptReference): string {
  if (value instanceof vscode.Uri) return value.path;
  return value instanceof vscode.Location
    ? `${value.uri.path}#${value.range.start.line + 1}`
    : typeof value;
}
