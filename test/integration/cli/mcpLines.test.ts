/** The lines that `earmark mcp` reads: no JSON-RPC, and too long. */
import { deepEqual, equal, match } from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { DaemonFolder, scriptedCli, until } from '../../../testing/processes/daemonProcess';

describe('lines of earmark mcp', function () {
  this.timeout(60_000);
  let folder: DaemonFolder;
  before(() => (folder = new DaemonFolder()));
  after(() => folder.remove());

  it('leaves out what is no JSON-RPC, lives on, and ends with its input', async () => {
    const { command, args } = scriptedCli(['mcp']);
    const child = spawn(command, [...args], { env: { ...process.env, EARMARK_HOME: folder.path } });
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (out += String(chunk)));
    child.stderr.on('data', (chunk: Buffer) => (err += String(chunk)));
    child.stdin.write(
      'this is no JSON\n{"jsonrpc":"1.0"}\n{"jsonrpc":"2.0","id":1,"method":"ping"}\n',
    );
    await until(() => out.includes('\n'), 'it answers');
    deepEqual(JSON.parse(out), { jsonrpc: '2.0', id: 1, result: {} });
    match(err, /^earmark: Ignored a message that is not valid JSON-RPC/);
    const code = await new Promise((resolve) => {
      child.on('close', resolve);
      child.stdin.end();
    });
    equal(code, 0);
  });

  it('promise: a line of 5 MB gets an error answer, and the agent is served on', async () => {
    const { command, args } = scriptedCli(['mcp']);
    const child = spawn(command, [...args], { env: { ...process.env, EARMARK_HOME: folder.path } });
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => (out += String(chunk)));
    const long = 'x'.repeat(5 * 1024 * 1024);
    child.stdin.write(
      [
        `{"jsonrpc":"2.0","id":7,"method":"ping","params":{"x":"${long}"}}`,
        `{"method":"ping","params":{"x":"${long}"},"jsonrpc":"2.0","id":"b"}`,
        long,
        '{"jsonrpc":"2.0","id":8,"method":"ping"}\n',
      ].join('\n'),
    );
    await until(() => out.split('\n').length > 4, 'it answers');
    const answers = out
      .trim()
      .split('\n')
      .map(
        (line) => JSON.parse(line) as { id: unknown; error?: { code: number; message: string } },
      );
    deepEqual(
      answers.map(({ id, error }) => [id, error?.code]),
      [
        [7, -32600],
        ['b', -32600],
        [null, -32600],
        [8, undefined],
      ],
    );
    match(answers[0]?.error?.message ?? '', /^The message is longer than 1048576 bytes/);
    const code = await new Promise((resolve) => {
      child.on('close', resolve);
      child.stdin.end();
    });
    equal(code, 0);
  });
});
