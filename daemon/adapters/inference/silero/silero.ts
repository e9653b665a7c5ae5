/**
 * Silero VAD v6 in ONNX Runtime, as our own graph (sileroGraph.ts), for many streams at once. Each
 * stream keeps its recurrent state and the last 64 samples. The model needs those before each
 * window of 512 at 16 kHz. Runs inside an inference worker. Source of the input layout:
 * snakers4/silero-vad, `OnnxWrapper`.
 */
import type { InferenceSession } from 'onnxruntime-node';
import { EarmarkError } from '../../../../protocol/errors';
import type { LoadedModelFiles } from '../../../models/modelFiles';
import { VAD_WINDOW } from '../../../vad/contract';
import { type Ort, loadOrt, openModel } from '../graphs/onnx';
import { sileroMaker } from './sileroGraph';

const CONTEXT = 64;
const INPUT = CONTEXT + VAD_WINDOW;
/** The state of one stream: two layers of 128. */
const LAYERS = 2;
const WIDTH = 128;

interface Stream {
  readonly state: Float32Array;
  readonly context: Float32Array;
}

/** Waiting windows of one stream. */
interface Request {
  readonly stream: Stream;
  readonly windows: Float32Array;
  readonly answer: Float32Array;
  next: number;
  resolve(answer: Float32Array): void;
  reject(error: unknown): void;
}

/** More streams indicate a leak of the caller. */
const MAX_STREAMS = 1_024;

export class SileroVad {
  private loaded: { readonly ort: Ort; readonly session: InferenceSession } | undefined;
  private readonly streams = new Map<number, Stream>();
  private readonly waiting: Request[] = [];
  private running = false;

  /** @throws EarmarkError model.missing, model.corrupt, model.incompatible */
  async load(model: LoadedModelFiles): Promise<void> {
    const ort = await loadOrt();
    const session = await openModel(model.files['model'], 'speech detector', ['input', 'state'], {
      maker: sileroMaker,
    });
    this.loaded = { ort, session };
  }

  /**
   *
   * @param windows n × 512 samples. Calls of one stream are answered in order.
   * @returns n probabilities
   */
  async detect(streamId: number, windows: Float32Array): Promise<Float32Array> {
    if (windows.length % VAD_WINDOW !== 0)
      throw new EarmarkError(
        'rpc.invalidParams',
        `Speech detection takes whole windows of ${VAD_WINDOW} samples.`,
      );
    const stream = this.stream(streamId);
    if (windows.length === 0) return new Float32Array(0);
    return new Promise((resolve, reject) => {
      this.waiting.push({
        stream,
        windows,
        answer: new Float32Array(windows.length / VAD_WINDOW),
        next: 0,
        resolve,
        reject,
      });
      if (!this.running) void this.run();
    });
  }

  close(streamId: number): void {
    this.streams.delete(streamId);
  }

  private stream(id: number): Stream {
    let stream = this.streams.get(id);
    if (!stream) {
      if (this.streams.size >= MAX_STREAMS)
        throw new EarmarkError(
          'rpc.tooMany',
          'Too many audio sources are open at once; stop a session first.',
        );
      stream = { state: new Float32Array(LAYERS * WIDTH), context: new Float32Array(CONTEXT) };
      this.streams.set(id, stream);
    }
    return stream;
  }

  /** Each step runs one window of every waiting stream in one batch. */
  private async run(): Promise<void> {
    this.running = true;
    try {
      while (this.waiting.length > 0) {
        const batch: Request[] = [];
        for (const request of this.waiting)
          if (!batch.some((other) => other.stream === request.stream)) batch.push(request);
        try {
          await this.step(batch);
        } catch (error) {
          for (const request of batch) {
            this.remove(request);
            request.reject(error);
          }
        }
        for (const request of batch) {
          if (request.next < request.answer.length) continue;
          this.remove(request);
          request.resolve(request.answer);
        }
      }
    } finally {
      this.running = false;
    }
  }

  private remove(request: Request): void {
    const at = this.waiting.indexOf(request);
    if (at >= 0) this.waiting.splice(at, 1);
  }

  private async step(all: readonly Request[]): Promise<void> {
    const batch = all.filter((request) => request.next < request.answer.length);
    if (batch.length === 0) return;
    if (!this.loaded)
      throw new EarmarkError(
        'engine.unavailable',
        'The speech detector is not loaded yet; try again in a moment.',
      );
    const { ort, session } = this.loaded;
    const n = batch.length;
    const input = new Float32Array(n * INPUT);
    const state = new Float32Array(LAYERS * n * WIDTH);
    batch.forEach((request, b) => {
      input.set(request.stream.context, b * INPUT);
      input.set(windowOf(request), b * INPUT + CONTEXT);
      for (let l = 0; l < LAYERS; l++)
        state.set(request.stream.state.subarray(l * WIDTH, (l + 1) * WIDTH), (l * n + b) * WIDTH);
    });
    const out = await session.run({
      input: new ort.Tensor('float32', input, [n, INPUT]),
      state: new ort.Tensor('float32', state, [LAYERS, n, WIDTH]),
    });
    const probabilities = out['output']?.data as Float32Array;
    const next = out['stateN']?.data as Float32Array;
    batch.forEach((request, b) => {
      request.answer[request.next] = probabilities[b] ?? 0;
      for (let l = 0; l < LAYERS; l++)
        request.stream.state.set(
          next.subarray((l * n + b) * WIDTH, (l * n + b + 1) * WIDTH),
          l * WIDTH,
        );
      request.stream.context.set(windowOf(request).subarray(VAD_WINDOW - CONTEXT));
      request.next++;
    });
  }
}

function windowOf(request: Request): Float32Array {
  return request.windows.subarray(request.next * VAD_WINDOW, (request.next + 1) * VAD_WINDOW);
}
