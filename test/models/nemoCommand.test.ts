// A NeMo model of the user's own from its folder to words: `earmark models add`, then `earmark
// transcribe`, as built, compared with the words of the reference.
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { skip } from '../../testing/harness/skip';

const root = path.resolve(__dirname, '../..');
const nemo = path.join(root, '../shared/models/nemo');
const cliFile = path.join(root, 'dist/cli.js');
/** One frame of the encoder. */
const TOLERANCE_MS = 80;

interface Word {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly confidence: number;
  readonly timing: string;
}
interface Vectors {
  readonly clips: {
    readonly name: string;
    readonly audio: string;
    readonly nemo: Record<string, { readonly text: string }>;
    readonly words?: { word: string; start: number; end: number; confidence: number }[];
  }[];
}

describe('a NeMo model of one’s own, through the command line', function () {
  this.timeout(180_000);
  let home: string;
  const run = (...args: string[]) =>
    new Promise<{ code: number; out: string; err: string }>((resolve) => {
      execFile(
        process.execPath,
        [cliFile, ...args],
        {
          cwd: home,
          env: {
            ...process.env,
            EARMARK_HOME: path.join(home, 'state'),
            EARMARK_MODELS: path.join(home, 'models'),
            EARMARK_MODELS_OFFLINE: '1',
          },
          maxBuffer: 1 << 26,
        },
        (error, out, err) => resolve({ code: error ? Number(error.code ?? 1) : 0, out, err }),
      );
    });
  const folder = (name: string, from: string, description: object): string => {
    const place = path.join(home, name);
    cpSync(path.join(nemo, from), place, { recursive: true });
    chmodSync(place, 0o700);
    writeFileSync(path.join(place, 'model.json'), JSON.stringify(description));
    return place;
  };
  const vectors = (name: string): Vectors =>
    JSON.parse(readFileSync(path.join(nemo, name, 'vectors.json'), 'utf8')) as Vectors;
  const wordsIn = async (audio: string, model: string): Promise<Word[]> => {
    const { code, out, err } = await run(
      ...['transcribe', path.join(nemo, 'audio', audio), '--format', 'json'],
      ...['--provider', 'nemo', '--model', model],
    );
    equal(code, 0, err);
    const { segments } = JSON.parse(out) as { segments: { words: Word[] }[] };
    return segments.flatMap(({ words }) => words);
  };

  before(function () {
    if (!existsSync(nemo)) skip(this, '../shared/models/nemo is not there');
    if (!existsSync(cliFile)) skip(this, 'not built: run "npm run build"');
    home = mkdtempSync(path.join(tmpdir(), 'earmark-nemo-'));
    mkdirSync(path.join(home, 'state'));
  });
  after(async () => {
    if (home === undefined) return;
    await run('daemon', 'stop');
    rmSync(home, { recursive: true, force: true });
  });

  for (const [from, of] of [
    ['tdt', 'tdt'],
    ['tdt/sherpa', 'tdt'],
    ['tdt128', 'tdt128'],
    ['ctc', 'ctc'],
  ] as const)
    it(`gives the words of the reference from the files of ${from}`, async () => {
      const id = `my-${from.replace('/', '-')}`;
      const place = folder(id, from, { id, recogniser: 'nemo', languages: ['en'] });
      const { code, out, err } = await run('models', 'add', path.relative(home, place));
      equal(code, 0, err);
      match(out, new RegExp(`^${id}: added \\([\\d.]+ MB, yours\\)`));
      for (const clip of vectors(of).clips.slice(0, 4)) {
        const words = await wordsIn(clip.audio, id);
        deepEqual(
          words.map(({ text }) => text),
          clip.words?.map(({ word }) => word),
          clip.name,
        );
        const off = Math.max(
          ...words.flatMap(({ start, end }, i) => [
            Math.abs(start * 1000 - clip.words![i]!.start * 80),
            Math.abs(end * 1000 - clip.words![i]!.end * 80),
          ]),
        );
        ok(off <= TOLERANCE_MS, `${clip.name}: ${off} ms, at most ${TOLERANCE_MS}`);
        ok(words.every(({ timing, confidence }) => timing === 'model' && confidence <= 1));
      }
    });

  it('reads a recording with a streaming model', async () => {
    const id = 'my-streaming';
    const place = folder(id, 'streaming', { id, recogniser: 'nemo', languages: ['en'] });
    equal((await run('models', 'add', place)).code, 0);
    for (const clip of vectors('streaming').clips.slice(0, 2))
      equal(
        (await wordsIn(clip.audio, id)).map(({ text }) => text).join(' '),
        clip.nemo['560']?.text,
        clip.name,
      );
  });

  it('lists it as yours, checks it, and removes it', async () => {
    const { out } = await run('models', 'list', '--format', 'json');
    const found = (JSON.parse(out) as { id: string; origin: string; status: object }[]).find(
      ({ id }) => id === 'my-tdt',
    );
    deepEqual([found?.origin, found?.status], ['own', { state: 'installed', verified: true }]);
    match((await run('models', 'verify', 'my-tdt')).out, /^my-tdt: all files are intact/);
    match((await run('models', 'remove', 'my-ctc')).err, /is in use/);
    equal((await run('daemon', 'stop')).code, 0);
    equal((await run('models', 'remove', 'my-ctc')).code, 0);
    const { code, err } = await run(
      ...['transcribe', path.join(nemo, 'audio/jfk.wav')],
      ...['--provider', 'nemo', '--model', 'my-ctc'],
    );
    equal(code, 1);
    match(err, /my-ctc/);
  });

  it('says what is wrong with a folder', async () => {
    const empty = path.join(home, 'empty');
    mkdirSync(empty);
    const fails = async (description?: string): Promise<string> => {
      if (description !== undefined) writeFileSync(path.join(empty, 'model.json'), description);
      const { code, err } = await run('models', 'add', empty);
      equal(code, 1);
      return err;
    };
    match(await fails(), /There is no file model\.json in .*empty; write one with/);
    match(await fails('{'), /model\.json is not valid\. Write/);
    match(
      await fails('{"id": "../x", "recogniser": "nemo", "languages": ["en"]}'),
      /is not valid \(see "id"\)/,
    );
    match(
      await fails('{"id": "x", "recogniser": "nemo", "languages": ["en"]}'),
      /does not have the files of this recogniser; put encoder-model\.onnx/,
    );
    match(
      await fails('{"id": "x", "recogniser": "whisper", "languages": ["en"]}'),
      /put one ggml file/,
    );
    writeFileSync(path.join(empty, 'ggml-x.bin'), 'x');
    match(
      await fails('{"id": "whisper-tiny", "recogniser": "whisper", "languages": ["*"]}'),
      /has a model named whisper-tiny already; choose another "id"/,
    );
  });
});
