// `npm run whisper` builds smart-whisper's binding of whisper.cpp for this computer into
// dist/whisper/.
//
// - x86: one build for any processor, and one with AVX2, FMA and F16C. The inference worker loads
//   the best build for its processor.
// - Apple silicon: one build with Metal.
// - With BYOL set: one build that links your own whisper library.
//
// Builds are cached in .cache by version and flags, so a second run copies files. docs/whisper.md
// explains the build.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const SOURCE = path.join(root, 'node_modules/smart-whisper');
const HEADERS = path.join(root, 'node_modules/node-api-headers/include');

/**
 * One loadable file.
 * @typedef {{name: string, flags: string[], defines: string[], sources: string[], link: string[]}}
 * Variant
 */

/** Files with tensor arithmetic. Only these gain from more instructions. */
const KERNELS = [
  'ggml/src/ggml.c',
  'ggml/src/ggml-quants.c',
  'ggml/src/ggml-aarch64.c',
  'ggml/src/sgemm.cpp',
].map((file) => `whisper.cpp/${file}`);
const REST = ['ggml/src/ggml-alloc.c', 'ggml/src/ggml-backend.c', 'src/whisper.cpp'].map(
  (file) => `whisper.cpp/${file}`,
);
const BINDING = ['binding', 'common', 'model', 'transcribe'].map(
  (file) => `src/binding/${file}.cc`,
);
/** whisper.cpp's own fast matrix product, which smart-whisper's gyp file omits. */
const SGEMM = '-DGGML_USE_LLAMAFILE';

/**
 * Builds for a platform.
 * @returns {Variant[]}
 */
function variants(platform, arch, library) {
  const all = [...BINDING, ...REST, ...KERNELS];
  if (library)
    return [
      {
        name: 'own',
        flags: [],
        defines: [],
        sources: BINDING,
        link: [library, `-Wl,-rpath,${path.dirname(library)}`],
      },
    ];
  if (platform === 'darwin' && arch === 'arm64') {
    const frameworks = ['Foundation', 'Accelerate', 'Metal', 'MetalKit'].flatMap((name) => [
      '-framework',
      name,
    ]);
    return [
      {
        name: 'metal',
        flags: [],
        defines: ['-DGGML_USE_ACCELERATE', '-DGGML_USE_METAL', SGEMM],
        sources: [...all, 'whisper.cpp/ggml/src/ggml-metal.m'],
        link: frameworks,
      },
    ];
  }
  const accelerate = platform === 'darwin';
  const common = {
    defines: accelerate ? ['-DGGML_USE_ACCELERATE', SGEMM] : [SGEMM],
    sources: all,
    link: accelerate ? ['-framework', 'Foundation', '-framework', 'Accelerate'] : [],
  };
  if (arch !== 'x64') return [{ name: 'plain', flags: [], ...common }];
  return [
    { name: 'plain', flags: [], ...common },
    { name: 'avx2', flags: ['-mavx', '-mavx2', '-mfma', '-mf16c'], ...common },
  ];
}

const compilerOf = (source) =>
  /\.(c|m)$/.test(source) ? (process.env.CC ?? 'cc') : (process.env.CXX ?? 'c++');

/** Reason why this computer cannot build Whisper, as a sentence; undefined if it can. */
function obstacle() {
  if (process.platform === 'win32')
    return 'This command does not build Whisper on Windows; see docs/whisper.md.';
  if (!existsSync(path.join(SOURCE, 'whisper.cpp')) || !existsSync(HEADERS))
    return (
      'Whisper is left out: its packages (smart-whisper, node-api-headers) are not ' +
      'installed. Run `npm ci --ignore-scripts` with optional packages.'
    );
  const missing = ['a.c', 'a.cc']
    .map(compilerOf)
    .find((compiler) => spawnSync(compiler, ['--version']).status !== 0);
  if (missing)
    return (
      `Whisper is left out: the compiler "${missing}" is missing. Install one ` +
      '(Debian: `apt install g++`, macOS: `xcode-select --install`) and run `npm run ' +
      'whisper`.'
    );
  return undefined;
}

function flagsOf(source, variant, folder) {
  const base = ['-c', '-O3', '-fPIC', '-pthread', '-D_GNU_SOURCE', '-DNDEBUG', '-w'];
  // The binding sets only one of whisper.cpp's parameters and leaves the others uninitialised. The
  // first flag sets them to 0. The binding also prints the timings of a model that failed to open,
  // which crashes. The second flag redirects that call.
  const zeroed = source.startsWith('src/binding')
    ? [
        '-ftrivial-auto-var-init=zero',
        '-Dwhisper_print_timings=earmark_no_timings',
        '-DNAPI_VERSION=8',
        `-I${HEADERS}`,
        `-I${napi()}`,
      ]
    : [];
  const special = KERNELS.includes(source) ? variant.flags : [];
  // Headers that sgemm.cpp needs but does not include.
  const before = source.endsWith('sgemm.cpp')
    ? ['-include', 'ggml-impl.h', '-include', 'ggml-cpu-impl.h']
    : [];
  const language = /\.(c|m)$/.test(source) ? ['-std=gnu11'] : ['-std=c++17', '-fexceptions'];
  return [
    ...base,
    ...language,
    ...special,
    ...before,
    ...variant.defines,
    ...zeroed,
    `-I${folder}`,
    ...['include', 'ggml/include', 'ggml/src', 'examples'].map(
      (name) => `-I${path.join(SOURCE, 'whisper.cpp', name)}`,
    ),
  ];
}

function napi() {
  const own = path.join(SOURCE, 'node_modules/node-addon-api');
  return existsSync(own) ? own : path.join(root, 'node_modules/node-addon-api');
}

function run(command, args, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text) => (said = (said + text).slice(0, 600)));
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`${command} ended with ${code}:\n${said}`)),
    );
  });
}

/**
 * Compiles the sources of all variants, each file once for each set of flags, and links the
 * variants.
 */
async function compile(wanted, folder, log) {
  // ggml.c includes it from a folder that the package lacks.
  mkdirSync(path.join(folder, 'llamafile'));
  writeFileSync(
    path.join(folder, 'llamafile/sgemm.h'),
    `#include "${path.join(SOURCE, 'whisper.cpp/ggml/src/sgemm.h')}"\n`,
  );
  const quiet = path.join(folder, 'quiet.c');
  writeFileSync(quiet, 'void earmark_no_timings(void * context) { (void) context; }\n');
  const jobs = new Map();
  for (const variant of wanted) {
    for (const source of [quiet, ...variant.sources]) {
      const args = flagsOf(source, variant, folder);
      const object = path.join(
        folder,
        `${createHash('sha256')
          .update(JSON.stringify([source, args]))
          .digest('hex')
          .slice(0, 16)}.o`,
      );
      jobs.set(object, { source, args: [...args, source, '-o', object] });
      (variant.objects ??= []).push(object);
    }
  }
  // The largest files first, so all processors finish at about the same time.
  const queue = [...jobs.values()].sort(
    (a, b) =>
      statSync(path.resolve(SOURCE, b.source)).size - statSync(path.resolve(SOURCE, a.source)).size,
  );
  let done = 0;
  const partition = async () => {
    for (let job = queue.shift(); job; job = queue.shift()) {
      await run(compilerOf(job.source), job.args, SOURCE);
      log(`  ${++done} of ${jobs.size}: ${path.basename(job.source)}`);
    }
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), jobs.size) }, partition));
  const shared =
    process.platform === 'darwin'
      ? ['-bundle', '-undefined', 'dynamic_lookup']
      : ['-shared', '-Wl,-s'];
  for (const variant of wanted)
    await run(
      compilerOf('a.cc'),
      [
        ...shared,
        '-pthread',
        ...variant.objects,
        ...variant.link,
        '-o',
        path.join(folder, `${variant.name}.node`),
      ],
      SOURCE,
    );
}

/** Replaces a file in one step, even if a process has the old file open. */
function place(from, to) {
  mkdirSync(path.dirname(to), { recursive: true });
  const part = `${to}.${process.pid}`;
  copyFileSync(from, part);
  renameSync(part, to);
}

/**
 * @param {{log?: (line: string) => void}} options
 * @returns {Promise<string | undefined>} reason why Whisper is missing, as a sentence; undefined
 * after a successful build
 */
export async function ensureWhisper({ log = console.log } = {}) {
  const why = obstacle();
  if (why) return why;
  const wanted = variants(process.platform, process.arch, process.env.BYOL);
  const compiler = spawnSync(compilerOf('a.cc'), ['--version'], { encoding: 'utf8' }).stdout.split(
    '\n',
  )[0];
  const { version } = JSON.parse(readFileSync(path.join(SOURCE, 'package.json'), 'utf8'));
  const flags = wanted.map((variant) => [
    variant.name,
    variant.link,
    variant.sources.map((source) => [
      source,
      flagsOf(source, variant, 'FOLDER').map((flag) => flag.replace(root, 'ROOT')),
    ]),
  ]);
  const key = createHash('sha256')
    .update(JSON.stringify([version, compiler, process.platform, process.arch, flags]))
    .digest('hex')
    .slice(0, 16);
  const cache = path.join(root, '.cache/whisper', key);
  const names = [
    ...wanted.map(({ name }) => `${name}.node`),
    ...(wanted.some(({ name }) => name === 'metal') ? ['ggml-metal.metal', 'ggml-common.h'] : []),
  ];
  if (!existsSync(cache)) {
    log('Building Whisper (about a minute, once) …');
    mkdirSync(path.dirname(cache), { recursive: true });
    const folder = mkdtempSync(`${cache}-`);
    try {
      await compile(wanted, folder, log);
      for (const name of names.filter((n) => !n.endsWith('.node')))
        copyFileSync(path.join(SOURCE, 'whisper.cpp/ggml/src', name), path.join(folder, name));
      for (const name of readdirSync(folder))
        if (!names.includes(name)) rmSync(path.join(folder, name), { recursive: true });
      // Another process finished first. Its build is equally good.
      if (!existsSync(cache)) renameSync(folder, cache);
    } catch (error) {
      return `Whisper could not be built; everything else works without it. ${error.message}`;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  const target = path.join(root, 'dist/whisper');
  const same = (name) =>
    existsSync(path.join(target, name)) &&
    readFileSync(path.join(target, name)).equals(readFileSync(path.join(cache, name)));
  for (const name of names) if (!same(name)) place(path.join(cache, name), path.join(target, name));
  return undefined;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const why = await ensureWhisper();
  console.log(why ?? 'Whisper is ready in dist/whisper/.');
  if (why) process.exitCode = 1;
}
