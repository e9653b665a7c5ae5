// Builds dist/: the extension, the panel page, the daemon, its inference worker, the command line
// and the recorder modules. `--watch` rebuilds after changes, `--minify` is for packaging. A
// missing entry is reported and left out.
import { chmod, cp, mkdir, readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/**
 * Packages outside the bundles. They contain native code or WASM, read data files beside their own
 * file, or `require` a path that is computed at run time.
 */
export const EXTERNAL = [
  'vscode',
  'libsql',
  '@photostructure/sqlite',
  'onnxruntime-node',
  'onnxruntime-web',
  'smart-whisper',
  'audiotee',
  'cmu-pronouncing-dictionary',
  '@audio/*',
  '@alexanderolsen/libsamplerate-js',
  'node-record-lpcm16',
  'pacote',
  'tar',
  '@npmcli/*',
  'wink-nlp',
  'wink-eng-lite-web-model',
];

/** Packages that only a team server needs beside its bundles. The extension does not ship them. */
const SERVER_ONLY = ['node-pg-migrate', 'pg-native'];

const exists = (file) =>
  stat(path.join(root, file)).then(
    () => true,
    () => false,
  );

const node = { platform: 'node', format: 'cjs', target: 'node20' };
const page = { platform: 'browser', format: 'iife', target: 'chrome120' };

/** Makes a module a separate bundle that loads at its first import. */
const apart = (module) => ({
  name: `${module} apart`,
  setup: (build) =>
    void build.onResolve({ filter: new RegExp(`^${module.replaceAll('.', '\\.')}$`) }, () => ({
      path: `./${path.basename(module)}.js`,
      external: true,
    })),
});

/**
 * Bundles for some windows only: with a note, a language model, a remote daemon, sign-in, help,
 * dictation, prompts, or agents.
 */
const late = () => [
  { entry: 'node_modules/ws/index.js', out: 'dist/ws.js', ...node },
  { entry: 'node_modules/openid-client/build/index.js', out: 'dist/openid-client.js', ...node },
  { entry: 'extension/notes/language/noteClient.ts', out: 'dist/noteClient.js', ...node },
  { entry: 'protocol/dictationCommands.ts', out: 'dist/dictationCommands.js', ...node },
  { entry: 'extension/writing/noteWriting.ts', out: 'dist/noteWriting.js', ...node },
  { entry: 'extension/writing/templates.ts', out: 'dist/templates.js', ...node },
  { entry: 'extension/dictation/commonWords.ts', out: 'dist/commonWords.js', ...node },
  {
    entry: 'extension/agents/agentTools.ts',
    out: 'dist/agentTools.js',
    ...node,
    plugins: [onlyParsing],
  },
  { entry: 'extension/dictation/tidy/tidyUp.ts', out: 'dist/tidyUp.js', ...node },
  { entry: 'extension/agents/handOver.ts', out: 'dist/handOver.js', ...node },
  { entry: 'extension/commands/helpPages.ts', out: 'dist/helpPages.js', ...node },
  { entry: 'extension/dictation/prompt/dictatePrompt.ts', out: 'dist/dictatePrompt.js', ...node },
];

/** Every bundle: entry → output, with the options of its runtime. */
async function bundles() {
  const recorders = 'daemon/adapters/capture/recorders';
  const recorderFiles = (await exists(recorders))
    ? (await readdir(path.join(root, recorders))).filter((f) => f.endsWith('.ts'))
    : [];
  return [
    {
      entry: 'extension/extension.ts',
      out: 'dist/extension.js',
      ...node,
      plugins: [
        onlyParsing,
        apart('./noteClient'),
        apart('./noteWriting'),
        apart('../writing/templates'),
        apart('../../protocol/dictationCommands'),
        apart('./commonWords'),
        apart('../dictation/prompt/dictatePrompt'),
        apart('./agentTools'),
        apart('./dictation/tidy/tidyUp'),
        apart('../agents/handOver'),
        apart('./helpPages'),
        apart('ws'),
        apart('openid-client'),
      ],
      supported: { 'dynamic-import': false },
    },
    ...late(),
    { entry: 'extension/web.ts', out: 'dist/web.js', ...page, format: 'cjs', external: ['vscode'] },
    { entry: 'daemon/main.ts', out: 'dist/daemon.js', ...node },
    { entry: 'daemon/worker.ts', out: 'dist/worker.js', ...node },
    {
      entry: 'daemon/languageWorker.ts',
      out: 'dist/languageWorker.mjs',
      ...node,
      format: 'esm',
      plugins: [onlyRunning],
      // Some of its packages call `require`.
      banner: {
        js: "import { createRequire as requireFor } from 'node:module'; const require = requireFor(import.meta.url);",
      },
    },
    { entry: 'daemon/storeThread.ts', out: 'dist/storeThread.js', ...node },
    { entry: 'daemon/analysisThread.ts', out: 'dist/analysisThread.js', ...node },
    // Processes of a team. Only this bundle contains NATS.
    { entry: 'daemon/teamMain.ts', out: 'dist/team.js', ...node, external: SERVER_ONLY },
    { entry: 'daemon/teamAdmin.ts', out: 'dist/teamAdmin.js', ...node, external: SERVER_ONLY },
    { entry: 'daemon/notesServer.ts', out: 'dist/notesServer.js', ...node },
    {
      entry: 'daemon/cli/main.ts',
      out: 'dist/cli.js',
      ...node,
      plugins: [apart('../../teamAdmin')],
      banner: { js: '#!/usr/bin/env node' },
      executable: true,
    },
    { entry: 'media/panel.ts', out: 'dist/panel.js', ...page, tsconfig: 'media/tsconfig.json' },
    { entry: 'media/panel.css', out: 'dist/panel.css', ...page },
    // node-record-lpcm16 calls the result of `require`, so the module itself must be the function.
    ...recorderFiles.map((f) => ({
      entry: `${recorders}/${f}`,
      out: `dist/recorders/${f.replace(/\.ts$/, '.js')}`,
      ...node,
      footer: {
        js:
          'if (typeof module.exports.default === "function") module.exports = ' +
          'Object.assign(module.exports.default, module.exports);',
      },
    })),
  ];
}

/**
 * zod's namespace adds 40 translations of its messages to every bundle (300 KB), but only English
 * is used. It also adds a reader of JSON schemas (27 KB), which is not used.
 */
const lessZod = {
  name: 'less-zod',
  setup(build) {
    build.onLoad({ filter: /[\\/]zod[\\/]v4[\\/]classic[\\/]from-json-schema\.js$/ }, () => ({
      contents:
        "export function fromJSONSchema() { throw new Error('The bundle has no reader of JSON schemas.'); }",
      loader: 'js',
    }));
    build.onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
      loader: 'js',
    }));
  },
};

/**
 * The extension writes no JSON schemas (50 KB) and compiles no schemas (64 KB). The command line
 * writes them for agents.
 */
const onlyParsing = {
  name: 'only-parsing',
  setup(build) {
    build.onLoad(
      { filter: /[\\/]zod[\\/]v4[\\/]core[\\/](?:json-schema-processors|to-json-schema)\.js$/ },
      async ({ path: file }) => ({
        // Every schema calls two of them when it is made.
        contents: [...(await readFile(file, 'utf8')).matchAll(/^export (?:const|function) (\w+)/gm)]
          .map(([, name]) => `export const ${name} = () => () => undefined;`)
          .join('\n'),
        loader: 'js',
      }),
    );
    build.onLoad({ filter: /[\\/]zod[\\/]v4[\\/]core[\\/]json-schema-generator\.js$/ }, () => ({
      contents: 'export class JSONSchemaGenerator {}',
      loader: 'js',
    }));
    build.onLoad(
      { filter: /[\\/]zod[\\/]v4[\\/]core[\\/]compile\.js$/ },
      async ({ path: file }) => ({
        contents: [
          ...(await readFile(file, 'utf8')).matchAll(/^export (?:const|function|class) (\w+)/gm),
        ]
          .map(([, name]) => `export const ${name} = undefined;`)
          .join('\n'),
        loader: 'js',
      }),
    );
  },
};

/** Packages of node-llama-cpp that download, build or ask; running a model calls none of them. */
const UNUSED_PACKAGES =
  /^(?:ipull|simple-git|cmake-js|ora|cross-spawn|proper-lockfile|stdout-update|@reflink\/.*|electron|yargs|async-retry|filenamify)$/;
/** Its own files that do so. */
const UNUSED_FILES =
  /node-llama-cpp[\\/]dist[\\/](?:bindings[\\/](?:getLlama|utils[\\/](?:compileLLamaCpp|binariesGithubRelease|cloneLlamaCppRepo|getBestComputeLayersAvailable|detectAvailableComputeLayers|testBindingBinary|lastBuildInfo|getLlamaWithoutBackend|getLlamaGpuTypes|getExampleUsage\w*))\.js|utils[\\/](?:createModelDownloader|gitReleaseBundles|cmake|spawnCommand)\S*)/;

/**
 * Of node-llama-cpp, keeps what runs a model: 0.6 MB. The rest downloads and builds llama.cpp, so
 * the bundle has no code that reaches a network.
 */
const onlyRunning = {
  name: 'only-running',
  setup(build) {
    build.onResolve({ filter: /.*/ }, async ({ path: name, resolveDir, kind, pluginData }) => {
      const inside = /node-llama-cpp/.test(resolveDir) || name === 'node-llama-cpp';
      if (pluginData === 'resolved' || kind === 'entry-point' || !inside) return undefined;
      if (UNUSED_PACKAGES.test(name)) return { path: name, namespace: 'unused' };
      const found = await build.resolve(name, { resolveDir, kind, pluginData: 'resolved' });
      return UNUSED_FILES.test(found.path)
        ? { path: name, namespace: 'unused' }
        : { ...found, sideEffects: false };
    });
    build.onLoad({ filter: /.*/, namespace: 'unused' }, () => ({
      contents: 'module.exports = {};',
    }));
  },
};

/** Files that are copied unchanged. */
const COPIES = [
  ['node_modules/@vscode/codicons/dist/codicon.css', 'dist/codicon.css'],
  ['node_modules/@vscode/codicons/dist/codicon.ttf', 'dist/codicon.ttf'],
  ['daemon/adapters/inference/runtime/warmUp.s16', 'dist/warmUp.s16'],
  ['node_modules/minimp3-wasm/dist/decoder.opt.wasm', 'dist/mp3.wasm'],
  ['node_modules/ogv/dist/ogv-decoder-audio-vorbis-wasm.wasm', 'dist/vorbis.wasm'],
  ['daemon/adapters/postgres/migrations', 'dist/migrations'],
];

function options(bundle, { minify, into }) {
  const { entry, out, executable: _, ...rest } = bundle;
  return {
    ...rest,
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: path.join(into, out),
    bundle: true,
    minify,
    // Names appear in error messages and in the diagnostics of zod and lit.
    keepNames: true,
    sourcemap: minify ? false : 'linked',
    sourcesContent: false,
    logLevel: 'warning',
    // Keeps non-ASCII characters unescaped.
    charset: 'utf8',
    legalComments: minify ? 'linked' : 'inline',
    loader: { '.ttf': 'file', '.woff2': 'file', '.svg': 'text' },
    assetNames: '[name]',
    define: { 'process.env.NODE_ENV': '"production"' },
    ...(rest.platform === 'node'
      ? { external: [...EXTERNAL, ...(rest.external ?? [])], mainFields: ['module', 'main'] }
      : {}),
    plugins: [lessZod, ...(rest.plugins ?? [])],
    metafile: true,
  };
}

/**
 * Builds once. Several processes may build at the same time, because esbuild writes each file
 * whole.
 * @param {{minify?: boolean, log?: (line: string) => void, into?: string, only?: string}} options
 * minified bundles have no source maps; `into` is the folder for `dist/`; `only` builds one bundle,
 * by its name, and copies nothing
 * @returns {Promise<{out: string, bytes: number}[]>} every written bundle, with its size
 */
export async function build({ minify = false, log = console.log, into = root, only } = {}) {
  const esbuild = await import('esbuild');
  const made = [];
  const errors = [];
  for (const bundle of await bundles()) {
    if (only !== undefined && bundle.out !== only) continue;
    if (!(await exists(bundle.entry))) {
      log(`  left out: ${bundle.entry} is not there`);
      continue;
    }
    try {
      const result = await esbuild.build(options(bundle, { minify, into }));
      if (bundle.executable) await chmod(path.join(into, bundle.out), 0o755);
      const [[, { bytes }]] = Object.entries(result.metafile.outputs).filter(([file]) =>
        file.endsWith(path.basename(bundle.out)),
      );
      made.push({ out: bundle.out, bytes });
    } catch (error) {
      errors.push(`${bundle.out}: ${error.errors?.length ?? 1} error(s)`);
    }
  }
  await mkdir(path.join(into, 'dist'), { recursive: true });
  for (const [from, to] of only === undefined ? COPIES : []) {
    if (!(await exists(from))) continue;
    await mkdir(path.dirname(path.join(into, to)), { recursive: true });
    await cp(path.join(root, from), path.join(into, to), { recursive: true });
  }
  for (const { out, bytes } of made)
    log(`  ${out.padEnd(28)} ${(bytes / 1024).toFixed(0).padStart(6)} KB`);
  if (errors.length > 0) throw new Error(`The build failed: ${errors.join('; ')}.`);
  return made;
}

async function watch() {
  const esbuild = await import('esbuild');
  for (const bundle of await bundles()) {
    if (!(await exists(bundle.entry))) continue;
    const context = await esbuild.context({
      ...options(bundle, { minify: false, into: root }),
      logLevel: 'info',
    });
    await context.watch();
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  if (process.argv.includes('--watch')) await watch();
  else
    await build({ minify: process.argv.includes('--minify') }).catch((error) => {
      console.error(error.message);
      process.exitCode = 1;
    });
}
