// package.json's tools against the one definition in agents/.
import { deepEqual, ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { AGENT_TOOLS } from '../../../agents/tools';
import { toolEntries } from '../../../scripts/agentTools';

const root = path.resolve(__dirname, '../../..');

describe('tools of agents', () => {
  it('stand in package.json as agents/ defines them: npm run docs writes them', () => {
    const { contributes } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
      contributes: { languageModelTools: unknown };
    };
    deepEqual(contributes.languageModelTools, JSON.parse(JSON.stringify(toolEntries())));
  });

  it('stand in docs/agents.md', () => {
    const page = readFileSync(path.join(root, 'docs/agents.md'), 'utf8');
    deepEqual(
      AGENT_TOOLS.map(({ name }) => name),
      [...page.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name),
    );
  });

  it('refuse arguments that are not theirs', () => {
    ok(AGENT_TOOLS.every(({ input }) => !input.safeParse({ file: '/etc/passwd' }).success));
  });
});
