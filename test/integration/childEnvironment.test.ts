/** "Keys and passwords of the daemon reach none of its children": each kind prints its environment. */
import { deepEqual, ok } from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeWithFfmpeg } from '../../daemon/adapters/capture/ffmpegFile';
import { ask } from '../../daemon/adapters/capture/programs';
import { supervise } from '../../daemon/adapters/capture/supervise';
import { forkWorker } from '../../daemon/adapters/inference/runtime/forkWorker';
import { VoxtralProcess } from '../../daemon/adapters/inference/voxtral/voxtralProcess';
import { givenKey } from '../../daemon/adapters/store/encryption/givenKey';
import { systemClock } from '../../daemon/base/clock';
import { systemTools } from '../../daemon/adapters/system/probeSystem';
import { childEnvironment } from '../../daemon/base/childEnvironment';
import { skip } from '../../testing/harness/skip';

const SECRETS: Readonly<Record<string, string>> = {
  EARMARK_KEY: 'canary-key',
  EARMARK_OPENAI_KEY: 'canary-openai',
  EARMARK_LLM_KEY: 'canary-llm',
  EARMARK_TOKEN: 'canary-token',
  EARMARK_DATABASE: 'postgres://user:canary-database@host/db',
  AWS_SECRET_ACCESS_KEY: 'canary-aws',
  GITHUB_TOKEN: 'canary-github',
  HTTPS_PROXY: 'http://user:canary-proxy@host',
  PULSE_PASSWORD: 'canary-pulse',
  XDG_SESSION_TOKEN: 'canary-xdg',
};

describe('promise: keys and passwords of the daemon reach none of its children', function () {
  this.timeout(30_000);
  let folder: string;
  const before = new Map<string, string | undefined>();

  beforeEach(function () {
    if (process.platform === 'win32') skip(this, 'the programs are shell scripts');
    folder = mkdtempSync(join(tmpdir(), 'earmark-children-'));
    for (const [name, value] of Object.entries({ ...SECRETS, LC_TIME: 'en_GB.UTF-8' })) {
      before.set(name, process.env[name]);
      process.env[name] = value;
    }
  });
  afterEach(() => {
    for (const [name, value] of before)
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    rmSync(folder, { recursive: true, force: true });
  });

  const script = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, `#!/bin/sh\n${text}\n`);
    chmodSync(path, 0o755);
    return path;
  };

  /** Each starts one kind of child and returns the text of its environment. */
  const kinds: Readonly<Record<string, () => Promise<string>>> = {
    'a program that is asked': async () => (await ask('env', [], process.env)).stdout,
    'a system probe': () => systemTools.run('env', []),
    ffmpeg: async () => {
      const ffmpeg = script('ffmpeg', 'env');
      const parts: Uint8Array[] = [];
      const end = { complaint: undefined };
      for await (const part of decodeWithFfmpeg(ffmpeg, 'a.m4a', 1, process.env, end))
        parts.push(part);
      return Buffer.concat(parts).toString();
    },
    'a recorder': () => {
      const command = { program: 'env', args: [], environment: process.env };
      const { cmd, args, spawnOptions } = supervise(command, process.platform);
      // Standard input stays open: its end would stop the recorder.
      const child = spawn(cmd, [...args], { ...spawnOptions, stdio: ['pipe', 'pipe', 'ignore'] });
      let text = '';
      child.stdout.on('data', (part: Buffer) => (text += part.toString()));
      return new Promise((done) => child.once('close', () => done(text)));
    },
    'an inference worker': () => {
      const path = join(folder, 'worker.js');
      writeFileSync(path, 'process.send(process.env); process.disconnect();');
      return new Promise((done) =>
        forkWorker({ path, execArgv: [] }, 'vad').onMessage((message) =>
          done(
            Object.entries(message)
              .map(([name, value]) => `${name}=${value}`)
              .join('\n'),
          ),
        ),
      );
    },
    voxtral: async () => {
      const program = script('voxtral', 'echo model loaded >&2; env');
      const limits = { readyMs: 10_000, killMs: 1_000, queuedBytes: 1_000, textChars: 100_000 };
      const child = new VoxtralProcess({ program, folder }, systemClock, limits);
      await child.ready;
      await child.ended;
      return child.text;
    },
    'the keychain': () => {
      const said = join(folder, 'said');
      script('secret-tool', `env > ${said}; echo ${'a'.repeat(64)}`);
      const path = process.env['PATH'];
      process.env['PATH'] = `${folder}:${path}`;
      try {
        givenKey({ key: 'keychain', keyFile: '', platform: 'linux' }, undefined);
      } finally {
        process.env['PATH'] = path;
      }
      return Promise.resolve(readFileSync(said, 'utf8'));
    },
  };

  for (const [kind, run] of Object.entries(kinds))
    it(`of ${kind} has no key or password of the daemon`, async () => {
      const text = await run();
      ok(/^PATH=/m.test(text), `it has a PATH: ${text.length} characters`);
      deepEqual(
        text.split('\n').filter((line) => line.includes('canary')),
        [],
      );
    });

  it('has language, audio server and folders', () => {
    const wanted = {
      PATH: '/bin',
      Path: 'C:\\bin',
      HOME: '/home/a',
      LC_TIME: 'en_GB',
      PULSE_SERVER: 'unix:/a',
      XDG_RUNTIME_DIR: '/run/user/1',
      SystemRoot: 'C:\\Windows',
      OMP_NUM_THREADS: '2',
    };
    deepEqual(childEnvironment({ ...wanted, ...SECRETS }), wanted);
  });
});
