/** How the earmark command is used: what it refuses, what its help lists. */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { makeStyle, type Terminal } from '../../../daemon/cli/output/output';
import { runCli } from '../../../daemon/cli/program';
import manifest from '../../../package.json';

interface CliResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(...args: string[]): Promise<CliResult> {
  const said = { out: '', err: '' };
  const to = (name: 'out' | 'err'): Terminal => ({
    isTTY: false,
    columns: 80,
    style: makeStyle(false),
    write: (text) => void (said[name] += text),
    drained: () => Promise.resolve(),
  });
  const code = await runCli(args, {
    out: to('out'),
    err: to('err'),
    daemon: { command: '/nowhere/node', args: [] },
  });
  return { code, ...said };
}

describe('command line usage', () => {
  async function checkUsage(args: string[], sentence: RegExp): Promise<void> {
    const { code, out, err } = await run(...args);
    deepEqual({ code, out }, { code: 2, out: '' });
    match(err, sentence);
    equal(err.trim().split('\n').length, 1, err);
  }
  it('an unknown command', () =>
    checkUsage(
      ['transcibe', 'x'],
      /^earmark: Unknown command 'transcibe' \(Did you mean transcribe\?\); see "earmark --help"\.\n$/,
    ));
  it('an unknown option', () =>
    checkUsage(['transcribe', '--frmat', 'json', 'x'], /^earmark: Unknown option '--frmat'/));
  it('no file', () => checkUsage(['transcribe'], /^earmark: Missing required argument 'FILE'/));
  it('an unknown format', () =>
    checkUsage(
      ['transcribe', '--format', 'docx', 'x'],
      /docx.*text, jsonl, json, srt, vtt, md, rttm/,
    ));
  it('a limit that is no number', () =>
    checkUsage(['sessions', 'list', '--limit', 'many'], /whole number/));
  it('a file twice', () => checkUsage(['transcribe', 'a.wav', 'a.wav'], /a file twice/));

  it('lists what is there', async () => {
    const helps: CliResult[] = [];
    for (const args of [
      ['--help'],
      ['sessions', '--help'],
      ['models', '--help'],
      ['daemon', 'start', '--help'],
      ['transcribe', '--help'],
      ['doctor', '--help'],
    ])
      helps.push(await run(...args));
    const all = helps.map((h) => h.out).join('\n');
    deepEqual(
      helps.map((h) => h.code),
      [0, 0, 0, 0, 0, 0],
    );
    for (const word of [
      'transcribe',
      'record',
      'analyze',
      'sessions',
      'search',
      'recover',
      'purge',
      'models',
      'rollback',
      'bench',
      'daemon',
      'mcp',
      'doctor',
      '--bundle',
      '--split-channels',
    ])
      ok(all.includes(word), word);
  });
  it('prints its version', async () =>
    equal((await run('--version')).out, `${manifest.version}\n`));
});
