/** Dictated prompts: agents in terminals, references, pasting, "send it", doubted words. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import fc from 'fast-check';
import { doubtedWords } from '../../../extension/dictation/doubted';
import { agentBelow, agentOf, parseProcesses } from '../../../extension/dictation/prompt/agents';
import {
  bracketed,
  namesIn,
  unsureLine,
  withoutSend,
  withPaths,
} from '../../../extension/dictation/prompt/promptText';

describe('an agent in a terminal', () => {
  const check = (command: string, expected: string | undefined): void =>
    void it(`${command} → ${expected ?? 'none'}`, () => equal(agentOf(command), expected));

  check('claude', 'Claude Code');
  check('/usr/local/bin/claude --resume', 'Claude Code');
  check('node /home/ana/.npm/bin/claude', 'Claude Code');
  check('node --no-warnings /opt/lib/node_modules/@anthropic-ai/claude-code/cli.js', 'Claude Code');
  check('npx @openai/codex', 'Codex');
  check('codex exec', 'Codex');
  check('node /usr/bin/copilot', 'Copilot CLI');
  check('node /usr/lib/node_modules/@google/gemini-cli/dist/index.js', 'Gemini CLI');
  check('C:\\tools\\gemini.exe -m pro', 'Gemini CLI');
  check('python3 /usr/bin/aider', 'Aider');
  check('vim claude.md', undefined);
  check('cat claude', undefined);
  check('node server.js claude', undefined);
  check('bash', undefined);
  check('', undefined);

  it('is found below the shell of its terminal, not below another one', () => {
    const processes = parseProcesses(
      '  10     1 bash\n  11    10 node /bin/claude\n  20     1 zsh\n  21    20 vim a.ts\n' +
        '  30    30 its own parent\nnonsense\n',
    );
    equal(processes.length, 5);
    deepEqual(
      [10, 20, 30, 99].map((root) => agentBelow(processes, root)),
      ['Claude Code', undefined, undefined, undefined],
    );
  });
});

describe('the text of a prompt', () => {
  // eslint-disable-next-line no-control-regex
  const PASTE = /^\x1b\[200~([^]*)\x1b\[201~$/;

  it('is pasted in brackets, without what a terminal would obey', () => {
    equal(
      bracketed('one\r\ntwo\x1b[201~\rrm -rf /\x03\tend'),
      '\x1b[200~one\ntwo\nrm -rf / end\x1b[201~',
    );
  });

  it('leaves its brackets by no text', () => {
    const piece = fc.constantFrom('\x1b', '[', '201~', '200~', 'a', '\r', '\n', '\x9b', '\x03');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const inside = PASTE.exec(bracketed(pieces.join('')))?.[1];
        // eslint-disable-next-line no-control-regex
        ok(inside !== undefined && !/[\x00-\x09\x0b-\x1f\x7f-\x9f]/.test(inside));
      }),
    );
  });

  it('is sent by "send it" as a last sentence alone', () => {
    deepEqual(
      [
        'Fix the parser. Send it.',
        'fix the parser, send it',
        'Send it!',
        'I cannot send it.',
        'Do not send it.',
        'Send it to Ana.',
        'Resend it.',
      ].map(withoutSend),
      ['Fix the parser.', 'fix the parser.', '', undefined, undefined, undefined, undefined],
    );
  });

  it('names code: what looks like it, or was spelled as it', () => {
    deepEqual(
      namesIn('Fix parseConfig in README.md and Session, not in HTTP or e.g. Ana. MAX_SIZE', [
        'Session',
      ]),
      ['parseConfig', 'README.md', 'Session', 'e.g', 'MAX_SIZE'],
    );
  });

  it('gets paths: a file in place of its name, a symbol at its first mention', () => {
    equal(
      withPaths('Fix parseConfig in README.md. Then call parseConfig, Other.', [
        { name: 'parseConfig', path: 'src/config.ts', isFile: false },
        { name: 'README.md', path: 'docs/README.md', isFile: true },
        { name: 'Other', path: 'a folder/other.ts', isFile: false },
      ]),
      'Fix parseConfig (@src/config.ts) in @docs/README.md. Then call parseConfig, Other.',
    );
  });
});

describe('doubted words', () => {
  it('are names whose spoken words have other letters, and words without confidence', () => {
    const doubted = doubtedWords(
      'Call fetchUser, then parseConfig with zebra in token.ts.',
      [
        { recognised: 'fetch user', written: 'fetchUser' },
        { recognised: 'past config', written: 'parseConfig' },
        { recognised: 'token dot ts', written: 'token.ts' },
      ],
      [
        { text: 'Call', confidence: 0.9 },
        { text: 'zebra.', confidence: 0.3 },
        { text: 'gone', confidence: 0.1 },
        { text: 'with' },
      ],
    );
    deepEqual(doubted, ['parseConfig', 'zebra']);
    equal(unsureLine(doubted), '\n(dictated; unsure: `parseConfig`, `zebra`)');
    equal(unsureLine([]), '');
  });
});
