/**
 * Downloads from a model hub that fail in every way, while an older version is in use: each ends in
 * one sentence, leaves no broken file, and the old version goes on working.
 */
import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EarmarkError } from '../../../protocol/errors';
import {
  createModelDisk,
  type ModelDiskOptions,
} from '../../../daemon/adapters/download/modelDisk';
import { systemClock } from '../../../daemon/base/clock';
import { silentLogger } from '../../../daemon/base/logger';
import type { CatalogueEntry } from '../../../daemon/models/catalogueEntry';
import type { Models } from '../../../daemon/models/api';
import { createModels, type ModelsSetup } from '../../../daemon/models/manager';
import { skip } from '../../../testing/harness/skip';
import { type Hub, hubModel, serveFile, startHub } from './hub';

const OLD_FILES = { 'one.bin': randomBytes(300_000) };
const NEW_FILES = { 'one.bin': randomBytes(1_000_000), 'two.bin': randomBytes(200_000) };
const OLD = hubModel('1', OLD_FILES);
const NEW = hubModel('2', NEW_FILES);
const ALL = Object.fromEntries([
  ...Object.entries(OLD_FILES).map(([n, c]) => [`1/${n}`, c] as const),
  ...Object.entries(NEW_FILES).map(([n, c]) => [`2/${n}`, c] as const),
]);

describe('a download from the model hub', function () {
  this.timeout(30_000);
  let folder: string;
  let hub: Hub;
  const undo: (() => void)[] = [];

  beforeEach(async () => {
    folder = path.join(mkdtempSync(path.join(tmpdir(), 'earmark-hub-')), 'models');
    hub = await startHub(ALL);
  });
  afterEach(async () => {
    for (const step of undo.splice(0).reverse()) step();
    rmSync(path.dirname(folder), { recursive: true, force: true });
    await hub.close();
  });

  const npm = { retry: { retries: 0 }, timeout: 2000 };
  const modelsOf = (
    entry: CatalogueEntry,
    disk: Partial<ModelDiskOptions> = {},
    setup: Partial<ModelsSetup> = {},
  ): Models =>
    createModels({
      disk: createModelDisk({
        folder,
        record: path.join(path.dirname(folder), 'verified-models.json'),
        from: () => ({ mirror: hub.url }),
        npm: () => Promise.resolve(npm),
        ...disk,
      }),
      clock: systemClock,
      logger: silentLogger,
      catalogue: [entry],
      ...setup,
    });
  const withOld = async (): Promise<void> => void (await modelsOf(OLD).pull('ear'));
  /** Files of models: no locks, no parts. */
  const left = (): string[] =>
    existsSync(folder)
      ? readdirSync(folder, { recursive: true, withFileTypes: true })
          .filter((e) => e.isFile())
          .map((e) => path.relative(folder, path.join(e.parentPath, e.name)))
          .filter((f) => !f.startsWith('.downloads'))
          .sort()
      : [];
  const parts = (): number[] =>
    readdirSync(path.join(folder, '.downloads'))
      .filter((f) => f.endsWith('.part'))
      .map((f) => statSync(path.join(folder, '.downloads', f)).size);

  /**
   * The update fails with this code and sentence; the old version is whole and in use, and nothing
   * else is there.
   */
  async function check(models: Models, code: string, sentence: RegExp): Promise<void> {
    const before = left();
    const error: unknown = await models.update('ear').then(
      () => undefined,
      (e: unknown) => e,
    );
    ok(error instanceof EarmarkError, String(error));
    deepEqual([error.code, sentence.test(error.message) || error.message], [code, true]);
    match(error.message, /^[A-Z/][^\n]*[^.]\.$/);
    deepEqual(left(), before);
    const fresh = modelsOf(NEW);
    const { version, status } = await fresh.verify('ear');
    deepEqual(
      [
        version,
        status,
        Object.values((await fresh.files('ear')).files).map((f) => readFileSync(f)),
      ],
      ['1', { state: 'installed', verified: true }, Object.values(OLD_FILES)],
    );
  }

  it('brings every file, checked, and shows how far it is', async () => {
    const models = modelsOf(NEW);
    const seen: number[] = [];
    models.onDidProgress((p) => seen.push(p.receivedBytes / p.totalBytes));
    await models.pull('ear');
    deepEqual(
      [Object.values((await models.files('ear')).files).map((f) => readFileSync(f)), seen.at(-1)],
      [Object.values(NEW_FILES), 1],
    );
    deepEqual(hub.requests, [
      '/earmark-test/ear/resolve/2/one.bin',
      '/earmark-test/ear/resolve/2/two.bin',
    ]);
    deepEqual([seen.every((n, i) => i === 0 || n >= (seen[i - 1] ?? 0)), parts()], [true, []]);
  });

  it('updates and goes back, both versions on the disk', async () => {
    await withOld();
    const models = modelsOf(NEW);
    equal((await models.update('ear')).version, '2');
    equal((await modelsOf(NEW).rollback('ear')).version, '1');
    const asked = hub.requests.length;
    deepEqual(
      [(await modelsOf(NEW).update('ear')).versions, hub.requests.length],
      [['2', '1'], asked],
    );
    // An older Earmark on the same folder knows the newer version from its own record.
    equal((await modelsOf(OLD).get('ear')).version, '2');
  });

  it('promise: hub files that differ from the catalogue are refused', async () => {
    await withOld();
    hub.answer = (request, response) => serveFile(request, response, randomBytes(1_000_000));
    await check(modelsOf(NEW), 'model.checksum', /wrong checksum.*Pull the model again/);
    deepEqual(parts(), []);
  });

  it('says that the server does not have it (HTTP 404)', async () => {
    await withOld();
    hub.answer = (_, response) => void response.writeHead(404).end('Not Found');
    await check(modelsOf(NEW), 'model.download', /does not have the file.*earmark\.models\.mirror/);
  });

  it('knows a login page that it is sent to', async () => {
    await withOld();
    hub.answer = (_, response) =>
      void response.writeHead(302, { location: `${hub.url}/login/resolve/1/one.bin` }).end();
    const page = hub.answer;
    hub.answer = (request, response, content) =>
      request.url?.startsWith('/login')
        ? response
            .writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
            .end('<!DOCTYPE html><html>Log in</html>')
        : page(request, response, content);
    await check(
      modelsOf(NEW),
      'model.download',
      /web page arrived instead.*Sign in to the network/,
    );
  });

  /** Sends so many bytes of what was asked for and breaks the connection. */
  const cutAfter =
    (bytes: number): Hub['answer'] =>
    (request, response, content) => {
      const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
      if (from > 0) return void response.destroy();
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, bytes), () => setTimeout(() => response.destroy(), 20));
    };
  it('is cut at half and goes on where it was, in another process too', async () => {
    await withOld();
    hub.answer = cutAfter(500_000);
    await check(modelsOf(NEW), 'model.download', /was interrupted; pull the model again/);
    deepEqual(parts(), [500_000]);
    hub.answer = serveFile;
    hub.requests.length = 0;
    equal((await modelsOf(NEW).update('ear')).version, '2');
    deepEqual(hub.requests, [
      '/earmark-test/ear/resolve/2/one.bin bytes=500000-',
      '/earmark-test/ear/resolve/2/two.bin',
    ]);
  });

  it('goes on by itself when the connection breaks once', async () => {
    hub.answer = (request, response, content) => {
      hub.answer = serveFile;
      cutAfter(500_000)(request, response, content);
    };
    await modelsOf(NEW).pull('ear');
    deepEqual(hub.requests.slice(0, 2), [
      '/earmark-test/ear/resolve/2/one.bin',
      '/earmark-test/ear/resolve/2/one.bin bytes=500000-',
    ]);
  });

  it('begins anew where the server knows no ranges, or what was left is of another file', async () => {
    const part = path.join(folder, '.downloads', `${NEW.files[0]?.sha256}.part`);
    mkdirSync(path.dirname(part), { recursive: true });
    writeFileSync(part, randomBytes(400_000));
    await modelsOf(NEW).pull('ear');
    deepEqual(hub.requests.slice(0, 2), [
      '/earmark-test/ear/resolve/2/one.bin bytes=400000-',
      '/earmark-test/ear/resolve/2/one.bin',
    ]);
    rmSync(path.join(folder, 'ear'), { recursive: true });
    writeFileSync(part, NEW_FILES['one.bin'].subarray(0, 400_000));
    hub.answer = (_, response, content) => void response.end(content);
    equal((await modelsOf(NEW).pull('ear')).status.state, 'installed');
  });

  it('does not wait for ever on a server that falls silent', async () => {
    await withOld();
    hub.answer = (_, response) =>
      void response
        .writeHead(200, { 'content-length': 1_000_000 })
        .write(NEW_FILES['one.bin'].subarray(0, 100_000));
    await check(
      modelsOf(NEW, { npm: () => Promise.resolve({ ...npm, timeout: 200 }) }),
      'model.download',
      /was interrupted/,
    );
  });

  it('says that there is no network', async () => {
    await withOld();
    await hub.close();
    await check(
      modelsOf(NEW),
      'model.offline',
      /Could not reach the model server \(ECONNREFUSED\).*earmark\.models\.mirror/,
    );
  });

  /**
   * The folder as a file system of its own, with what is in it; false where the machine does not
   * let us.
   */
  function mountSmall(options: string): boolean {
    const aside = `${folder}.aside`;
    if (existsSync(folder)) renameSync(folder, aside);
    mkdirSync(folder, { recursive: true });
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], { stdio: 'ignore' });
    } catch {
      return false;
    }
    undo.push(() => execFileSync('umount', [folder]));
    if (existsSync(aside)) execFileSync('cp', ['-a', `${aside}/.`, folder]);
    return true;
  }
  it('says that the disk is full before it asks for a byte', async function () {
    await withOld();
    if (!mountSmall('size=4m')) skip(this, 'only root can mount a small file system');
    hub.requests.length = 0;
    await check(modelsOf(NEW), 'model.diskFull', /not enough disk space in .*; free \d+ MB/);
    deepEqual(hub.requests, []);
  });
  it('says that the disk became full on the way', async function () {
    await withOld();
    if (!mountSmall('size=13m')) skip(this, 'only root can mount a small file system');
    hub.answer = (request, response, content) => {
      // All but 300 KB of what is left.
      const { bavail, bsize } = statfs(folder);
      writeFileSync(
        path.join(folder, '.downloads', 'filler'),
        Buffer.alloc(bavail * bsize - 300_000),
      );
      serveFile(request, response, content);
    };
    await check(modelsOf(NEW), 'model.diskFull', /not enough disk space/);
  });
  it('says that the folder is read-only', async function () {
    await withOld();
    if (process.geteuid?.() === 0) {
      if (!mountSmall('size=20m')) skip(this, 'this root cannot mount a file system');
      execFileSync('mount', ['-o', 'remount,ro', folder]);
    } else {
      chmodSync(folder, 0o500);
      chmodSync(path.join(folder, '.downloads'), 0o500);
      undo.push(() =>
        [folder, path.join(folder, '.downloads')].forEach((f) => chmodSync(f, 0o700)),
      );
    }
    await check(modelsOf(NEW), 'model.download', /cannot write.*Make it writable/);
  });

  it('writes nowhere through a link that leads out of the folder', async () => {
    const outside = path.join(path.dirname(folder), 'outside');
    mkdirSync(outside);
    mkdirSync(folder);
    symlinkSync(outside, path.join(folder, 'ear'));
    const models = modelsOf(NEW);
    const error: unknown = await models.pull('ear').catch((e: unknown) => e);
    match(
      (error as Error).message,
      /is a link that points outside the model folder.*Remove the link and pull the model again\.$/,
    );
    deepEqual(
      [(error as EarmarkError).code, readdirSync(outside), hub.requests],
      ['model.download', [], []],
    );
  });
  it('reads no file through a link that leads out of the folder', async () => {
    await withOld();
    const [file = ''] = Object.values((await modelsOf(OLD).files('ear')).files);
    const outside = path.join(path.dirname(folder), 'one.bin');
    renameSync(file, outside);
    symlinkSync(outside, file);
    equal(
      await modelsOf(OLD)
        .files('ear')
        .then(
          () => 'read',
          (e: EarmarkError) => e.code,
        ),
      'model.missing',
    );
    await modelsOf(OLD).pull('ear');
    deepEqual(
      [
        readFileSync((await modelsOf(OLD).files('ear')).files['one_bin'] ?? ''),
        existsSync(outside),
      ],
      [OLD_FILES['one.bin'], true],
    );
  });

  it('is made once by two processes that want it at once', async () => {
    await withOld();
    hub.requests.length = 0;
    hub.answer = (request, response, content) =>
      void setTimeout(() => serveFile(request, response, content), 700);
    const pull = () =>
      spawn(
        process.execPath,
        [
          '--require',
          'tsx/cjs',
          path.join(__dirname, 'pullProcess.ts'),
          folder,
          hub.url,
          JSON.stringify(NEW),
          'update',
        ],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
    const outputs = await Promise.all(
      [pull(), pull()].map(async (child) => (await child.stdout.toArray()).join('')),
    );
    deepEqual([outputs, hub.requests.length], [['installed\n', 'installed\n'], 2]);
    deepEqual(
      [(await modelsOf(NEW).verify('ear')).versions, left().filter((f) => f.startsWith('.'))],
      [['2', '1'], []],
    );
  });

  it('asks nobody when Earmark is offline', async () => {
    await withOld();
    hub.requests.length = 0;
    await check(
      modelsOf(NEW, {}, { policy: () => ({ offline: true }) }),
      'model.offline',
      /set to work offline.*earmark\.models\.offline/,
    );
    const empty = path.join(path.dirname(folder), 'empty');
    await rejects(
      modelsOf(NEW, { folder: empty }, { policy: () => ({ offline: true }) }).pull('ear'),
      /set to work offline/,
    );
    mkdirSync(path.join(folder, 'import'));
    for (const [name, content] of Object.entries(NEW_FILES))
      writeFileSync(path.join(folder, 'import', name), content);
    equal(
      (await modelsOf(NEW, {}, { policy: () => ({ offline: true }) }).update('ear')).version,
      '2',
    );
    deepEqual(hub.requests, []);
  });

  it('goes through the proxy that is set', async () => {
    const through: string[] = [];
    const proxy = createServer((request, response) => {
      // Without TLS the whole address is asked of the proxy.
      through.push(request.url ?? '');
      get(request.url ?? '', (answer) =>
        answer.pipe(response.writeHead(answer.statusCode ?? 500, answer.headers)),
      );
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    undo.push(() => proxy.close());
    const models = modelsOf(NEW, {
      from: () => ({
        proxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
        mirror: hub.url,
      }),
    });
    const outcome = await models.pull('ear').then(
      (m) => m.status.state,
      (e: EarmarkError) => e.code,
    );
    deepEqual(
      [outcome, through, hub.requests.length],
      [
        'installed',
        ['one.bin', 'two.bin'].map((name) => `${hub.url}/earmark-test/ear/resolve/2/${name}`),
        2,
      ],
    );
  });
});

function statfs(folder: string): { bavail: number; bsize: number } {
  const [bavail = 0, bsize = 0] = execFileSync('stat', ['-f', '-c', '%a %S', folder], {
    encoding: 'utf8',
  })
    .trim()
    .split(' ')
    .map(Number);
  return { bavail, bsize };
}
