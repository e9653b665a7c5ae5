// What every recogniser keeps to: the scripted one, Voxtral with a program and OpenAI with a server
// that behave alike, Moonshine with its files where they are and with random weights anywhere, and
// Whisper with random weights where it is built.
import { deepEqual, equal, match, notDeepEqual, ok } from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findModels } from '../../testing/harness/speechPath';
import { MoonshineProvider } from '../../daemon/adapters/inference/moonshine/moonshine';
import { NemoProvider } from '../../daemon/adapters/inference/nemo/nemo';
import { OpenaiProvider } from '../../daemon/adapters/inference/openai/openai';
import { SileroVad } from '../../daemon/adapters/inference/silero/silero';
import { VoxtralProvider } from '../../daemon/adapters/inference/voxtral/voxtral';
import { WhisperProvider } from '../../daemon/adapters/inference/whisper/whisper';
import {
  type WhisperBinding,
  usableBuilds,
  whisperFolder,
} from '../../daemon/adapters/inference/whisper/whisperBinding';
import type { AsrProvider } from '../../daemon/asr/contract/provider';
import type { LoadedModelFiles } from '../../daemon/models/modelFiles';
import { ScriptedProvider } from '../../daemon/asr/engine/scripted';
import { ManualClock, systemClock } from '../../daemon/base/clock';
import { EarmarkError } from '../../protocol/errors';
import {
  writeMoonshineDecoder,
  writeMoonshineEncoder,
  writeSilero,
} from '../../testing/fakes/onnxFile';
import { writeWhisperFile } from '../../testing/fakes/whisperFile';
import { skip } from '../../testing/harness/skip';

const code = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'fine',
    (e: unknown) => (e instanceof EarmarkError ? e.code : e),
  );
/** A vowel-like buzz; recognisers may or may not hear words in it. */
const buzz = (seconds: number): Float32Array =>
  Float32Array.from(
    { length: seconds * 16_000 },
    (_, i) => ((i % 128) / 128 - 0.5) * 0.3 * (0.6 + 0.4 * Math.sin(i / 1500)),
  );
const models = findModels(process.env['EARMARK_MODELS']);

const made = mkdtempSync(join(tmpdir(), 'earmark-whisper-'));
const ggml = join(made, 'ggml-random.bin');
const SAID = [' alpha', ' bra', 'vo', ' charlie'];
const whisperIsBuilt = whisperFolder() !== undefined;
const onnx = {
  encoder: join(made, 'encoder.onnx'),
  decoder: join(made, 'decoder.onnx'),
  base: join(made, 'base.onnx'),
  baseEncoder: join(made, 'baseEncoder.onnx'),
  vad: join(made, 'vad.onnx'),
};
before(() => {
  writeMoonshineEncoder(onnx.encoder);
  writeMoonshineDecoder(onnx.decoder);
  const base = { layers: 8, heads: 8, headSize: 52 };
  writeMoonshineEncoder(onnx.baseEncoder, base);
  writeMoonshineDecoder(onnx.base, base);
  writeSilero(onnx.vad);
  if (whisperIsBuilt) writeWhisperFile(ggml, SAID);
});
after(() => rmSync(made, { recursive: true }));
/** Answers every phrase like a transcription server: a word for each half second. */
const server = createServer((request, response) => {
  let bytes = 0;
  request.on('data', (chunk: Buffer) => (bytes += chunk.length));
  request.on('end', () => {
    const words = 'one two three four five six seven'
      .split(' ')
      .slice(0, Math.floor(bytes / 16_000))
      .map((word, i) => ({ word, start: i / 2, end: i / 2 + 0.4 }));
    response.end(
      JSON.stringify({ text: words.map((w) => w.word).join(' '), language: 'english', words }),
    );
  });
});
const voxtralFolder = mkdtempSync(join(tmpdir(), 'earmark-voxtral-contract-'));
writeFileSync(join(voxtralFolder, 'consolidated.safetensors'), 'weights');
before(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
after(() => {
  server.close();
  server.closeAllConnections();
  rmSync(voxtralFolder, { recursive: true, force: true });
});

/** Small models of ../shared/models/nemo, by folder. */
const nemo = (folder: string, files: Record<string, string>) => {
  const place = join(__dirname, '../../../shared/models/nemo', folder);
  return {
    name: 'nemo',
    what: `nemo, ${folder}`,
    make: () => new NemoProvider(),
    model: existsSync(place)
      ? {
          id: `nemo-${folder}`,
          files: Object.fromEntries(
            Object.entries(files).map(([role, file]) => [role, join(place, file)]),
          ),
        }
      : undefined,
  };
};

const providers: {
  name: string;
  what?: string;
  make(): AsrProvider;
  model: LoadedModelFiles | undefined;
}[] = [
  {
    name: 'scripted',
    make: () => new ScriptedProvider({ clock: new ManualClock() }),
    model: { id: 'scripted', files: {} },
  },
  {
    name: 'voxtral',
    make: () =>
      new VoxtralProvider({
        program: process.execPath,
        args: [join(__dirname, '../../testing/fakes/voxtralChild.cjs')],
        clock: systemClock,
      }),
    model: {
      id: 'voxtral-mini-4b',
      files: { model: join(voxtralFolder, 'consolidated.safetensors') },
    },
  },
  {
    name: 'openai',
    make: () =>
      new OpenaiProvider({
        endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
        clock: systemClock,
      }),
    model: { id: 'whisper-1', files: {} },
  },
  {
    name: 'moonshine',
    make: () => new MoonshineProvider(),
    model: models && {
      id: 'moonshine-tiny',
      files: { encoder: models.encoder, decoder: models.decoder },
    },
  },
  {
    name: 'moonshine',
    what: 'moonshine, random weights',
    make: () => new MoonshineProvider(),
    model: { id: 'moonshine-random', files: { encoder: onnx.encoder, decoder: onnx.decoder } },
  },
  {
    name: 'moonshine',
    what: 'moonshine of the size of base, random weights',
    make: () => new MoonshineProvider(),
    model: { id: 'moonshine-base', files: { encoder: onnx.baseEncoder, decoder: onnx.base } },
  },
  nemo('tdt', {
    encoder: 'encoder-model.onnx',
    decoderJoint: 'decoder_joint-model.onnx',
    vocabulary: 'vocab.txt',
  }),
  nemo('tdt128', {
    encoder: 'encoder-model.int8.onnx',
    decoderJoint: 'decoder_joint-model.int8.onnx',
    vocabulary: 'vocab.txt',
    config: 'config.json',
  }),
  nemo('ctc', { ctc: 'model.onnx', vocabulary: 'tokens.txt' }),
  nemo('streaming', {
    encoder: '560/encoder.onnx',
    decoder: 'decoder.onnx',
    joiner: 'joiner.onnx',
    vocabulary: 'tokens.txt',
  }),
  {
    name: 'whisper',
    make: () => new WhisperProvider(),
    model: whisperIsBuilt ? { id: 'whisper-random', files: { model: ggml } } : undefined,
  },
];

for (const { name, what = name, make, model } of providers) {
  describe(`recogniser contract: ${what}`, function () {
    this.timeout(60_000);
    let provider: AsrProvider;
    before(async function () {
      if (!model)
        skip(
          this,
          name === 'whisper'
            ? 'Whisper is not built: run "npm run whisper"'
            : name === 'nemo'
              ? '../shared/models/nemo is not there'
              : 'no models: run it with "npm test"',
        );
      provider = make();
      equal(await code(provider.transcribe(buzz(1), { language: 'en' })), 'engine.unavailable');
      await provider.load(model, 'auto');
    });
    after(async () => provider?.unload());

    it('says what it is', () => {
      const { id, name: title, capabilities } = provider.info;
      deepEqual([id, title.length > 0, capabilities.languages.length > 0], [name, true, true]);
    });

    for (const seconds of [0, 0.1, 0.9, 3, 20]) {
      it(`gives words in order, within ${seconds} s of audio`, async () => {
        const result = await provider.transcribe(buzz(seconds), { language: 'en' });
        equal(result.words.map((w) => w.text).join(' '), result.text);
        ok(isProbability(result.confidence) && result.inferenceMs >= 0);
        match(result.language, /^en/);
        let end = 0;
        for (const word of result.words) {
          ok(
            word.startMs >= end &&
              word.endMs >= word.startMs &&
              word.endMs <= seconds * 1000 &&
              word.confidence !== 0 &&
              isProbability(word.confidence),
            `${seconds} s`,
          );
          end = word.endMs;
        }
      });
    }

    it('refuses more than 30 s, which engines cannot hold', async function () {
      if (name === 'scripted') return;
      equal(
        await code(provider.transcribe(new Float32Array(31 * 16_000), { language: 'en' })),
        'rpc.invalidParams',
      );
    });

    it('streams if its model can: text that stays, then the whole text', async function () {
      const stream = provider.openStream?.({ language: 'en' });
      equal(stream !== undefined, provider.info.capabilities.streaming);
      if (!stream) return;
      const pcm = buzz(2);
      let stable = '';
      for (let at = 0; at < pcm.length; at += 1_600) {
        const text = await stream.push(pcm.subarray(at, at + 1_600));
        ok(text.stable.startsWith(stable), `"${text.stable}" after "${stable}"`);
        ({ stable } = text);
      }
      const result = await stream.end();
      ok(result.text.startsWith(stable));
      equal(result.words.map((w) => w.text).join(' '), result.text);
      equal(await code(stream.push(pcm)), 'engine.unavailable');
      stream.close();
      const dropped = provider.openStream?.({ language: 'en' });
      ok(dropped, 'the next phrase streams');
      await dropped.push(pcm);
      dropped.close();
    });

    it('does not change the samples', async () => {
      const pcm = buzz(1);
      await provider.transcribe(pcm, { language: 'en' });
      deepEqual(pcm, buzz(1));
    });

    it('can be cancelled before and while it decodes', async () => {
      equal(
        await code(provider.transcribe(buzz(1), { language: 'en' }, AbortSignal.abort())),
        'rpc.cancelled',
      );
      const later = new AbortController();
      const run = code(provider.transcribe(buzz(20), { language: 'en' }, later.signal));
      later.abort();
      ok(['rpc.cancelled', 'fine'].includes(String(await run)));
      equal(await code(provider.transcribe(buzz(1), { language: 'en' })), 'fine');
    });

    it('loads again after it was unloaded', async () => {
      await provider.unload();
      equal(await code(provider.transcribe(buzz(1), { language: 'en' })), 'engine.unavailable');
      await provider.load(model as LoadedModelFiles, 'cpu');
      equal(await code(provider.transcribe(buzz(1), { language: 'en' })), 'fine');
    });
  });
}

/** A recogniser without probabilities gives none. */
function isProbability(confidence: number | undefined): boolean {
  return confidence === undefined || (confidence >= 0 && confidence <= 1);
}

describe('scripted recogniser', () => {
  const clock = new ManualClock();
  const provider = new ScriptedProvider({
    clock,
    script: [
      { text: 'we ship  it', confidence: 0.5 },
      { fail: 'engine.crashed' },
      { text: 'late', delayMs: 300 },
      { text: 'never', delayMs: 300 },
      { text: '' },
    ],
  });
  const ask = (signal?: AbortSignal) =>
    provider.transcribe(new Float32Array(16_000), { language: 'en' }, signal);

  it('follows its script', async () => {
    await provider.load({ id: 'scripted', files: {} });
    const { text, confidence } = await ask();
    deepEqual([text, confidence, await code(ask())], ['we ship it', 0.5, 'engine.crashed']);
    const late = ask();
    clock.advance(300);
    deepEqual([(await late).text, (await late).inferenceMs], ['late', 300]);
    const abort = new AbortController();
    const never = code(ask(abort.signal));
    abort.abort();
    deepEqual([await never, clock.pending], ['rpc.cancelled', 0]);
    deepEqual(
      [(await ask()).text, (await ask()).text, provider.asked.length],
      ['', 'alpha bravo', 6],
    );
  });
  it('fails to load when told to', async () =>
    equal(
      await code(
        new ScriptedProvider({ clock, loadFails: 'model.corrupt' }).load({ id: 'x', files: {} }),
      ),
      'model.corrupt',
    ));
});

describe('Moonshine with a wrong file', function () {
  this.timeout(60_000);
  const load = (encoder: string | undefined, decoder: string | undefined) =>
    code(
      new MoonshineProvider().load({
        id: 'm',
        files: { ...(encoder ? { encoder } : {}), ...(decoder ? { decoder } : {}) },
      }),
    );
  it('names what is wrong without any model', async () => {
    deepEqual(
      [
        await load(undefined, undefined),
        await load(join(__dirname, 'no-such-file.onnx'), undefined),
        await load(__filename, undefined),
        await load(__dirname, undefined),
      ],
      ['model.missing', 'model.missing', 'model.corrupt', 'model.corrupt'],
    );
  });
  it('tells another model from a cut one', async function () {
    if (!models) skip(this, 'no models: run it with "npm test"');
    const folder = mkdtempSync(join(tmpdir(), 'earmark-cut-'));
    const cut = join(folder, 'encoder_model.onnx');
    writeFileSync(cut, readFileSync(models.encoder).subarray(0, 3_000_000));
    equal(await load(cut, models.decoder), 'model.corrupt');
    rmSync(folder, { recursive: true });
    deepEqual(
      [
        await load(models.vad, models.decoder),
        await load(models.encoder, models.encoder),
        await load(models.encoder, undefined),
      ],
      ['model.incompatible', 'model.incompatible', 'model.missing'],
    );
  });
});

describe('Whisper', function () {
  this.timeout(60_000);
  before(function () {
    if (!whisperIsBuilt) skip(this, 'Whisper is not built: run "npm run whisper"');
  });
  const loaded = async (): Promise<WhisperProvider> => {
    const provider = new WhisperProvider();
    await provider.load({ id: 'w', files: { model: ggml } }, 'cpu');
    return provider;
  };
  it('decodes with the threads of the request, or else with those of its load', async () => {
    const used: number[] = [];
    const binding: WhisperBinding = {
      WhisperModel: { load: () => Promise.resolve({ handle: {}, free: () => Promise.resolve() }) },
      transcribe: (_handle, _pcm, { n_threads }, finish) => {
        used.push(n_threads);
        finish([]);
      },
    };
    const provider = new WhisperProvider(() => ({ binding, build: 'plain' }));
    await provider.load({ id: 'w', files: { model: ggml }, threads: 2 }, 'cpu');
    const silence = new Float32Array(32_000);
    await provider.transcribe(silence, { language: 'en' });
    await provider.transcribe(silence, { language: 'en', threads: 3 });
    deepEqual(used, [2, 3]);
    await provider.unload();
  });
  it('says what the file makes it say, with a probability for each word', async () => {
    const provider = await loaded();
    const { text, words, confidence, language } = await provider.transcribe(buzz(1), {
      language: 'de-AT',
    });
    deepEqual(
      [text, language, (confidence ?? 0) > 0.9, words.map((word) => word.timing)],
      ['alpha bravo charlie', 'de-AT', true, ['estimated', 'estimated', 'estimated']],
    );
    await provider.unload();
  });
  it('finds the language out where none is given', async () => {
    const provider = await loaded();
    const first = await provider.transcribe(buzz(6), { language: 'auto', conversation: 'a' });
    const second = await provider.transcribe(buzz(6), { language: 'auto', conversation: 'a' });
    match(first.language, /^[a-z]{2,3}$/);
    equal(second.language, first.language);
    await provider.unload();
  });
  it('takes a prompt, a translation and more vocabulary than fits', async () => {
    const provider = await loaded();
    const prompt = Array.from({ length: 400 }, (_, i) => `fetchToken${i}`);
    equal(
      await code(provider.transcribe(buzz(1), { language: 'en', prompt, translate: true })),
      'fine',
    );
    await provider.unload();
  });
  it('does not wait for a cancelled decode, and frees the model after it', async () => {
    const provider = await loaded();
    const abort = new AbortController();
    const run = code(provider.transcribe(buzz(20), { language: 'en' }, abort.signal));
    setImmediate(() => abort.abort());
    equal(await run, 'rpc.cancelled');
    await provider.unload();
  });
  it('loads and unloads ten times with the memory it began with', async () => {
    await (await loaded()).unload();
    const before = process.memoryUsage.rss();
    for (let i = 0; i < 10; i++) {
      const provider = await loaded();
      await provider.transcribe(buzz(1), { language: 'en' });
      await provider.unload();
    }
    ok(
      process.memoryUsage.rss() < before * 1.15,
      `${Math.round(before / 1e6)} MB became ${Math.round(process.memoryUsage.rss() / 1e6)} MB`,
    );
  });
  it('names what is wrong with a file', async () => {
    const file = (name: string, bytes: Buffer): string => {
      const path = join(made, name);
      writeFileSync(path, bytes);
      return path;
    };
    const whole = readFileSync(ggml);
    const load = (path: string | undefined) =>
      code(
        new WhisperProvider().load(
          { id: 'w', files: path === undefined ? {} : { model: path } },
          'cpu',
        ),
      );
    deepEqual(
      [
        await load(undefined),
        await load(join(made, 'absent.bin')),
        await load(file('empty.bin', Buffer.alloc(0))),
        await load(file('other.bin', Buffer.alloc(1000, 1))),
        await load(file('half.bin', whole.subarray(0, whole.length / 2))),
        await load(file('words.bin', whole.subarray(0, 100_000))),
        await load(file('fewer.bin', whole.subarray(0, whole.length - 3 * 64 * 4))),
        await load(__dirname),
      ],
      [
        'model.missing',
        'model.missing',
        'model.corrupt',
        'model.incompatible',
        'model.corrupt',
        'model.corrupt',
        'model.corrupt',
        'model.corrupt',
      ],
    );
  });
  it('takes the build for this processor', () => {
    const folder = whisperFolder() as string;
    ok(!usableBuilds(folder, false).includes('avx2'));
    ok(usableBuilds(folder).length > 0);
  });
  it('refuses a graphics processor that its build cannot use', async function () {
    if (
      usableBuilds(whisperFolder() as string).some((build) => build === 'own' || build === 'metal')
    )
      skip(this, 'this build has one');
    equal(
      await code(new WhisperProvider().load({ id: 'w', files: { model: ggml } }, 'gpu')),
      'engine.unavailable',
    );
  });
});

describe('Silero with random weights', function () {
  this.timeout(60_000);
  const windows = (seed: number): Float32Array =>
    Float32Array.from({ length: 512 * 5 }, (_, i) => 0.1 * Math.sin(i / seed));
  it('keeps the state of each stream to itself, also where streams share a batch', async () => {
    const vad = new SileroVad();
    equal(await code(vad.detect(1, windows(3))), 'engine.unavailable');
    await vad.load({ id: 'v', files: { model: onnx.vad } });
    const [alone] = [await vad.detect(2, windows(3))];
    const [first, other] = await Promise.all([
      vad.detect(3, windows(3)),
      vad.detect(4, windows(5)),
    ]);
    const round = (values: Float32Array): string[] => [...values].map((value) => value.toFixed(4));
    deepEqual(round(first), round(alone));
    notDeepEqual(round(other), round(first));
    ok([...first, ...other].every((p) => p >= 0 && p <= 1) && new Set(round(alone)).size > 1);
    // A stream goes on where it was, a closed one begins anew.
    notDeepEqual(round(await vad.detect(2, windows(3))), round(alone));
    vad.close(2);
    deepEqual(round(await vad.detect(2, windows(3))), round(alone));
  });
  it('is told from a recogniser', async () =>
    equal(
      await code(new SileroVad().load({ id: 'v', files: { model: onnx.encoder } })),
      'model.incompatible',
    ));
});
