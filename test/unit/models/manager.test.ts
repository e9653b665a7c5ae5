import { deepEqual, equal } from 'node:assert/strict';
import { EarmarkError } from '../../../protocol/errors';
import { ManualClock } from '../../../daemon/base/clock';
import { silentLogger } from '../../../daemon/base/logger';
import { type CatalogueEntry, type ModelVersion } from '../../../daemon/models/catalogueEntry';
import { revisionOf, totalBytes } from '../../../daemon/models/catalogue';
import type { Models } from '../../../daemon/models/api';
import { type Candidate, type EvictionLimits, planEviction } from '../../../daemon/models/eviction';
import { createModels, type ModelsSetup } from '../../../daemon/models/manager';
import type { ActiveVersion, InstallProgress, ModelDisk } from '../../../daemon/models/ports';

const entry: CatalogueEntry = {
  id: 'ear',
  name: 'Ear',
  kind: 'asr',
  provider: 'p',
  languages: ['en'],
  licence: 'MIT',
  isDefault: true,
  version: '1.0.0',
  source: { type: 'npm', package: 'ear', version: '1.0.0', packedBytes: 10 },
  files: [
    { role: 'encoder', name: 'e', bytes: 3, sha256: 'eee' },
    { role: 'decoder', name: 'd', bytes: 4, sha256: 'ddd' },
  ],
};

/**
 * A disk in memory: revision → file name → content, whose "checksum" is its first three letters.
 */
class MemoryDisk implements ModelDisk {
  readonly versions = new Map<
    string,
    { version: ModelVersion; files: Map<string, string>; usedAt: number }
  >();
  chosen: ActiveVersion | undefined;
  inImport: ModelVersion | undefined;
  installs: string[] = [];
  hashed = 0;
  time = 0;
  fetch: (onProgress: (p: InstallProgress) => void, signal: AbortSignal) => Promise<void> = () =>
    Promise.resolve();

  /** The files of a version, to be spoiled. */
  files(version: ModelVersion = entry): Map<string, string> {
    const revision = revisionOf(version);
    const found = this.versions.get(revision) ?? {
      version,
      files: new Map<string, string>(),
      usedAt: this.time,
    };
    this.versions.set(revision, found);
    return found.files;
  }
  place(version: ModelVersion = entry): void {
    for (const f of version.files)
      this.files(version).set(f.name, f.sha256.padEnd(f.bytes, f.sha256[0]));
  }
  path: ModelDisk['path'] = (_, version, file) => `/models/${revisionOf(version)}/${file.name}`;
  facts: ModelDisk['facts'] = (_, version, file) => {
    const text = this.versions.get(revisionOf(version))?.files.get(file.name);
    return Promise.resolve(text === undefined ? undefined : { bytes: text.length, stamp: text });
  };
  /** A folder that other users may change. */
  open: string | undefined;
  unsafe: ModelDisk['unsafe'] = () => Promise.resolve(this.open);
  sha256: ModelDisk['sha256'] = (_, version, file) => {
    this.hashed++;
    return Promise.resolve((this.files(version).get(file.name) ?? '').slice(0, 3));
  };
  installed: ModelDisk['installed'] = () =>
    Promise.resolve(
      [...this.versions]
        .map(([revision, { version, usedAt }], i) => ({
          ...version,
          revision,
          installedAt: i,
          usedAt,
          isLocal: version.source.type === 'local',
          bytesOnDisk: totalBytes(version),
        }))
        .reverse(),
    );
  active = (): Promise<ActiveVersion | undefined> => Promise.resolve(this.chosen);
  activate: ModelDisk['activate'] = (_, active) => Promise.resolve(void (this.chosen = active));
  touch = (): Promise<void> => Promise.resolve();
  own = (): Promise<readonly CatalogueEntry[]> => Promise.resolve([]);
  describe = (): Promise<CatalogueEntry> => Promise.reject(new Error('no folder'));
  keepOwn = (): Promise<void> => Promise.resolve();
  importable = (): Promise<ModelVersion | undefined> => Promise.resolve(this.inImport);
  install: ModelDisk['install'] = async (_, version, from, onProgress, signal) => {
    this.installs.push(`${version.version} from ${typeof from === 'object' ? from.folder : from}`);
    await this.fetch(onProgress, signal);
    this.place(version);
  };
  remove: ModelDisk['remove'] = (_, revision) =>
    Promise.resolve(
      void (revision === undefined ? this.versions.clear() : this.versions.delete(revision)),
    );
}

function setUp(inUse = false, more: Partial<ModelsSetup> = {}) {
  const disk = new MemoryDisk();
  const clock = new ManualClock();
  const models = createModels({
    disk,
    clock,
    logger: silentLogger,
    catalogue: [entry],
    inUse: () => inUse,
    ...more,
  });
  return { disk, clock, models };
}

const codeOf = (p: Promise<unknown>): Promise<string> =>
  p.then(
    () => 'no error',
    (e: unknown) => (e instanceof EarmarkError ? e.code : String(e)),
  );

describe('models', () => {
  it('go from absent to installed, and say so', async () => {
    const { disk, models } = setUp();
    const before = await models.get('ear');
    const pulled = await models.pull('ear');
    deepEqual(
      [before.status, pulled.status, before.bytes],
      [{ state: 'absent' }, { state: 'installed', verified: true }, 7],
    );
    deepEqual(await models.files('ear'), {
      id: 'ear',
      revision: revisionOf(entry),
      files: {
        encoder: `/models/${revisionOf(entry)}/e`,
        decoder: `/models/${revisionOf(entry)}/d`,
      },
      residentBytes: 150_000_012,
    });
    await models.pull('ear');
    deepEqual([disk.installs, disk.hashed], [['1.0.0 from source'], 0]);
  });

  it('share one download between two callers', async () => {
    const { disk, models } = setUp();
    let finish = (): void => undefined;
    disk.fetch = () => new Promise((resolve) => (finish = resolve));
    const both = Promise.all([models.pull('ear'), models.pull('ear')]);
    await turn();
    equal((await models.get('ear')).status.state, 'downloading');
    equal(await codeOf(models.remove('ear')), 'model.busy');
    finish();
    deepEqual(
      (await both).map((m) => m.status.state),
      ['installed', 'installed'],
    );
    equal(disk.installs.length, 1);
  });

  it('give a download up when the last caller left, and not before', async () => {
    const { disk, models } = setUp();
    let aborted = false;
    disk.fetch = (_, signal) =>
      new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () =>
          reject(((aborted = true), new EarmarkError('rpc.cancelled', 'x'))),
        ),
      );
    const one = new AbortController();
    const two = new AbortController();
    const results = [
      codeOf(models.pull('ear', one.signal)),
      codeOf(models.pull('ear', two.signal)),
    ];
    await turn();
    one.abort();
    await turn();
    equal(aborted, false);
    two.abort();
    deepEqual(await Promise.all(results), ['rpc.cancelled', 'rpc.cancelled']);
    equal(aborted, true);
    disk.fetch = () => Promise.resolve();
    equal((await models.pull('ear')).status.state, 'installed');
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
    deepEqual(seen, [1, 11, 21, 31, 41, 60]);
  });

  it('take the checksum once, and again when the file changed', async () => {
    const { disk, models } = setUp();
    disk.place();
    deepEqual((await models.get('ear')).status, { state: 'installed', verified: false });
    await models.files('ear');
    await models.files('ear');
    equal(disk.hashed, 2);
    disk.files().set('d', 'xddd');
    equal(await codeOf(models.files('ear')), 'model.corrupt');
    deepEqual((await models.get('ear')).status, { state: 'broken', reason: 'd is altered' });
    equal((await models.pull('ear')).status.state, 'installed');
    await models.verify('ear');
    equal(disk.installs.length, 1);
  });

  it('name what is missing, cut, unknown or in use', async () => {
    const { disk, models } = setUp(true);
    const codes = [
      await codeOf(models.files('ear')),
      await codeOf(models.verify('ear')),
      await codeOf(models.pull('nose')),
      await codeOf(models.remove('ear')),
    ];
    disk.files().set('e', 'ee').set('d', 'dddd');
    codes.push(await codeOf(models.files('ear')));
    deepEqual(codes, [
      'model.missing',
      'model.missing',
      'model.unknown',
      'model.busy',
      'model.corrupt',
    ]);
    disk.files().delete('e');
    deepEqual((await models.get('ear')).status.state, 'broken');
  });

  it('stay as they were when a download fails', async () => {
    const { disk, models } = setUp();
    disk.fetch = () => Promise.reject(new EarmarkError('model.offline', 'x'));
    equal(await codeOf(models.pull('ear')), 'model.offline');
    deepEqual((await models.get('ear')).status, { state: 'absent' });
  });

  it('are removed', async () => {
    const { models } = setUp();
    await models.pull('ear');
    await models.remove('ear');
    deepEqual(
      (await models.list()).map((m) => m.status),
      [{ state: 'absent' }],
    );
  });
});

const newer: CatalogueEntry = {
  ...entry,
  version: '2.0.0',
  files: [
    { role: 'encoder', name: 'e', bytes: 3, sha256: 'fff' },
    { role: 'decoder', name: 'd', bytes: 4, sha256: 'ggg' },
  ],
};

describe('versions of a model', () => {
  /** 1.0.0 is installed and in use; the catalogue has 2.0.0. */
  const upgraded = (more: Partial<ModelsSetup> = {}) => {
    const all = setUp(false, { catalogue: [newer], ...more });
    all.disk.place(entry);
    return all;
  };
  const seen = async (models: Models) => {
    const { version, update, versions, status } = await models.get('ear');
    return [version, update, versions.join(' '), status.state];
  };

  it('lie side by side: a newer catalogue uses the old one until the update', async () => {
    const { disk, models } = upgraded();
    deepEqual(await seen(models), ['1.0.0', '2.0.0', '1.0.0', 'installed']);
    await models.pull('ear');
    deepEqual(
      [disk.installs, (await models.files('ear')).files['encoder']],
      [[], `/models/${revisionOf(entry)}/e`],
    );
    await models.update('ear');
    deepEqual(await seen(models), ['2.0.0', undefined, '2.0.0 1.0.0', 'installed']);
    equal((await models.files('ear')).files['encoder'], `/models/${revisionOf(newer)}/e`);
    await models.update('ear');
    deepEqual(disk.installs, ['2.0.0 from source']);
  });

  it('go back and forth without a download', async () => {
    const { disk, models } = upgraded();
    await models.update('ear');
    const steps: unknown[] = [];
    for (const step of ['rollback', 'update', 'rollback', 'rollback'] as const)
      steps.push((await models[step]('ear')).version);
    deepEqual([steps, disk.installs.length], [['1.0.0', '2.0.0', '1.0.0', '2.0.0'], 1]);
  });

  it('survive an update that fails', async () => {
    const { disk, models } = upgraded();
    disk.fetch = () => Promise.reject(new EarmarkError('model.checksum', 'x'));
    equal(await codeOf(models.update('ear')), 'model.checksum');
    deepEqual(await seen(models), ['1.0.0', '2.0.0', '1.0.0', 'installed']);
    await models.files('ear');
  });

  it('are not gone back to when damaged or absent', async () => {
    const { disk, models } = upgraded();
    equal(await codeOf(models.rollback('ear')), 'model.missing');
    await models.update('ear');
    disk.files(entry).set('e', 'xxx');
    deepEqual(
      [await codeOf(models.rollback('ear')), (await seen(models))[0]],
      ['model.corrupt', '2.0.0'],
    );
  });

  it('come from the import folder first, whichever the catalogue knows', async () => {
    const { disk, models } = setUp(false, { catalogue: [{ ...newer, earlier: [entry] }] });
    disk.inImport = entry;
    await models.pull('ear');
    deepEqual(
      [disk.installs, (await seen(models)).slice(0, 2)],
      [['1.0.0 from import'], ['1.0.0', '2.0.0']],
    );
    await models.update('ear');
    equal(disk.installs[1], '2.0.0 from source');
  });

  it('are not updated before they are installed', async () =>
    equal(await codeOf(setUp().models.update('ear')), 'model.missing'));
});

describe('offline', () => {
  it('asks no server, and says what to do', async () => {
    const { disk, models } = setUp(false, { policy: () => ({ offline: true }) });
    deepEqual([await codeOf(models.pull('ear')), disk.installs], ['model.offline', []]);
    disk.inImport = entry;
    equal((await models.pull('ear')).status.state, 'installed');
  });
});

describe('downloads', () => {
  it('run so many at a time, the others in order', async () => {
    const catalogue = ['a', 'b', 'c', 'd'].map((id): CatalogueEntry => ({
      ...entry,
      id,
      files: [{ role: 'model', name: id, bytes: 3, sha256: id.repeat(3) }],
    }));
    const { disk, models } = setUp(false, { catalogue, policy: () => ({ parallel: 2 }) });
    const finish: (() => void)[] = [];
    disk.fetch = () => new Promise((resolve) => finish.push(resolve));
    const abort = new AbortController();
    const all = [
      models.pull('a'),
      models.pull('b'),
      models.pull('c', abort.signal).catch((e: EarmarkError) => e.code),
      models.pull('d'),
    ];
    for (let i = 0; i < 20; i++) await turn();
    equal(finish.length, 2);
    abort.abort();
    finish[0]?.();
    for (let i = 0; i < 20; i++) await turn();
    equal(finish.length, 3);
    finish.forEach((f) => f());
    equal((await Promise.all(all))[2], 'rpc.cancelled');
  });
});

describe('making room', () => {
  const DAY = 86_400_000;
  const at = (
    id: string,
    bytes: number,
    days: number,
    more: Partial<Candidate> = {},
  ): Candidate => ({
    id,
    revision: id,
    bytes,
    usedAt: -days * DAY,
    isActive: true,
    isProtected: false,
    ...more,
  });
  const check = (limits: EvictionLimits, all: Candidate[], expected: string[]): void =>
    deepEqual(
      planEviction(all, limits, 0).map((c) => c.id),
      expected,
    );

  it('takes what is old, then the longest unused, old versions first', () => {
    check({}, [at('a', 1e9, 999)], []);
    check({ maxAgeMs: 30 * DAY }, [at('a', 1, 31), at('b', 1, 29)], ['a']);
    check({ maxBytes: 10 }, [at('a', 5, 1), at('b', 5, 3), at('c', 5, 2)], ['b']);
    check(
      { maxBytes: 10 },
      [at('a', 5, 9), at('b', 5, 3), at('c', 5, 1, { isActive: false })],
      ['c'],
    );
    check({ maxBytes: 4, maxAgeMs: 30 * DAY }, [at('a', 5, 40), at('b', 5, 3)], ['a', 'b']);
  });
  it('never takes what is protected', () =>
    check(
      { maxBytes: 1, maxAgeMs: DAY },
      [at('a', 5, 99, { isProtected: true }), at('b', 5, 0)],
      ['b'],
    ));
  it('keeps the default model, and its old version only while it fits', async () => {
    const { disk, models } = setUp(false, {
      catalogue: [newer],
      policy: () => ({ limits: { maxBytes: 10 } }),
    });
    disk.place(entry);
    await models.update('ear');
    deepEqual(
      [[...disk.versions.keys()], (await models.get('ear')).version],
      [[revisionOf(newer)], '2.0.0'],
    );
  });
});

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
