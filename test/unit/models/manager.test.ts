import assert from 'node:assert/strict';
import { EarmarkError } from '../../../protocol/errors';
import { ManualClock } from '../../../daemon/base/clock';
import { silentLogger } from '../../../daemon/base/logger';
import type { CatalogueEntry } from '../../../daemon/models/catalogue';
import { createModels } from '../../../daemon/models/manager';
import type { InstallProgress, ModelDisk } from '../../../daemon/models/ports';

const entry: CatalogueEntry = {
  id: 'ear', name: 'Ear', kind: 'asr', provider: 'p', languages: ['en'], licence: 'MIT', isDefault: true,
  source: { type: 'npm', package: 'ear', version: '1.0.0', packedBytes: 10 },
  files: [{ role: 'encoder', name: 'e', bytes: 3, sha256: 'eee' }, { role: 'decoder', name: 'd', bytes: 4, sha256: 'ddd' }],
};

/** A disk in memory: file name → content, whose "checksum" is the content itself. */
class MemoryDisk implements ModelDisk {
  readonly files = new Map<string, string>();
  installs = 0;
  hashed = 0;
  fetch: (onProgress: (p: InstallProgress) => void, signal: AbortSignal) => Promise<void> = () => Promise.resolve();
  path = (_: unknown, file: { name: string }): string => `/models/${file.name}`;
  facts: ModelDisk['facts'] = (_, file) => {
    const text = this.files.get(file.name);
    return Promise.resolve(text === undefined ? undefined : { bytes: text.length, stamp: text });
  };
  sha256: ModelDisk['sha256'] = (_, file) => {
    this.hashed++;
    return Promise.resolve((this.files.get(file.name) ?? '').slice(0, 3));
  };
  install: ModelDisk['install'] = async (_, onProgress, signal) => {
    this.installs++;
    await this.fetch(onProgress, signal);
    this.files.set('e', 'eee').set('d', 'dddd');
  };
  remove: ModelDisk['remove'] = () => Promise.resolve(this.files.clear());
}

function setUp(inUse = false) {
  const disk = new MemoryDisk();
  const clock = new ManualClock();
  const models = createModels({ disk, clock, logger: silentLogger, catalogue: [entry], inUse: () => inUse });
  return { disk, clock, models };
}

const codeOf = (p: Promise<unknown>): Promise<string> => p.then(() => 'no error', (e: unknown) => (e instanceof EarmarkError ? e.code : String(e)));

describe('models', () => {
  it('go from absent to installed, and say so', async () => {
    const { disk, models } = setUp();
    const before = await models.get('ear');
    const pulled = await models.pull('ear');
    assert.deepEqual([before.status, pulled.status, before.bytes], [{ state: 'absent' }, { state: 'installed', verified: true }, 7]);
    assert.deepEqual(await models.files('ear'), { id: 'ear', files: { encoder: '/models/e', decoder: '/models/d' } });
    await models.pull('ear');
    assert.deepEqual([disk.installs, disk.hashed], [1, 0]);
  });

  it('share one download between two callers', async () => {
    const { disk, models } = setUp();
    let finish = (): void => undefined;
    disk.fetch = () => new Promise((resolve) => (finish = resolve));
    const both = Promise.all([models.pull('ear'), models.pull('ear')]);
    await turn();
    assert.equal((await models.get('ear')).status.state, 'downloading');
    assert.equal(await codeOf(models.remove('ear')), 'model.busy');
    finish();
    assert.deepEqual((await both).map((m) => m.status.state), ['installed', 'installed']);
    assert.equal(disk.installs, 1);
  });

  it('give a download up when the last caller left, and not before', async () => {
    const { disk, models } = setUp();
    let aborted = false;
    disk.fetch = (_, signal) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(((aborted = true), new EarmarkError('rpc.cancelled', 'x')))));
    const one = new AbortController();
    const two = new AbortController();
    const results = [codeOf(models.pull('ear', one.signal)), codeOf(models.pull('ear', two.signal))];
    await turn();
    one.abort();
    await turn();
    assert.equal(aborted, false);
    two.abort();
    assert.deepEqual(await Promise.all(results), ['rpc.cancelled', 'rpc.cancelled']);
    assert.equal(aborted, true);
    disk.fetch = () => Promise.resolve();
    assert.equal((await models.pull('ear')).status.state, 'installed');
  });

  it('tell of progress at most ten times a second, and of the end', async () => {
    const { disk, clock, models } = setUp();
    disk.fetch = (onProgress) => {
      for (let i = 1; i <= 50; i++) {
        onProgress({ file: 'e', receivedBytes: i, totalBytes: 60 });
        clock.advance(10);
      }
      return Promise.resolve();
    };
    const seen: number[] = [];
    models.onDidProgress((p) => seen.push(p.receivedBytes));
    await models.pull('ear');
    assert.deepEqual(seen, [1, 11, 21, 31, 41, 60]);
  });

  it('take the checksum once, and again when the file changed', async () => {
    const { disk, models } = setUp();
    disk.files.set('e', 'eee').set('d', 'dddd');
    assert.deepEqual((await models.get('ear')).status, { state: 'installed', verified: false });
    await models.files('ear');
    await models.files('ear');
    assert.equal(disk.hashed, 2);
    disk.files.set('d', 'xddd');
    assert.equal(await codeOf(models.files('ear')), 'model.corrupt');
    assert.deepEqual((await models.get('ear')).status, { state: 'broken', reason: 'd is altered' });
    assert.equal((await models.pull('ear')).status.state, 'installed');
    await models.verify('ear');
    assert.equal(disk.installs, 1);
  });

  it('name what is missing, cut, unknown or in use', async () => {
    const { disk, models } = setUp(true);
    const codes = [await codeOf(models.files('ear')), await codeOf(models.verify('ear')), await codeOf(models.pull('nose')), await codeOf(models.remove('ear'))];
    disk.files.set('e', 'ee').set('d', 'dddd');
    codes.push(await codeOf(models.files('ear')));
    assert.deepEqual(codes, ['model.missing', 'model.missing', 'model.unknown', 'model.busy', 'model.corrupt']);
    disk.files.delete('e');
    assert.deepEqual((await models.get('ear')).status.state, 'broken');
  });

  it('stay as they were when a download fails', async () => {
    const { disk, models } = setUp();
    disk.fetch = () => Promise.reject(new EarmarkError('model.offline', 'x'));
    assert.equal(await codeOf(models.pull('ear')), 'model.offline');
    assert.deepEqual((await models.get('ear')).status, { state: 'absent' });
  });

  it('are removed', async () => {
    const { models } = setUp();
    await models.pull('ear');
    await models.remove('ear');
    assert.deepEqual((await models.list()).map((m) => m.status), [{ state: 'absent' }]);
  });
});

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
