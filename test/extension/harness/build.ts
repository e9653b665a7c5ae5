// Compiles what runs inside the extension host — suites, their runner, the helper extension. Suites
// go into out/hosted/: inside the repository, because they load mocha and other packages from
// node_modules.
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { HostedRunConfig } from './inHost/run';

const outRoot = resolve(__dirname, '..', '..', '..', 'out', 'hosted');
/** Files of a suite end in .suite.ts, so that the outer mocha does not take them for its own. */
const suiteEnding = '.suite.ts';

/**
 * Compiles every *.suite.ts of a folder with the runner beside them.
 * @returns the absolute path of the module that exports `run()`, as `extensionTestsPath` takes it;
 * it works the same under @vscode/test-electron.
 * @throws {Error} where the folder has no suite or one does not compile.
 */
export async function buildHostedSuite(
  name: string,
  suiteFolder: string,
  config: HostedRunConfig,
): Promise<string> {
  const suites = (await readdir(suiteFolder, { recursive: true }))
    .filter((file) => file.endsWith(suiteEnding))
    .sort();
  if (suites.length === 0)
    throw new Error(`${suiteFolder} has no file that ends in ${suiteEnding}.`);
  const out = join(outRoot, name);
  await compile(
    {
      index: join(__dirname, 'inHost', 'run.ts'),
      ...Object.fromEntries(
        suites.map((file) => [`suite/${file.slice(0, -'.ts'.length)}`, join(suiteFolder, file)]),
      ),
    },
    out,
  );
  const files = suites.map((file) => join('suite', `${file.slice(0, -'.ts'.length)}.js`));
  await writeFile(join(out, 'run.json'), JSON.stringify({ ...config, files }, null, 2));
  return join(out, 'index.js');
}

/**
 * Compiles the helper extension into a new extensions folder, where VS Code takes it for an
 * installed one: a browser window knows only one extension under development.
 */
export function buildCompanion(extensionsDir: string): Promise<void> {
  return buildHelper(extensionsDir, 'companion', 'companion.ts', {
    contributes: { languageModelChatProviders: [{ vendor: 'acme', displayName: 'Acme' }] },
    capabilities: { untrustedWorkspaces: { supported: true }, virtualWorkspaces: true },
  });
}

/** Compiles the helper extension with a chat: a model and a default agent, which are scripted. */
export function buildChatCompanion(extensionsDir: string): Promise<void> {
  return buildHelper(extensionsDir, 'chat-companion', 'chatCompanion.ts', {
    // Only a default agent answers without sign-in.
    enabledApiProposals: ['defaultChatParticipant', 'chatProvider'],
    contributes: {
      languageModelChatProviders: [{ vendor: 'earmark-test', displayName: 'Test' }],
      chatParticipants: [
        {
          id: 'earmark-test.agent',
          name: 'test-agent',
          fullName: 'Test Agent',
          description: 'Writes down what it is asked',
          isDefault: true,
          modes: ['ask', 'edit', 'agent'],
          locations: ['panel'],
        },
      ],
    },
  });
}

/** @param manifest what the helper's package.json has beside its name and entry */
async function buildHelper(
  extensionsDir: string,
  name: string,
  source: string,
  manifest: object,
): Promise<void> {
  const out = join(extensionsDir, `earmark-test.${name}-1.0.0`);
  await mkdir(out, { recursive: true });
  await compile({ main: join(__dirname, 'inHost', source) }, out);
  const whole = {
    name,
    publisher: 'earmark-test',
    version: '1.0.0',
    engines: { vscode: '^1.100.0' },
    main: './main.js',
    extensionKind: ['workspace', 'ui'],
    activationEvents: ['*'],
    ...manifest,
  };
  await writeFile(join(out, 'package.json'), JSON.stringify(whole, null, 2));
}

/** Compiles what TEST_PRELOAD makes the extension host load first; returns its absolute path. */
export async function buildPreload(dir: string): Promise<string> {
  await compile({ preload: join(__dirname, 'inHost', 'preload.ts') }, dir);
  return join(dir, 'preload.js');
}

async function compile(entryPoints: Record<string, string>, outdir: string): Promise<void> {
  const { build } = await import('esbuild');
  await build({
    entryPoints,
    outdir,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    packages: 'external',
    external: ['vscode'],
    sourcemap: 'inline',
    logLevel: 'silent',
  });
}
