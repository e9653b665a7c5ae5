// NeMo models against vectors of the reference implementation: features, tokens, frames, durations,
// probabilities and words of every clip, in each file layout, and each piece of a stream.
import { deepEqual, equal, ok } from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { loadOrt } from '../../daemon/adapters/inference/graphs/onnx';
import { nemoModelsIn } from '../../daemon/models/nemoFiles';
import { multipliesRight } from '../../daemon/adapters/inference/nemo/int8SelfTest';
import { featuresOf } from '../../daemon/adapters/inference/nemo/logMel';
import {
  type NemoModel,
  ctcLogProbs,
  decodeWhole,
  encode,
  openNemo,
} from '../../daemon/adapters/inference/nemo/nemoModel';
import { NemoProvider } from '../../daemon/adapters/inference/nemo/nemo';
import { NemoStream } from '../../daemon/adapters/inference/nemo/nemoStream';
import { type TimedToken, wordsOf } from '../../daemon/adapters/inference/nemo/words';
import { skip } from '../../testing/harness/skip';

const root = path.resolve(__dirname, '../../../shared/models/nemo');
/** Largest difference of a feature, and of a logarithm of a probability. */
const TOLERANCE = 1e-3;

interface Decoded {
  readonly ids: number[];
  readonly frames: number[];
  readonly durations?: number[];
  readonly logprobs: number[];
  readonly text: string;
}
interface Word {
  readonly word: string;
  readonly start: number;
  readonly end: number;
  readonly confidence: number;
}
interface Clip {
  readonly name: string;
  readonly audio: string;
  readonly unstable?: boolean;
  readonly samples: number;
  readonly T: number;
  readonly encoder_length: number;
  readonly features?: { readonly first: number[][]; readonly abs_sum: number };
  readonly encoder_output?: { readonly abs_sum: number };
  readonly fp32: Decoded;
  readonly int8: Decoded;
  readonly words?: Word[];
}
interface StreamClip extends Omit<Clip, 'fp32' | 'int8' | 'words'> {
  readonly fp32: Record<string, Decoded>;
  readonly int8: Record<string, Decoded>;
  readonly chunks: Record<
    string,
    { readonly tokens_after_chunk: number[]; readonly encoder_frames: number[] }
  >;
  readonly nemo: Record<string, { readonly text: string }>;
}

function clipsOf<C>(folder: string): C[] {
  if (!existsSync(root)) return [];
  const file = path.join(root, folder, 'vectors.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { clips: C[] }).clips;
}

function samplesOf({ audio }: Pick<Clip, 'audio'>): Float32Array {
  const bytes = readFileSync(path.join(root, 'audio', audio)).subarray(44);
  return Float32Array.from(
    { length: bytes.length / 2 },
    (_, i) => bytes.readInt16LE(2 * i) / 32_768,
  );
}

function floatsOf(...names: string[]): Float32Array {
  return new Float32Array(Uint8Array.from(readFileSync(path.join(root, ...names))).buffer);
}

function open(folder: string, precision: 'float' | 'int8'): Promise<NemoModel> {
  const place = path.join(root, folder);
  const names = readdirSync(place, { recursive: true }).map((name) =>
    String(name).split(path.sep).join('/'),
  );
  const found = nemoModelsIn(names).find((model) => model.precision === precision);
  ok(found, `${folder} has a ${precision} model`);
  return openNemo({
    id: folder,
    files: Object.fromEntries(
      Object.entries(found.roles).map(([role, name]) => [role, path.join(place, name)]),
    ),
  });
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  equal(a.length, b.length, 'lengths');
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i]! - b[i]!));
  return most;
}

function compare(tokens: readonly TimedToken[], expected: Decoded, name: string): void {
  deepEqual(
    {
      ids: tokens.map(({ id }) => id),
      frames: tokens.map(({ frame }) => frame),
      ...(expected.durations ? { durations: tokens.map(({ duration }) => duration) } : {}),
    },
    {
      ids: expected.ids,
      frames: expected.frames,
      ...(expected.durations ? { durations: expected.durations } : {}),
    },
    name,
  );
  const off = largestDifference(
    tokens.map(({ logProb }) => logProb),
    expected.logprobs,
  );
  ok(off < TOLERANCE, `${name}: logarithms of probabilities differ by ${off}`);
}

before(function () {
  if (!existsSync(root)) skip(this, '../shared/models/nemo is not there');
});

describe('NeMo 8-bit self-test', () => {
  it('passes on this machine, and fails where the last rows are wrong', async () => {
    const ort = await loadOrt();
    equal(await multipliesRight(ort), true);
    const wrong = async (): Promise<ArrayLike<number>> => Promise.resolve(new Int32Array(1 << 20));
    equal(await multipliesRight(ort, wrong), false);
  });
});

for (const [folder, layouts] of [
  ['tdt', ['tdt', 'tdt/sherpa']],
  ['tdt128', ['tdt128']],
  ['ctc', ['ctc']],
] as const) {
  describe(`NeMo ${folder} against the reference`, function () {
    this.timeout(120_000);
    const clips = clipsOf<Clip>(folder);

    for (const layout of layouts) {
      it(`decodes every clip alike in the files of ${layout}`, async () => {
        const model = await open(layout, 'float');
        for (const clip of clips) {
          const pcm = samplesOf(clip);
          equal(pcm.length, clip.samples);
          const tokens = await decodeWhole(model, pcm);
          if (clip.unstable) continue;
          compare(tokens, clip.fp32, clip.name);
          equal(
            model.vocabulary.text(tokens.map(({ id }) => id)),
            clip.fp32.text,
            `text of ${clip.name}`,
          );
          if (!clip.words) continue;
          const words = wordsOf(tokens, model.vocabulary, folder !== 'ctc');
          deepEqual(
            words.map(({ text, start, end }) => ({ word: text, start, end })),
            clip.words.map(({ word, start, end }) => ({ word, start, end })),
            `words of ${clip.name}`,
          );
          const off = largestDifference(
            words.map(({ confidence }) => confidence),
            clip.words.map(({ confidence }) => confidence),
          );
          ok(off < TOLERANCE, `confidences of ${clip.name} differ by ${off}`);
        }
        await model.release();
      });
    }

    it('computes the features and the output of the encoder', async () => {
      const model = await open(folder, 'float');
      let most = 0;
      for (const clip of clips.filter(({ features, unstable }) => features && !unstable)) {
        const features = featuresOf(samplesOf(clip), model.bands, model.normalized);
        equal(features.length, clip.T, clip.name);
        for (const [band, row] of clip.features!.first.entries())
          most = Math.max(
            most,
            largestDifference(
              features.data.slice(band * features.columns, band * features.columns + row.length),
              row,
            ),
          );
        const sum = features.data.reduce((total, value) => total + Math.abs(value), 0);
        ok(Math.abs(sum - clip.features!.abs_sum) < 1e-4 * sum, `${clip.name}: sum ${sum}`);
      }
      const jfk = featuresOf(samplesOf({ audio: 'jfk.wav' }), model.bands, model.normalized);
      most = Math.max(most, largestDifference(jfk.data, floatsOf(folder, 'jfk.features.f32')));
      ok(most < TOLERANCE, `features differ by ${most}`);
      const output =
        folder === 'ctc' ? (await ctcLogProbs(model, jfk)).data : (await encode(model, jfk)).data;
      const off = largestDifference(output, floatsOf(folder, 'jfk.output.f32'));
      process.stdout.write(
        `      features differ by ${most.toExponential(1)}, outputs by ${off.toExponential(1)}\n`,
      );
      ok(off < (folder === 'ctc' ? 1e-2 : TOLERANCE), `outputs differ by ${off}`);
      await model.release();
    });

    if (folder !== 'tdt128')
      it('reads a short clip in 8 bits', async () => {
        for (const layout of layouts) {
          const model = await open(layout, 'int8');
          const pcm = samplesOf({ audio: '19-198-0000.wav' });
          const tokens = await decodeWhole(model, pcm);
          equal(model.vocabulary.text(tokens.map(({ id }) => id)), 'Northanger abbey.', layout);
          await model.release();
        }
      });
  });
}

describe('NeMo recogniser', function () {
  this.timeout(60_000);
  const files = (folder: string) => ({
    id: folder,
    files: {
      encoder: path.join(root, folder, 'encoder-model.onnx'),
      decoderJoint: path.join(root, folder, 'decoder_joint-model.onnx'),
      vocabulary: path.join(root, folder, 'vocab.txt'),
    },
  });
  const jfk = (): Float32Array => samplesOf({ audio: 'jfk.wav' });
  /** Between "Americans," and "ask". */
  const cut = 3.2 * 16_000;

  it('gives the words of a phrase alone, decoded with the audio around it', async () => {
    const provider = new NemoProvider();
    await provider.load(files('tdt'));
    const pcm = jfk();
    const whole = await provider.transcribe(pcm, { language: 'en' });
    const first = await provider.transcribe(pcm.subarray(0, cut), {
      language: 'en',
      context: { right: pcm.subarray(cut) },
    });
    const second = await provider.transcribe(pcm.subarray(cut), {
      language: 'en',
      context: { left: { pcm: pcm.subarray(0, cut), tokens: first.tokens ?? [] } },
    });
    equal(first.text, 'And so my fellow Americans,');
    equal(`${first.text} ${second.text}`, whole.text);
    deepEqual(
      second.words.map(({ startMs }) => startMs + 3_200),
      whole.words.slice(5).map(({ startMs }) => startMs),
    );
    // Where nothing is known of the audio before, its words come now.
    const both = await provider.transcribe(pcm.subarray(cut), {
      language: 'en',
      context: { left: { pcm: pcm.subarray(0, cut), tokens: [] } },
    });
    equal(both.text, whole.text);
    await provider.unload();
  });

  it('gives nothing for digital silence, and no error for 0.2 s', async () => {
    const provider = new NemoProvider();
    await provider.load(files('tdt128'));
    equal((await provider.transcribe(new Float32Array(32_000), { language: 'en' })).text, '');
    for (const seconds of [0.005, 0.05, 0.2])
      await provider.transcribe(jfk().subarray(0, seconds * 16_000), { language: 'en' });
    await provider.unload();
  });

  it('leaves words of high probability as they are where phrases are boosted', async () => {
    const provider = new NemoProvider();
    await provider.load(files('tdt'));
    const pcm = samplesOf({ audio: '19-198-0000.wav' });
    const plain = await provider.transcribe(pcm, { language: 'en' });
    const boosted = await provider.transcribe(pcm, {
      language: 'en',
      phrases: ['abbot', 'Northanger abbey'],
    });
    equal(boosted.text, plain.text, 'the text stays');
    await provider.unload();
  });
});

describe('NeMo streaming against the reference', function () {
  this.timeout(240_000);
  const clips = clipsOf<StreamClip>('streaming');

  for (const latency of ['80', '160', '560', '1120'])
    it(`gives the same tokens after each piece at ${latency} ms`, async () => {
      const place = path.join(root, 'streaming');
      const model = await openNemo({
        id: 'streaming',
        files: {
          encoder: path.join(place, latency, 'encoder.onnx'),
          decoder: path.join(place, 'decoder.onnx'),
          joiner: path.join(place, 'joiner.onnx'),
          vocabulary: path.join(place, 'tokens.txt'),
        },
      });
      for (const clip of clips) {
        const pcm = samplesOf(clip);
        const stream = new NemoStream(model);
        const after: number[] = [];
        let frames = 0;
        let committed = 0;
        const note = (): void => {
          if (stream.frames === frames) return;
          frames = stream.frames;
          after.push(stream.tokens.length);
        };
        // Pieces of 20 ms, so that no two steps of the encoder fall into one.
        for (let at = 0; at < pcm.length; at += 320) {
          const text = await stream.push(pcm.subarray(at, at + 320));
          ok(text.committed.length >= committed, 'committed words stay');
          committed = text.committed.length;
          note();
        }
        await stream.endInput();
        note();
        compare(stream.tokens, clip.fp32[latency]!, `${clip.name} at ${latency} ms`);
        const chunks = clip.chunks[latency]!;
        equal(
          stream.frames,
          chunks.encoder_frames.reduce((sum, n) => sum + n, 0),
        );
        // The last two steps may both lie behind the end of the audio.
        const length = Math.min(after.length, chunks.tokens_after_chunk.length) - 2;
        if (length > 0)
          deepEqual(after.slice(0, length), chunks.tokens_after_chunk.slice(0, length), clip.name);
        equal(after.at(-1) ?? 0, chunks.tokens_after_chunk.at(-1) ?? 0);
      }
      await model.release();
    });

  it('gives the same text from audio of any piece length', async () => {
    const model = await open('streaming', 'float');
    const pcm = samplesOf({ audio: 'jfk.wav' });
    for (const piece of [37, 4_001, pcm.length]) {
      const stream = new NemoStream(model);
      for (let at = 0; at < pcm.length; at += piece)
        await stream.push(pcm.subarray(at, at + piece));
      const { committed } = await stream.endInput();
      equal(
        committed.map(({ text }) => text).join(' '),
        clips.find(({ name }) => name === 'jfk')?.nemo['560']?.text,
      );
    }
    await model.release();
  });
});
