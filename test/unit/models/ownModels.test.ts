// Models of the user's own, and how much memory models may take.
import { deepEqual, doesNotThrow, equal, rejects, throws } from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createModelManager } from '../../../daemon/adapters/download/createModelManager';
import { type MemoryTools, freeMemory } from '../../../daemon/adapters/system/freeMemory';
import { systemClock } from '../../../daemon/base/clock';
import { silentLogger } from '../../../daemon/base/logger';
import { requireMemory, residentBytesOf, workerLimitOf } from '../../../daemon/models/memory';
import { planOwnModel } from '../../../daemon/models/ownModels';
import { DEFAULT_SETTINGS } from '../../../protocol/settings';

const described = (more: object = {}): string =>
  JSON.stringify({ id: 'mine', recogniser: 'nemo', languages: ['de'], ...more });
const TDT = ['encoder-model.onnx', 'decoder_joint-model.onnx', 'vocab.txt', 'config.json'];
const TDT8 = ['encoder-model.int8.onnx', 'decoder_joint-model.int8.onnx'];

function rolesOf(names: readonly string[], more: object = {}, bytes = 10): string {
  const plan = planOwnModel(
    described(more),
    names.map((path) => ({ path, bytes })),
  );
  return plan.files.map(({ role, name }) => `${role}=${name}`).join(' ');
}

describe('a model of one’s own', () => {
  it('has the files of its recogniser and what model.json says', () => {
    const { files, ...entry } = planOwnModel(
      described({ name: 'Mine', licence: 'MIT' }),
      TDT.map((path) => ({ path, bytes: 7 })),
    );
    deepEqual(entry, {
      id: 'mine',
      name: 'Mine',
      kind: 'asr',
      provider: 'nemo',
      languages: ['de'],
      licence: 'MIT',
      isDefault: false,
      own: true,
      version: 'own',
      source: { type: 'local' },
    });
    equal(files.length, 4);
  });

  it('is the float one unless that is large or the other is wished', () => {
    const both = [...TDT, ...TDT8];
    deepEqual(
      [
        rolesOf(both).includes('int8'),
        rolesOf(both, { precision: 'int8' }).includes('int8'),
        rolesOf(both, {}, 900_000_000).includes('int8'),
        rolesOf(TDT, {}, 900_000_000).includes('int8'),
      ],
      [false, true, true, false],
    );
  });

  it('takes weights that lie beside their graph along', () => {
    equal(
      rolesOf([...TDT.slice(0, 3), 'encoder-model.onnx.data']),
      'encoder=encoder-model.onnx decoderJoint=decoder_joint-model.onnx vocabulary=vocab.txt encoderWeights=encoder-model.onnx.data',
    );
  });

  it('may be for Moonshine or Whisper', () => {
    deepEqual(
      [
        rolesOf(['encoder_model.onnx', 'decoder_model_merged.onnx'], { recogniser: 'moonshine' }),
        rolesOf(['ggml-mine.bin', 'README.md'], { recogniser: 'whisper' }),
      ],
      ['encoder=encoder_model.onnx decoder=decoder_model_merged.onnx', 'model=ggml-mine.bin'],
    );
  });

  it('is refused where the description or the files are not right', () => {
    for (const more of [
      { id: '..' },
      { id: '' },
      { recogniser: 'x' },
      { languages: [] },
      { languages: ['English'] },
    ])
      throws(() => rolesOf(TDT, more), { code: 'model.incompatible' });
    throws(() => planOwnModel('[]', []), { code: 'model.incompatible' });
    throws(() => rolesOf(['vocab.txt']), { code: 'model.incompatible' });
    throws(() => rolesOf(TDT, { precision: 'int8' }), { code: 'model.incompatible' });
    throws(() => rolesOf(['a.bin', 'b.bin'], { recogniser: 'whisper' }), {
      code: 'model.incompatible',
    });
  });
});

describe('adding a model of one’s own', () => {
  it('copies it, remembers it, and checks it from then on', async () => {
    const home = mkdtempSync(join(tmpdir(), 'earmark-own-'));
    const folder = join(home, 'mine');
    const open = () =>
      createModelManager({
        home,
        settings: () => DEFAULT_SETTINGS,
        clock: systemClock,
        logger: silentLogger,
      });
    mkdirSync(folder);
    const write = (id: string, weights: string): void => {
      writeFileSync(join(folder, 'model.json'), described({ id, recogniser: 'whisper' }));
      writeFileSync(join(folder, 'ggml-mine.bin'), weights);
    };
    try {
      write('mine', 'one');
      const added = await open().add(folder);
      deepEqual([added.id, added.origin, added.bytes], ['mine', 'own', 3]);
      write('mine', 'three');
      equal((await open().add(folder)).bytes, 5);
      rmSync(folder, { recursive: true });
      // Another process finds it.
      const models = open();
      const { files } = await models.files('mine');
      deepEqual((await models.get('mine')).status, { state: 'installed', verified: true });
      rmSync(files['model'] ?? '');
      await rejects(models.files('mine'), /run "earmark models add" with its folder again/);
      mkdirSync(folder);
      write('whisper-tiny', 'x');
      await rejects(models.add(folder), { code: 'model.incompatible' });
      await models.remove('mine');
      await rejects(models.get('mine'), { code: 'model.unknown' });
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  });
});

describe('memory of models', () => {
  it('is what was measured, or follows from the files', () => {
    const files = [{ role: 'm', name: 'm', bytes: 1e9, sha256: '' }];
    deepEqual(
      [residentBytesOf({ files }), residentBytesOf({ files, residentBytes: 5 })],
      [1.85e9, 5],
    );
  });

  it('may be half as much again, one GB at least', () => {
    deepEqual([workerLimitOf(1.3e9), workerLimitOf(3e8)], [1.95e9, 1e9]);
  });

  it('has to be free before a model is loaded', () => {
    doesNotThrow(() => requireMemory('m', 1.3e9, 1.3e9));
    throws(() => requireMemory('m', 1.3e9, 0.8e9), {
      code: 'engine.unavailable',
      message:
        'The model m needs 1.3 GB of memory, 0.8 GB are free; close other programs, or choose a smaller model.',
    });
  });

  const tools = (
    platform: NodeJS.Platform,
    files: Readonly<Record<string, string>>,
    output = '',
  ): MemoryTools => ({
    platform,
    read: (path) =>
      files[path] === undefined ? Promise.reject(new Error(path)) : Promise.resolve(files[path]),
    run: () => (output === '' ? Promise.reject(new Error()) : Promise.resolve(output)),
    free: () => 77,
  });
  const meminfo = { '/proc/meminfo': 'MemTotal: 9 kB\nMemAvailable:    4000 kB\n' };
  const group = {
    '/sys/fs/cgroup/memory.max': '3000000\n',
    '/sys/fs/cgroup/memory.current': '2500000\n',
    '/sys/fs/cgroup/memory.stat': 'anon 5\ninactive_file 400000\n',
  };

  it('is that of the container where it has less', async () => {
    deepEqual(
      await Promise.all([
        freeMemory(tools('linux', meminfo)),
        freeMemory(tools('linux', { ...meminfo, ...group })),
        freeMemory(tools('linux', { ...meminfo, ...group, '/sys/fs/cgroup/memory.max': 'max\n' })),
        freeMemory(tools('linux', {})),
        freeMemory(tools('win32', {})),
      ]),
      [4_096_000, 900_000, 4_096_000, 77, 77],
    );
  });

  it('counts pages that macOS would give back', async () => {
    const pages =
      'Mach Virtual Memory Statistics: (page size of 16384 bytes)\nPages free:      10.\nPages active:    99.\nPages inactive:      5.\nPages speculative:       1.\nPages purgeable:   2.\n';
    deepEqual(
      [await freeMemory(tools('darwin', {}, pages)), await freeMemory(tools('darwin', {}))],
      [18 * 16_384, undefined],
    );
  });
});
