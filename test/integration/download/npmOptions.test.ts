import { deepEqual, equal } from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { createRequire } from 'node:module';
import path from 'node:path';
import { loadNpmOptions } from '../../../daemon/adapters/download/npmOptions';

const { defaults: npmDefaults } = createRequire(__filename)('@npmcli/config/lib/definitions') as {
  defaults: { registry: string };
};

describe("npm's configuration", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'earmark-npm-'));
    mkdirSync(path.join(folder, 'project'));
    writeFileSync(path.join(folder, 'project/package.json'), '{}');
    writeFileSync(path.join(folder, 'project/.npmrc'), 'registry=http://project.invalid/\n');
    writeFileSync(
      path.join(folder, 'user.npmrc'),
      'registry=http://user.invalid/\n@moonshine-ai:registry=http://scope.invalid/\nproxy=http://proxy.invalid:3128\n//scope.invalid/:_authToken=${TOKEN}\nstrict-ssl=false\n',
    );
  });
  after(() => rmSync(folder, { recursive: true }));

  async function check(
    env: Record<string, string>,
    expected: Record<string, unknown>,
  ): Promise<void> {
    const own = { HOME: folder, npm_config_globalconfig: path.join(folder, 'none'), ...env };
    const before = JSON.stringify(own);
    const options = await loadNpmOptions(own, process.execPath, path.join(folder, 'project'));
    deepEqual(
      Object.fromEntries(Object.keys(expected).map((key) => [key, options[key]])),
      expected,
    );
    equal(JSON.stringify(own), before);
  }

  it('comes from the user', () =>
    check(
      { npm_config_userconfig: path.join(folder, 'user.npmrc'), TOKEN: 'secret' },
      {
        registry: 'http://user.invalid/',
        '@moonshine-ai:registry': 'http://scope.invalid/',
        proxy: 'http://proxy.invalid:3128',
        '//scope.invalid/:_authToken': 'secret',
        strictSSL: false,
        cache: undefined,
      },
    ));

  it('comes from the environment first', () =>
    check(
      {
        npm_config_userconfig: path.join(folder, 'user.npmrc'),
        TOKEN: '',
        npm_config_registry: 'http://env.invalid/',
      },
      { registry: 'http://env.invalid/' },
    ));

  it('never comes from the folder that is open', () =>
    check(
      { npm_config_userconfig: path.join(folder, 'noUser') },
      { registry: npmDefaults.registry },
    ));

  it('does not wait long for a network that is away', () =>
    check({}, { retry: { retries: 2, factor: 2, minTimeout: 500, maxTimeout: 3000 } }));
});
