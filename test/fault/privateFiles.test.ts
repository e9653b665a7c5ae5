/** The promises about files: modes, links in shared folders, and a folder that is read-only. */
import { deepEqual, equal, match } from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureDaemon, type DaemonClient } from '../../client';
import { socketPath } from '../../daemon/adapters/transport/socketPath';
import { SessionStart, SessionStop } from '../../protocol/session';
import { DaemonFolder, scriptedDaemon, until } from '../../testing/processes/daemonProcess';
import { cli } from '../../testing/processes/runCli';
import { skip } from '../../testing/harness/skip';

describe('files of the state folder', function () {
  this.timeout(60_000);
  let folder: DaemonFolder;
  let client: DaemonClient | undefined;
  const undo: (() => void)[] = [];
  beforeEach(() => (folder = new DaemonFolder()));
  afterEach(async () => {
    client?.dispose();
    client = undefined;
    for (const step of undo.splice(0).reverse()) step();
    await folder.remove();
  });

  it('have 0600 and folders 0700, also with an open umask and files of before', async () => {
    writeFileSync(join(folder.path, 'tokens.json'), '{"tokens":[]}', { mode: 0o644 });
    mkdirSync(join(folder.path, 'spool'), { mode: 0o755 });
    const before = process.umask(0);
    try {
      client = await ensureDaemon({
        stateDir: folder.path,
        client: { name: 'test', version: '1' },
        daemon: scriptedDaemon(),
      });
    } finally {
      process.umask(before);
    }
    const { session } = await client.request(SessionStart, {
      kind: 'meeting',
      title: 'Plan',
      sources: [{ source: 'mic', origin: { type: 'capture' } }],
      partials: false,
      insights: false,
      consent: { by: 'test', at: '2026-01-05T09:00:00+00:00', wording: 'I agree' },
    });
    await until(() => existsSync(join(folder.path, 'spool', session.id)), 'audio is stored');
    await client.request(SessionStop, { sessionId: session.id });
    const open = readdirSync(folder.path, { recursive: true, encoding: 'utf8' }).filter((name) => {
      const facts = statSync(join(folder.path, name), { throwIfNoEntry: false });
      return facts !== undefined && (facts.mode & 0o077) !== 0;
    });
    deepEqual(open, []);
  });

  it('a link in the temporary folder is not followed for a long socket path', function () {
    if (process.platform === 'win32') skip(this, 'pipes have no folder');
    const long = join(folder.path, 'x'.repeat(120));
    const temporary = mkdtempSync(join(tmpdir(), 'ea-'));
    undo.push(() => rmSync(temporary, { recursive: true, force: true }));
    const { XDG_RUNTIME_DIR: runtime, TMPDIR: tmp } = process.env;
    undo.push(() => {
      for (const [name, value] of Object.entries({ XDG_RUNTIME_DIR: runtime, TMPDIR: tmp }))
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
    });
    process.env['XDG_RUNTIME_DIR'] = temporary;
    const path = socketPath(long);
    match(path, new RegExp(`^${temporary}/`));
    const place = join(path, '..');
    rmSync(place, { recursive: true });
    const target = join(folder.path, 'target');
    mkdirSync(target, { mode: 0o755 });
    symlinkSync(target, place);
    process.env['TMPDIR'] = folder.path;
    const other = socketPath(long);
    deepEqual(
      [
        other.startsWith(temporary),
        lstatSync(place).isSymbolicLink(),
        statSync(target).mode & 0o777,
      ],
      [false, true, 0o755],
    );
    undo.push(() => rmSync(join(other, '..'), { recursive: true, force: true }));
  });

  it('a read-only folder is named in one sentence that says what to do', async function () {
    const place = join(folder.path, 'readonly');
    mkdirSync(place);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro,mode=700', 'tmpfs', place], {
        stdio: 'ignore',
      });
    } catch {
      skip(this, 'a read-only file system can be made by root on Linux only');
    }
    undo.push(() => execFileSync('umount', ['-l', place], { stdio: 'ignore' }));
    for (const args of [
      ['daemon', 'start'],
      ['daemon', 'stop'],
      ['sessions', 'list'],
    ]) {
      const { code, err } = await cli(place, args);
      equal(code, 1, `${args.join(' ')}: ${err}`);
      match(
        err,
        /^earmark: Earmark cannot write to the state folder .*EARMARK_HOME to another folder\.\n$/,
      );
    }
    const { code, err } = await cli(join(place, 'deeper'), ['daemon', 'start']);
    deepEqual([code, /cannot write to the state folder/.test(err)], [1, true], err);
  });
});
