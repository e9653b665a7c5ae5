/** The note of a very long meeting, and the editor's side of the language server's connection. */
import { spawn, type ChildProcess } from 'node:child_process';
import {
  createMessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
  type MessageConnection,
} from 'vscode-jsonrpc/node';
import { timeStamp } from '../../daemon/insights/text/timeStamp';

const PEOPLE = ['Ben', 'Lea K.', 'Sam', 'Mina', 'Hugo'];
/** Seconds between two segments. */
const STEP_MS = 7_000;

/**
 * @param lines number of lines of the whole note
 * @param items number of actions and decisions, half of each; some without owner, some overdue,
 * some with a broken time
 */
export function longNote(lines: number, items: number): string {
  const said = Math.floor((lines - items - 20) / 2);
  const stamp = (i: number): string => timeStamp(i * STEP_MS);
  const item = (i: number, box: string): string =>
    `- ${box}Item ${i} about parseConfig and \`SessionStore\`${i % 5 === 0 ? '' : ` — @${PEOPLE[i % 5]}, by Friday (2026-${i % 3 === 0 ? '01' : '12'}-27)`} ${stamp(i % 97 === 0 ? said + 10_000 : (i * 37) % said)}`;
  return [
    '---',
    'session: a1b2',
    'date: 2026-11-20T14:00:00+01:00',
    `participants: [${PEOPLE.join(', ')}]`,
    '---',
    '',
    '# A very long meeting',
    '',
    '## Decisions',
    '',
    ...Array.from({ length: items >> 1 }, (_, i) => item(i, '')),
    '',
    '## Action items',
    '',
    ...Array.from({ length: items - (items >> 1) }, (_, i) => item(i, '[ ] ')),
    '',
    '## Transcript',
    '',
    ...Array.from(
      { length: said },
      (_, i) =>
        `**${PEOPLE[i % 5]}** ${stamp(i)} This is what was said as number ${i}, and it goes on for a while.\n`,
    ),
  ].join('\n');
}

export class NotesEditor {
  readonly connection: MessageConnection;
  private version = 1;

  private constructor(
    readonly child: ChildProcess,
    readonly uri: string,
  ) {
    this.connection = createMessageConnection(
      new StreamMessageReader(child.stdout!),
      new StreamMessageWriter(child.stdin!),
    );
    this.connection.listen();
  }

  /** @param entry the server's program: a bundle, or the source, which tsx runs */
  static async open(
    entry: string,
    text: string,
    uri = 'file:///w/.earmark/long.earmark.md',
  ): Promise<NotesEditor> {
    const child = spawn(
      process.execPath,
      [
        ...(entry.endsWith('.ts') ? ['--require', require.resolve('tsx/cjs')] : []),
        entry,
        '--stdio',
      ],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    const editor = new NotesEditor(child, uri);
    await editor.connection.sendRequest('initialize', {
      processId: process.pid,
      rootUri: null,
      capabilities: {},
    });
    await editor.connection.sendNotification('initialized', {});
    await editor.connection.sendNotification('textDocument/didOpen', {
      textDocument: { uri, languageId: 'markdown', version: 1, text },
    });
    return editor;
  }

  /** Types at the end of a line. */
  async type(line: number, character: number, text: string): Promise<void> {
    const place = { line, character };
    await this.connection.sendNotification('textDocument/didChange', {
      textDocument: { uri: this.uri, version: ++this.version },
      contentChanges: [{ range: { start: place, end: place }, text }],
    });
  }

  ask<T>(method: string, params: object = {}): Promise<T> {
    return this.connection.sendRequest<T>(method, { textDocument: { uri: this.uri }, ...params });
  }

  /** @returns the exit code */
  async end(): Promise<number | null> {
    const ended = new Promise<number | null>((resolve) => this.child.once('close', resolve));
    await this.connection.sendRequest('shutdown');
    await this.connection.sendNotification('exit');
    const code = await ended;
    this.connection.dispose();
    return code;
  }
}

/** Every request of the language server, each at a place of a long note with a result. */
export function noteRequests(
  text: string,
): readonly { readonly name: string; readonly method: string; readonly params: object }[] {
  const lines = text.split('\n');
  const action = lines.findIndex((line) => line.startsWith('- [ ] ') && line.includes('@'));
  const said = lines.findIndex((line) => line.startsWith('**Sam**'));
  const place = (line: number, part: string) => ({
    position: { line, character: lines[line]!.indexOf(part) + 2 },
  });
  return [
    { name: 'outline', method: 'textDocument/documentSymbol', params: {} },
    { name: 'folding', method: 'textDocument/foldingRange', params: {} },
    { name: 'diagnostics', method: 'textDocument/diagnostic', params: {} },
    { name: 'code lenses', method: 'textDocument/codeLens', params: {} },
    {
      name: 'quick fixes',
      method: 'textDocument/codeAction',
      params: {
        range: { start: { line: action, character: 0 }, end: { line: action + 5, character: 0 } },
        context: { diagnostics: [] },
      },
    },
    {
      name: 'completion',
      method: 'textDocument/completion',
      params: { position: { line: action, character: lines[action]!.indexOf('@') + 1 } },
    },
    { name: 'hover on a time', method: 'textDocument/hover', params: place(action, '[0') },
    { name: 'hover on a person', method: 'textDocument/hover', params: place(action, '@') },
    {
      name: 'definition of a time',
      method: 'textDocument/definition',
      params: place(action, '[0'),
    },
    { name: 'rename, prepared', method: 'textDocument/prepareRename', params: place(said, '**') },
    {
      name: 'rename of a speaker',
      method: 'textDocument/rename',
      params: { ...place(said, '**'), newName: 'Samuel' },
    },
    {
      name: 'symbols of the workspace',
      method: 'earmark/noteSymbols',
      params: { query: 'config' },
    },
    {
      name: 'text for elsewhere',
      method: 'earmark/derive',
      params: { uri: 'file:///w/.earmark/long.earmark.md', line: action, as: 'issue' },
    },
  ];
}
