// A language model of VS Code for tests, from the vendor "acme": its words are scripted, its requests
// are counted. The API is stable since VS Code 1.104; the types of this repository are older.
import * as vscode from 'vscode';
import { type ModelMood, scriptedAnswer } from '../../../../testing/fakes/scripted/scriptedNotes';

export const VENDOR = 'acme';

interface Part {
  readonly value?: unknown;
}
interface Message {
  readonly content: readonly Part[];
}
interface Provider {
  provideLanguageModelChatInformation(): unknown;
  provideLanguageModelChatResponse(
    model: unknown,
    messages: readonly Message[],
    options: unknown,
    progress: vscode.Progress<vscode.LanguageModelTextPart>,
    token: vscode.CancellationToken,
  ): Promise<void>;
  provideTokenCount(model: unknown, text: string | Message): Promise<number>;
}
interface Registry {
  registerLanguageModelChatProvider?(vendor: string, provider: Provider): vscode.Disposable;
}

export class ScriptedModel {
  mood: ModelMood = 'good';
  requests = 0;

  /** @returns undefined in a VS Code that takes no providers */
  register(): vscode.Disposable | undefined {
    return (vscode.lm as unknown as Registry).registerLanguageModelChatProvider?.(VENDOR, {
      provideLanguageModelChatInformation: () => [
        {
          id: 'acme-large',
          name: 'Acme Large',
          family: 'large',
          version: '1',
          maxInputTokens: 100_000,
          maxOutputTokens: 10_000,
          capabilities: {},
        },
      ],
      provideLanguageModelChatResponse: async (_model, messages, _options, progress, token) => {
        this.requests++;
        await this.speak(messages, progress, token);
      },
      provideTokenCount: (_model, text) =>
        Promise.resolve(Math.ceil((typeof text === 'string' ? text : textOf(text)).length / 4)),
    });
  }

  private async speak(
    messages: readonly Message[],
    progress: vscode.Progress<vscode.LanguageModelTextPart>,
    token: vscode.CancellationToken,
  ): Promise<void> {
    if (this.mood === 'refuses') throw vscode.LanguageModelError.NoPermissions('Not allowed.');
    if (this.mood === 'limited') throw new Error('Too many requests: you reached your quota.');
    while (this.mood === 'slow' && !token.isCancellationRequested)
      await new Promise((done) => setTimeout(done, 50));
    if (token.isCancellationRequested) return;
    const prompt = messages.map(textOf).join('\n');
    progress.report(new vscode.LanguageModelTextPart(scriptedAnswer(prompt, this.mood)));
  }
}

function textOf({ content }: Message): string {
  return content.map(({ value }) => (typeof value === 'string' ? value : '')).join('');
}
