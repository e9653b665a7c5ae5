// What each version of code-server needs beside `npm install`, as data and steps. Uses Node's own
// modules only, because the installer runs before `npm ci`.
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const platform = `${process.platform}-${process.arch}`;

/**
 * - `current`: the VS Code that all hosted suites run in.
 * - `oldest`: the VS Code that `engines.vscode` names, for `npm run smoke:oldest`.
 *
 * `recipe` is incremented when a step changes, so an older installation is replaced. `finish` gets
 * the folder `lib/vscode` before the native modules are built.
 */
export const recipes = {
  current: {
    version: '4.139.1',
    recipe: 1,
    node: '24.21.0',
    packages: {},
    overrides: {},
    // The others ship prebuilt. The first writes the log files, the second ends an extension host
    // whose server died.
    nativeModules: ['@vscode/spdlog', '@vscode/native-watchdog'],
    finish: async (vscode) => {
      await allowPayload(vscode);
      await allowPreload(vscode);
    },
  },
  oldest: {
    version: '4.100.3',
    recipe: 1,
    node: '20.20.2',
    // VS Code's ripgrep wrapper downloads its binary outside npm. This package of the same project
    // contains it.
    packages: { [`@vscode/ripgrep-${platform}`]: '1.18.0' },
    // code-server 4.100 depends on argon2 0.31, whose package has no prebuilt binary. Version 0.44
    // has one, with the same interface.
    overrides: { argon2: '0.44.0' },
    nativeModules: ['@vscode/spdlog', 'native-watchdog', 'node-pty'],
    finish: async (vscode) => {
      await symlink('node_modules', join(vscode, 'node_modules.asar'));
      await linkRipgrep(vscode);
    },
  },
};

/** Without ripgrep the host works, but file search finds nothing. */
async function linkRipgrep(vscode) {
  const up = Array.from({ length: 7 }, () => '..');
  const bin = join(vscode, 'node_modules', '@vscode', 'ripgrep', 'bin');
  await mkdir(bin, { recursive: true });
  await symlink(join(...up, `@vscode/ripgrep-${platform}`, 'bin', 'rg'), join(bin, 'rg'));
}

/**
 * A built workbench takes extensionDevelopmentPath and extensionTestsPath from the page's address
 * only with the option enable-smoke-test-driver, and that option hides every notification. So the
 * condition goes.
 */
async function allowPayload(vscode) {
  await replaceOnce(
    join(vscode, 'out', 'vs', 'code', 'browser', 'workbench', 'workbench.js'),
    'this.payload&&(!this.isBuilt||this.enableSmokeTestDriver)',
    'this.payload',
  );
}

/**
 * Extension hosts of this version get no NODE_OPTIONS. $TEST_PRELOAD names the CommonJS module that
 * they load first; coverage needs it.
 */
async function allowPreload(vscode) {
  const file = join(vscode, 'out', 'bootstrap-fork.js');
  const text = await readFile(file, 'utf8');
  if (!text.includes('VSCODE_ESM_ENTRYPOINT')) {
    throw new Error(`${file} starts no processes any more: look where extension hosts begin.`);
  }
  const load =
    'import{createRequire as testRequire}from"node:module";' +
    'if(process.env.TEST_PRELOAD)testRequire(import.meta.url)(process.env.TEST_PRELOAD);\n';
  await writeFile(file, load + text);
}

async function replaceOnce(file, from, to) {
  const text = await readFile(file, 'utf8');
  if (text.split(from).length !== 2) {
    throw new Error(`${file} has no single "${from}": look what this version has instead.`);
  }
  await writeFile(file, text.replace(from, to));
}
