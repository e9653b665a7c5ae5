import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ownKindOf, planOwnModel } from '../../../daemon/models/ownModels';
import { CATALOGUE } from '../../../daemon/models/catalogue';
import { residentBytesOf } from '../../../daemon/models/memory';
import { RUNNER_ID, runnerFor } from '../../../daemon/models/runnerCatalogue';
import { dependencies } from '../../../package.json';
import { skip } from '../../../testing/harness/skip';

describe('the program for language models', () => {
  it('has binaries for every target of a package, at the version of the library', async () => {
    const { TARGETS } = await import('../../../scripts/package.mjs');
    for (const target of Object.keys(TARGETS)) {
      const [platform = '', arch = ''] = target.split('-');
      const entry = runnerFor(platform, arch);
      ok(entry?.source.type === 'npm', target);
      equal(entry.source.version, dependencies['node-llama-cpp']);
      ok(entry.files.some(({ role }) => role === 'addon'));
      for (const { name, bytes, sha256 } of entry.files) {
        match(name, /^[\w.-]+$/);
        match(sha256, /^[0-9a-f]{64}$/);
        ok(bytes > 10_000, `${target} ${name}`);
      }
    }
    equal(runnerFor('linux', 'riscv64'), undefined);
  });

  it('has the checksums of the installed package', function () {
    const entry = runnerFor(process.platform, process.arch);
    ok(entry?.source.type === 'npm');
    const folder = join(__dirname, '../../../node_modules', entry.source.package);
    if (!existsSync(folder)) skip(this, `${entry.source.package} is not installed`);
    deepEqual(
      entry.files.map(({ path = '' }) =>
        createHash('sha256')
          .update(readFileSync(join(folder, path)))
          .digest('hex'),
      ),
      entry.files.map(({ sha256 }) => sha256),
    );
  });
});

describe('language models of the catalogue', () => {
  const language = CATALOGUE.filter(({ kind }) => kind === 'language');

  it('need the program, fit beside their weights, and are never fetched by set-up', () => {
    ok(language.length >= 2);
    for (const entry of language) {
      deepEqual([entry.needs, entry.isDefault], [[RUNNER_ID], false]);
      ok(residentBytesOf(entry) > entry.files.reduce((sum, { bytes }) => sum + bytes, 0));
    }
  });

  it('takes a GGUF file of the user as a language model', () => {
    const description = JSON.stringify({ id: 'mine', recogniser: 'llama', languages: ['en'] });
    const plan = planOwnModel(description, [
      { path: 'model.json', bytes: 60 },
      { path: 'mine-Q4_K_M.gguf', bytes: 1000 },
    ]);
    deepEqual(
      [plan.kind, plan.provider, plan.files.map(({ role, name }) => [role, name])],
      ['language', 'llama', [['model', 'mine-Q4_K_M.gguf']]],
    );
    equal(ownKindOf('nemo'), 'asr');
  });
});
