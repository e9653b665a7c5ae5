/**
 * The promises about models that the catalogue does not know: a folder proves nothing about itself,
 * and a folder that other users can change is not loaded.
 */
import { deepEqual, equal, match, rejects } from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createModelDisk } from '../../../daemon/adapters/download/modelDisk';
import { systemClock } from '../../../daemon/base/clock';
import { silentLogger } from '../../../daemon/base/logger';
import type { Models } from '../../../daemon/models/api';
import { type CatalogueEntry } from '../../../daemon/models/catalogueEntry';
import { revisionOf } from '../../../daemon/models/catalogue';
import { createModels } from '../../../daemon/models/manager';

const BYTES = randomBytes(50_000);
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const ENTRY: CatalogueEntry = {
  id: 'ear',
  name: 'Ear',
  kind: 'asr',
  provider: 'whisper',
  languages: ['en'],
  licence: 'MIT',
  isDefault: true,
  version: '1',
  source: { type: 'local' },
  files: [{ role: 'model', name: 'ear.bin', bytes: BYTES.length, sha256: sha256(BYTES) }],
};

describe('promise: an unknown model is neither listed nor loaded', () => {
  let home: string;
  beforeEach(() => (home = mkdtempSync(path.join(tmpdir(), 'earmark-unknown-'))));
  afterEach(() => rmSync(home, { recursive: true, force: true }));
  const folder = (...parts: string[]): string => path.join(home, 'models', ...parts);
  const models = (): Models =>
    createModels({
      disk: createModelDisk({
        folder: folder(),
        record: path.join(home, 'state', 'verified-models.json'),
      }),
      clock: systemClock,
      logger: silentLogger,
      catalogue: [ENTRY],
    });
  const add = async (): Promise<void> => {
    const own = path.join(home, 'mine');
    mkdirSync(own);
    writeFileSync(path.join(own, 'mine.bin'), BYTES);
    writeFileSync(
      path.join(own, 'model.json'),
      JSON.stringify({ id: 'mine', recogniser: 'whisper', languages: ['en'] }),
    );
    await models().add(own);
  };

  it('with a self-written model.json is neither listed nor loaded', async () => {
    const evil = randomBytes(60_000);
    const file = { role: 'model', name: 'ear.bin', bytes: evil.length, sha256: sha256(evil) };
    const place = folder('ear', revisionOf({ ...ENTRY, files: [file] }));
    mkdirSync(place, { recursive: true, mode: 0o700 });
    writeFileSync(path.join(place, 'ear.bin'), evil);
    writeFileSync(
      path.join(place, 'model.json'),
      JSON.stringify({ version: '9', installedAt: 1, isLocal: true, files: [file] }),
    );
    const { status, versions } = await models().get('ear');
    deepEqual({ status, versions }, { status: { state: 'absent' }, versions: [] });
    await rejects(models().files('ear'), { code: 'model.missing' });
  });

  it('with a self-written own.json is not listed', async () => {
    const file = { role: 'model', name: 'ear.bin', bytes: BYTES.length, sha256: sha256(BYTES) };
    mkdirSync(folder('planted'), { recursive: true, mode: 0o700 });
    writeFileSync(
      folder('planted', 'own.json'),
      JSON.stringify({
        id: 'planted',
        name: 'Planted',
        provider: 'whisper',
        languages: ['en'],
        licence: 'MIT',
        files: [file],
      }),
    );
    deepEqual(
      (await models().list()).map(({ id }) => id),
      ['ear'],
    );
    await rejects(models().files('planted'), { code: 'model.unknown' });
  });

  it('and was added by the user is listed as the own one, also by the next process', async () => {
    await add();
    const { origin, status } = await models().get('mine');
    deepEqual([origin, status.state], ['own', 'installed']);
    equal(typeof (await models().files('mine')).files['model'], 'string');
    equal(statSync(path.join(home, 'state', 'verified-models.json')).mode & 0o777, 0o600);
  });

  it('is not loaded from a folder that others can change', async function () {
    await add();
    chmodSync(folder('mine'), 0o777);
    await rejects(models().files('mine'), {
      code: 'model.corrupt',
      message: /Other users can change .*mine, .*chmod go-w/,
    });
    equal((await models().get('mine')).status.state, 'broken');
    chmodSync(folder('mine'), 0o700);
    await models().files('mine');
    if (process.getuid?.() !== 0) return;
    chownSync(folder('mine'), 12_345, 12_345);
    const { status } = await models().get('mine');
    match(status.state === 'broken' ? status.reason : '', /other users can change/);
  });
});
