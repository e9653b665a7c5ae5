/**
 * The import rules must refuse: forbidden code is linted, with the project's own configuration, as
 * if it stood in each room.
 */
import { deepEqual, match, ok } from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { ESLint } from 'eslint';

const root = path.resolve(__dirname, '../..');
let eslint: ESLint;

/** A file that exists, because type-aware lint knows only those. */
function fileIn(room: string): string | undefined {
  const file = path.join(root, room);
  if (room.endsWith('.ts')) return existsSync(file) ? file : undefined;
  const found = existsSync(file) ? readdirSync(file).find((f) => f.endsWith('.ts')) : undefined;
  return found === undefined ? undefined : path.join(file, found);
}

async function rulesBroken(file: string, code: string): Promise<string[]> {
  const [result] = await eslint.lintText(code, { filePath: file });
  const relevant = (result?.messages ?? []).filter(
    (m) =>
      m.fatal || m.ruleId === null || /^earmark\/|^no-restricted|floating-promises/.test(m.ruleId),
  );
  return relevant.map((m) => m.ruleId ?? m.message);
}

/** Each line of code alone, in the given room, must break exactly the rule (undefined: none). */
async function check(room: string, cases: Record<string, string | undefined>): Promise<void> {
  const file = fileIn(room);
  ok(file, `${room} has no file to test with`);
  const expected: Record<string, string[]> = {};
  const actual: Record<string, string[]> = {};
  for (const [code, rule] of Object.entries(cases)) {
    expected[code] = rule === undefined ? [] : [rule];
    actual[code] = await rulesBroken(file, `${code}\n`);
  }
  deepEqual(actual, expected);
}

const ROOMS = 'earmark/rooms';

describe('import rules', function () {
  this.timeout(120_000);
  before(() => {
    eslint = new ESLint({ cwd: root });
  });

  it('the extension never imports the daemon, in any form', () =>
    check('extension/settings', {
      "import '../../daemon/compose';": ROOMS,
      "import type { Models } from '../../daemon/models/api'; export type M = Models;": ROOMS,
      "export { BoundedQueue } from '../../daemon/base/boundedQueue';": ROOMS,
      "export * from '../../daemon/base/boundedQueue';": ROOMS,
      "export const load = () => import('../../daemon/compose');": ROOMS,
      "export type M = import('../../daemon/models/api').Models;": ROOMS,
      "export const m: unknown = require.resolve('../../daemon/runDaemon');": ROOMS,
      "import '../../media/panel';": ROOMS,
      "import '../../client/index';": undefined,
      "import '../../protocol/index';": undefined,
    }));

  it('the page knows the protocol alone', () =>
    check('media', {
      "import '../extension/extension';": ROOMS,
      "import '../client/index';": ROOMS,
      "import '../daemon/base/clock';": ROOMS,
      "import 'node:path';": ROOMS,
      "import 'vscode';": ROOMS,
      "import '../protocol/panel';": undefined,
      "import 'lit';": undefined,
    }));

  it('the protocol holds declarations only', () =>
    check('protocol', {
      "import '../client/index';": ROOMS,
      "import '../daemon/base/clock';": ROOMS,
      "import 'fs';": ROOMS,
      "import 'vscode-jsonrpc/node';": ROOMS,
      "import 'zod';": undefined,
    }));

  it('the client knows neither the daemon nor the editor', () =>
    check('client', {
      "import '../daemon/base/clock';": ROOMS,
      "import '../extension/extension';": ROOMS,
      "import 'vscode';": ROOMS,
      "import 'node:net';": undefined,
      "import 'vscode-jsonrpc/node';": undefined,
    }));

  it('the tools of agents know neither the editor nor the command line, and do no I/O', () =>
    check('agents', {
      "import '../daemon/cli/persist';": ROOMS,
      "import '../daemon/session/session';": ROOMS,
      "import '../extension/extension';": ROOMS,
      "import 'node:fs';": ROOMS,
      "import 'vscode';": ROOMS,
      "import '../daemon/base/redact';": undefined,
      "import '../client';": undefined,
    }));

  for (const room of [
    'audio',
    'asr',
    'vad',
    'models',
    'transcript',
    'insights',
    'notes',
    'session',
  ]) {
    it(`daemon/${room} does no I/O`, () =>
      check(`daemon/${room}`, {
        "import 'node:fs';": ROOMS,
        "import 'fs/promises';": ROOMS,
        "import 'node:net';": ROOMS,
        "import 'child_process';": ROOMS,
        "import 'onnxruntime-node';": ROOMS,
        "import 'libsql/promise';": ROOMS,
        "import '../adapters/download/fetch';": ROOMS,
        "import '../compose';": ROOMS,
        "import '../rpc/handlers';": ROOMS,
        "import '../../client/index';": ROOMS,
        "import '../../protocol/session';": ROOMS,
        'export const home = process.env.HOME;': 'no-restricted-globals',
        'export const now = Date.now();': 'no-restricted-syntax',
        'export const today = new Date();': 'no-restricted-syntax',
        'export const t = () => setTimeout(() => undefined, 1);': 'no-restricted-globals',
        "import '../../protocol/errors';": undefined,
        "import '../base/clock';": undefined,
        "import 'node:crypto';": undefined,
        'export const day = new Date(0);': undefined,
      }));
  }

  it('only rpc knows wire types, and reaches nothing else', () =>
    check('daemon/rpc', {
      "import '../adapters/store/database';": ROOMS,
      "import 'node:fs';": ROOMS,
      "import '../../client/index';": ROOMS,
      "import '../../protocol/session';": undefined,
      "import '../session/session';": ROOMS,
      "import '../session/contract/api';": undefined,
    }));

  it('a room imports rooms below it alone, types included', () =>
    check('daemon/vad', {
      "import type { Segment } from '../transcript/types';": ROOMS,
      "import type { SessionStore } from '../session/contract/store';": ROOMS,
      "import type { Frame } from '../audio/frame';": undefined,
    }));

  it('other rooms know the contract of a session alone', () =>
    check('daemon/team', {
      "import type { Session } from '../session/session';": ROOMS,
      "import type { SessionStore } from '../session/contract/store';": undefined,
    }));

  it('what tests and benches share knows neither', async () => {
    await check('testing/fakes', {
      "import '../../test/unit/x';": ROOMS,
      "import '../../bench/report';": ROOMS,
      "import '../../daemon/base/clock';": undefined,
    });
    await check('test/team', {
      "import '../../bench/report';": ROOMS,
      "import '../../testing/harness/skip';": undefined,
    });
    await check('bench', {
      "import '../test/fixtures/x';": ROOMS,
      "import '../testing/harness/skip';": undefined,
    });
  });

  it('adapters serve the inner rooms', () =>
    check('daemon/adapters/download', {
      "import '../../rpc/handlers';": ROOMS,
      "import '../../compose';": ROOMS,
      "import '../../cli/main';": ROOMS,
      "import '../../../protocol/session';": ROOMS,
      "import 'node:fs';": undefined,
      "import '../../models/api';": undefined,
    }));

  it('the command line talks to the daemon as any client does', () =>
    check('daemon/cli', {
      "import '../rpc/handlers';": ROOMS,
      "import '../../extension/extension';": ROOMS,
      "import '../../client/index';": undefined,
      "import '../adapters/audioFile/decode';": undefined,
    }));

  it('a promise that nobody awaits is refused', () =>
    check('daemon/base', { 'Promise.resolve(1);': '@typescript-eslint/no-floating-promises' }));

  it('a room that the table does not know is refused', async () => {
    const { refusal } = (await import(path.join(root, 'scripts/lint/rooms.mjs'))) as {
      refusal(file: string, specifier: string): string | undefined;
    };
    match(refusal('daemon/newRoom/x.ts', '../base/clock') ?? '', /does not know this room/);
  });
});
