/**
 * Registers the tools for language models and the participant `@earmark`. Only names are known
 * here; the first call loads the rest.
 */
import * as vscode from 'vscode';
import type { AgentHost } from './host';

/** Name in package.json. */
const PARTICIPANT = 'earmark.meetings';

/** @param connect called by each use */
export function registerChat(
  context: vscode.ExtensionContext,
  connect: () => Promise<AgentHost>,
): vscode.Disposable {
  const { contributes } = context.extension.packageJSON as {
    contributes?: { languageModelTools?: readonly { readonly name: string }[] };
  };
  const tools = (contributes?.languageModelTools ?? []).map(({ name }) =>
    vscode.lm.registerTool<object>(name, {
      prepareInvocation: async ({ input }) => {
        const { consentFor, toolNamed } = await import('./agentTools');
        const tool = toolNamed(name);
        if (tool === undefined || tool.effect === 'read') return {};
        const confirmationMessages = await consentFor(tool, input, await connect());
        return confirmationMessages ? { confirmationMessages } : {};
      },
      invoke: async ({ input }, token) => {
        const { invokeTool, toolNamed } = await import('./agentTools');
        const tool = toolNamed(name);
        if (tool === undefined) throw new Error(`Earmark has no tool ${name}.`);
        return invokeTool(tool, input, await connect(), token);
      },
    }),
  );
  const participant = vscode.chat.createChatParticipant(
    PARTICIPANT,
    async (request, _context, stream) => {
      const { answerChat } = await import('./agentTools');
      await answerChat(request, stream, await connect());
    },
  );
  participant.iconPath = new vscode.ThemeIcon('bookmark');
  return vscode.Disposable.from(participant, ...tools);
}
