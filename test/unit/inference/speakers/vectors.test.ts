/** Filterbank, speaker embedding and segmentation against vectors of the reference models. */
import { deepEqual, ok, rejects } from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CamPlusPlus } from '../../../../daemon/adapters/inference/speakers/camPlusPlus';
import { FBANK_BINS, kaldiFbank } from '../../../../daemon/adapters/inference/speakers/fbank';
import { SpeakerSegmentation } from '../../../../daemon/adapters/inference/speakers/segmentation';
import { skip } from '../../../../testing/harness/skip';

const root = resolve(__dirname, '../../../..');
const shared = join(root, '../shared');
const VECTORS = join(shared, 'models/speakers/vectors.json');
/** The vectors are of 32-bit weights; the file that ships stores 16 bits. */
const HALF_PRECISION = 0.05;
const CASES = ['first_1.6_s', 'first_10_s'] as const;

interface Vectors {
  readonly samples: number;
  readonly fbank_shape: readonly number[];
  readonly fbank_frame0_first8: readonly number[];
  readonly fbank_frame100_first8: readonly number[];
  readonly campplus_unit_first8: readonly number[];
  readonly campplus_int8_raw_first8: readonly number[];
  readonly campplus_raw_norm: number;
  readonly segmentation_shape: readonly number[];
  readonly segmentation_frame0_log_probabilities: readonly number[];
  readonly segmentation_frame50_log_probabilities: readonly number[];
  readonly segmentation_last_frame: readonly number[];
  readonly segmentation_argmax_runs: readonly (readonly [number, number])[];
}

/** Reads the samples of a WAV file of one channel with 16 bits. */
function readWav(path: string): Float32Array {
  const bytes = readFileSync(path);
  const at = bytes.indexOf('data') + 8;
  return Float32Array.from(
    { length: (bytes.length - at) >> 1 },
    (_, i) => bytes.readInt16LE(at + 2 * i) / 32_768,
  );
}

function near(name: string, found: ArrayLike<number>, wanted: readonly number[], most: number) {
  const apart = Math.max(...wanted.map((value, i) => Math.abs(value - (found[i] ?? NaN))));
  ok(apart <= most, `${name}: ${apart} apart, ${most} allowed`);
}

describe('the speaker models', function () {
  this.timeout(60_000);
  let vectors: Readonly<Record<string, Vectors>>;
  let speech: Float32Array;
  let encoder: CamPlusPlus;
  let segmentation: SpeakerSegmentation;

  before(async function () {
    if (!existsSync(VECTORS)) skip(this, '../shared/models/speakers is not there');
    vectors = JSON.parse(readFileSync(VECTORS, 'utf8')) as Record<string, Vectors>;
    speech = readWav(join(shared, 'data/misc/jfk.wav'));
    encoder = await CamPlusPlus.load(join(root, 'models/campplus-zh-en/model.onnx'));
    segmentation = await SpeakerSegmentation.load(join(root, 'models/segmentation-3.0/model.onnx'));
  });

  for (const name of CASES) {
    const of = (): { vector: Vectors; cut: Float32Array } => {
      const vector = vectors[name];
      ok(vector);
      return { vector, cut: speech.slice(0, vector.samples) };
    };

    it(`get the filterbank of Kaldi, ${name}`, () => {
      const { vector, cut } = of();
      const found = kaldiFbank(cut);
      deepEqual([found.length / FBANK_BINS, FBANK_BINS], vector.fbank_shape);
      near('frame 0', found, vector.fbank_frame0_first8, 1e-3);
      near('frame 100', found.subarray(100 * FBANK_BINS), vector.fbank_frame100_first8, 1e-3);
    });

    it(`give the embedding of the reference, ${name}`, async () => {
      const { vector, cut } = of();
      near('raw', await encoder.raw(cut), vector.campplus_int8_raw_first8, 1e-3);
      const [embedding] = await encoder.embed([cut]);
      ok(embedding);
      ok(Math.abs(Math.hypot(...embedding) - 1) < 1e-5);
    });

    it(`give the log probabilities of the reference, ${name}`, async () => {
      const { vector, cut } = of();
      const found = await segmentation.logProbabilities(cut);
      deepEqual([found.length / 7, 7], vector.segmentation_shape);
      near('frame 0', found, vector.segmentation_frame0_log_probabilities, HALF_PRECISION);
      near(
        'frame 50',
        found.subarray(350),
        vector.segmentation_frame50_log_probabilities,
        HALF_PRECISION,
      );
      near('last frame', found.subarray(-7), vector.segmentation_last_frame, HALF_PRECISION);
    });

    it(`name the local speakers of the reference, ${name}`, async () => {
      const { vector, cut } = of();
      const runs: [number, number][] = [];
      const bits = [0b000, 0b001, 0b010, 0b100, 0b011, 0b101, 0b110];
      for (const mask of await segmentation.segment(cut)) {
        const last = runs.at(-1);
        if (last?.[0] === bits.indexOf(mask)) last[1]++;
        else runs.push([bits.indexOf(mask), 1]);
      }
      deepEqual(runs, vector.segmentation_argmax_runs);
    });
  }

  it('refuse what is too short or too long with a sentence', async () => {
    for (const work of [
      () => encoder.embed([new Float32Array(400)]),
      () => encoder.embed([new Float32Array(170_000)]),
      () => segmentation.segment(new Float32Array(10)),
      () => segmentation.segment(new Float32Array(170_000)),
    ])
      await rejects(work, { code: 'rpc.invalidParams' });
  });
});
