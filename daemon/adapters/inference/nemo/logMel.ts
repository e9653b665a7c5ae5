/**
 * Log-mel features as NVIDIA NeMo computes them (AudioToMelSpectrogramPreprocessor, version 2.7), in
 * double precision: pre-emphasis, frames of 25 ms each 10 ms, power spectrum, Slaney mel bands,
 * natural logarithm. Without dither. Pure.
 */

/** Samples between two frames: 10 ms at 16 kHz. */
export const HOP = 160;
const SAMPLE_RATE = 16_000;
/** Points of the Fourier transform. */
const FFT_SIZE = 512;
/** Samples of a frame's window: 25 ms. It stands in the middle of the transform's points. */
const WINDOW = 400;
const PRE_EMPHASIS = 0.97;
/** Added before the logarithm, so that silence has one. */
const GUARD = 2 ** -24;
/** Added to the standard deviation before the division. */
const EPSILON = 1e-5;

/** Models read the bands of a frame far apart: bands first. */
export interface Features {
  /** [bands, columns], row-major. */
  readonly data: Float32Array;
  readonly bands: number;
  readonly columns: number;
  /** Columns that hold audio; those behind are 0. */
  readonly length: number;
}

/**
 * Features of a whole recording. One column more than the audio fills is there, and 0, because NeMo
 * feeds it too.
 *
 * @param pcm 16 kHz mono, −1…1
 * @param normalized each band to mean 0 and deviation 1 (`per_feature` in NeMo)
 */
export function featuresOf(pcm: Float32Array, bands: number, normalized: boolean): Features {
  const length = Math.floor(pcm.length / HOP);
  const mel = new LogMel(bands);
  const columns = [...mel.push(pcm), ...mel.end()];
  const data = new Float32Array(bands * columns.length);
  for (const [t, column] of columns.entries())
    for (let band = 0; band < bands; band++)
      data[band * columns.length + t] = column[band] as number;
  if (normalized) normalize(data, bands, columns.length, length);
  return { data, bands, columns: columns.length, length };
}

/** Over the columns with audio; the deviation has N − 1 in its divisor, and is 0 for one column. */
function normalize(data: Float32Array, bands: number, columns: number, length: number): void {
  for (let band = 0; band < bands; band++) {
    const row = data.subarray(band * columns, band * columns + length);
    let mean = 0;
    for (const value of row) mean += value;
    mean /= length;
    let squares = 0;
    for (const value of row) squares += (value - mean) ** 2;
    const deviation = length > 1 ? Math.sqrt(squares / (length - 1)) : 0;
    for (let t = 0; t < length; t++) row[t] = ((row[t] as number) - mean) / (deviation + EPSILON);
  }
}

/** Frames of audio that comes in pieces; the pieces may have any length. */
export class LogMel {
  private readonly bank: readonly Band[];
  private readonly spectrum = new PowerSpectrum();
  /** Samples after pre-emphasis, from `from` on. */
  private buffer: number[] = new Array<number>(FFT_SIZE / 2).fill(0);
  /** Padded position of the buffer's first sample. */
  private from = 0;
  private previous: number | undefined;
  private samples = 0;
  private made = 0;

  constructor(private readonly bands: number) {
    this.bank = melBank(bands);
  }

  /** @returns the columns that are complete now, each with a value for every band */
  push(pcm: Float32Array): Float32Array[] {
    for (const sample of pcm) {
      this.buffer.push(
        this.previous === undefined ? sample : sample - PRE_EMPHASIS * this.previous,
      );
      this.previous = sample;
    }
    this.samples += pcm.length;
    // The last sample that a frame's window weighs lies WINDOW / 2 behind its middle.
    const complete = Math.floor((this.samples - WINDOW / 2) / HOP) + 1;
    return this.until(Math.min(complete, Math.floor(this.samples / HOP)));
  }

  /** @returns the columns left, and the one of zeros behind them */
  end(): Float32Array[] {
    const left = this.until(Math.floor(this.samples / HOP));
    return [...left, new Float32Array(this.bands)];
  }

  private until(count: number): Float32Array[] {
    const columns: Float32Array[] = [];
    for (; this.made < count; this.made++) {
      const start = this.made * HOP - this.from;
      const power = this.spectrum.of(this.buffer, start);
      columns.push(
        Float32Array.from(this.bank, ({ first, weights }) => {
          let sum = 0;
          for (let i = 0; i < weights.length; i++)
            sum += (weights[i] as number) * (power[first + i] as number);
          return Math.log(sum + GUARD);
        }),
      );
    }
    // Dropped in large steps, because each one moves what is left.
    const unused = this.made * HOP - this.from;
    if (unused > SAMPLE_RATE) {
      this.buffer = this.buffer.slice(unused);
      this.from += unused;
    }
    return columns;
  }
}

interface Band {
  /** First bin of the spectrum that counts. */
  readonly first: number;
  readonly weights: Float32Array;
}

/** Triangles on the mel scale of Slaney's Auditory Toolbox, each of area 1, from 0 to 8 kHz. */
function melBank(bands: number): readonly Band[] {
  const linearHz = 200 / 3;
  // 1 kHz is 15 mel; below it the scale is linear, above it logarithmic.
  const breakMel = 15;
  const logStep = Math.log(6.4) / 27;
  const hertz = (mel: number): number =>
    mel < breakMel ? mel * linearHz : 1000 * Math.exp(logStep * (mel - breakMel));
  const topMel = breakMel + Math.log(SAMPLE_RATE / 2 / 1000) / logStep;
  const edges = Array.from({ length: bands + 2 }, (_, i) => hertz((i * topMel) / (bands + 1)));
  return Array.from({ length: bands }, (_, band) => {
    const [low, middle, high] = [edges[band]!, edges[band + 1]!, edges[band + 2]!];
    const all = Array.from({ length: FFT_SIZE / 2 + 1 }, (_, bin) => {
      const at = (bin * SAMPLE_RATE) / FFT_SIZE;
      const height = Math.min((at - low) / (middle - low), (high - at) / (high - middle));
      return Math.max(0, height) * (2 / (high - low));
    });
    const first = Math.max(
      0,
      all.findIndex((weight) => weight > 0),
    );
    const last = all.findLastIndex((weight) => weight > 0);
    return { first, weights: Float32Array.from(all.slice(first, last + 1)) };
  });
}

/** Radix-2 Fourier transform of windowed frames. */
class PowerSpectrum {
  private readonly window = hann();
  private readonly cosine = new Float64Array(FFT_SIZE / 2);
  private readonly sine = new Float64Array(FFT_SIZE / 2);
  private readonly reversed = bitReversed();
  private readonly real = new Float64Array(FFT_SIZE);
  private readonly imaginary = new Float64Array(FFT_SIZE);
  private readonly power = new Float64Array(FFT_SIZE / 2 + 1);

  constructor() {
    for (let i = 0; i < FFT_SIZE / 2; i++) {
      this.cosine[i] = Math.cos((2 * Math.PI * i) / FFT_SIZE);
      this.sine[i] = -Math.sin((2 * Math.PI * i) / FFT_SIZE);
    }
  }

  /** @returns the power of each bin; valid until the next call. Samples past the end count as 0. */
  of(samples: readonly number[], start: number): Float64Array {
    const { real, imaginary, power, window, reversed } = this;
    imaginary.fill(0);
    for (let i = 0; i < FFT_SIZE; i++)
      real[reversed[i] as number] = (samples[start + i] ?? 0) * (window[i] as number);
    for (let size = 2; size <= FFT_SIZE; size *= 2) this.pass(size);
    for (let bin = 0; bin < power.length; bin++)
      power[bin] = (real[bin] as number) ** 2 + (imaginary[bin] as number) ** 2;
    return power;
  }

  private pass(size: number): void {
    const { real, imaginary, cosine, sine } = this;
    const half = size / 2;
    const step = FFT_SIZE / size;
    for (let start = 0; start < FFT_SIZE; start += size) {
      for (let k = 0; k < half; k++) {
        const a = start + k;
        const b = a + half;
        const c = cosine[k * step] as number;
        const s = sine[k * step] as number;
        const re = (real[b] as number) * c - (imaginary[b] as number) * s;
        const im = (real[b] as number) * s + (imaginary[b] as number) * c;
        real[b] = (real[a] as number) - re;
        imaginary[b] = (imaginary[a] as number) - im;
        real[a] = (real[a] as number) + re;
        imaginary[a] = (imaginary[a] as number) + im;
      }
    }
  }
}

/** Symmetric, in the middle of the transform's points. */
function hann(): Float64Array {
  const window = new Float64Array(FFT_SIZE);
  const before = (FFT_SIZE - WINDOW) / 2;
  for (let i = 0; i < WINDOW; i++)
    window[before + i] = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / (WINDOW - 1));
  return window;
}

function bitReversed(): Uint16Array {
  const bits = Math.log2(FFT_SIZE);
  return Uint16Array.from({ length: FFT_SIZE }, (_, i) => {
    let reversed = 0;
    for (let bit = 0; bit < bits; bit++) reversed |= ((i >> bit) & 1) << (bits - 1 - bit);
    return reversed;
  });
}
