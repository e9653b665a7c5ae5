// Helper extension of the test host, beside the one under test: lets a test act inside the
// extension host while it looks at the window. Answers execute, settings and coverage requests on a
// Unix socket, one request a connection.
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as vscode from 'vscode';
import type { ModelMood } from '../../../../testing/fakes/scripted/scriptedNotes';
import { writeCoverage } from './coverage';
import { ScriptedModel } from './scriptedModel';

export type CompanionRequest =
  | { readonly kind: 'execute'; readonly command: string; readonly args: readonly unknown[] }
  /** User settings; null takes one away. */
  | { readonly kind: 'settings'; readonly change: Readonly<Record<string, unknown>> }
  /** Registers the scripted language model at the first call, and sets its mood. */
  | { readonly kind: 'model'; readonly mood: ModelMood }
  /** What the extension host holds once its garbage is gone: {@link HostMemory}. */
  | { readonly kind: 'memory' }
  | { readonly kind: 'coverage' };

/** In bytes. */
export interface HostMemory {
  /** JavaScript's heap and what it holds outside, such as buffers. */
  readonly held: number;
  /** Of the process. */
  readonly resident: number;
}

export type CompanionAnswer = { readonly result?: unknown } | { readonly error: string };

const model = new ScriptedModel();
let registered: vscode.Disposable | undefined;

const coverageDir = process.env.EARMARK_TEST_COVERAGE;
const coverageRoot = process.env.EARMARK_TEST_COVERAGE_ROOT;
const controlDir = process.env.EARMARK_TEST_CONTROL;

export function activate(context: vscode.ExtensionContext): void {
  if (!controlDir) return;
  const server = createServer((socket) => serve(socket));
  server.listen(join(controlDir, `${process.pid}.sock`));
  context.subscriptions.push({ dispose: () => server.close() });
}

/** A reload ends the extension host in good order and would lose what was counted. */
export function deactivate(): void {
  saveCoverage();
}

function serve(socket: Socket): void {
  let text = '';
  socket.on('error', () => socket.destroy());
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    text += chunk;
    if (!text.endsWith('\n')) return;
    answer(JSON.parse(text) as CompanionRequest).then(
      (result) => socket.end(JSON.stringify({ result } satisfies CompanionAnswer)),
      (error: unknown) =>
        socket.end(
          JSON.stringify({
            error: error instanceof Error ? error.message : String(error),
          } satisfies CompanionAnswer),
        ),
    );
  });
}

async function answer(request: CompanionRequest): Promise<unknown> {
  switch (request.kind) {
    case 'execute':
      return vscode.commands.executeCommand(request.command, ...request.args);
    case 'settings':
      for (const [key, value] of Object.entries(request.change)) {
        await vscode.workspace
          .getConfiguration()
          .update(key, value ?? undefined, vscode.ConfigurationTarget.Global);
      }
      return undefined;
    case 'model':
      registered ??= model.register();
      model.mood = request.mood;
      return registered === undefined ? undefined : model.requests;
    case 'memory':
      return memory();
    case 'coverage':
      return saveCoverage();
  }
}

async function memory(): Promise<HostMemory> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  // What one collection finalises goes with the next; pages that are free are given back some time
  // after.
  for (let i = 0; i < 4; i++) {
    collect();
    await new Promise((done) => setTimeout(done, 500));
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { held: heapUsed + external, resident: rss };
}

function saveCoverage(): void {
  if (coverageDir && coverageRoot) writeCoverage(coverageDir, coverageRoot);
}
