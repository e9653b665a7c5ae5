/**
 * The speech detector as our own graph, made from the weights of the exported graph at 16 kHz. A
 * window has four frames of a spectrum. The exported graph convolves one window at a time and
 * reorders its LSTM weights at every run. Here each layer is one product for the whole batch
 * (docs/decisions/0016-speech-detector-graph.md).
 */
import { MissingTensorError, graphMaker } from '../graphs/graphMaker';
import { ELEMENT, GraphWriter, type OnnxTensor, floatsOf, readParts } from '../graphs/onnxGraph';

/**
 * Samples of a window with its context, of a frame and of a hop; the last frame ends in this many
 * mirrored samples.
 */
const INPUT = 576;
const FRAME = 256;
const HOP = 128;
const MIRRORED = 64;
const FRAMES = (INPUT + MIRRORED - FRAME) / HOP + 1;
/** State of the LSTM. */
const WIDTH = 128;
/**
 * Prefix of the 16 kHz weights in the exported graph; the 8 kHz weights have the same names under
 * another prefix.
 */
const AT_16_KHZ = 'If_0_then_branch__Inline_0__';

/** A matrix of rows; each row holds the inputs of one output. */
type Rows = readonly Float32Array[];

class Weights {
  private readonly tensors: ReadonlyMap<string, OnnxTensor>;

  constructor(file: Uint8Array) {
    this.tensors = readParts(file).weights;
  }

  /** @throws MissingTensorError if the file has no such weight of this shape */
  values(name: string, ...shape: readonly number[]): Float32Array {
    const found = this.tensors.get(`${AT_16_KHZ}${name}`);
    if (!found || found.type !== ELEMENT.float || found.shape.join() !== shape.join())
      throw new MissingTensorError(name);
    return floatsOf(found);
  }

  rows(name: string, outputs: number, inputs: number, ...rest: readonly number[]): Rows {
    const values = this.values(name, outputs, inputs, ...rest);
    const width = values.length / outputs;
    return Array.from({ length: outputs }, (_, output) =>
      values.subarray(output * width, (output + 1) * width),
    );
  }

  /**
   * A convolution's kernels over some of its taps. A row is multiplied with the concatenated frames
   * under the taps.
   */
  taps(name: string, outputs: number, channels: number, taps: readonly number[]): Rows {
    const KERNEL = 3;
    return this.rows(name, outputs, channels, KERNEL).map((row) =>
      Float32Array.from(
        { length: taps.length * channels },
        (_, i) => row[(i % channels) * KERNEL + (taps[Math.floor(i / channels)] ?? 0)] ?? 0,
      ),
    );
  }
}

/**
 * Input [batch, 576], state [2, batch, 128]; output [batch, 1], stateN [2, batch, 128]. Equal to
 * the exported graph without its sample rate.
 */
function sileroGraph(file: Uint8Array): Uint8Array {
  const weights = new Weights(file);
  const graph = new GraphWriter();
  const matrix = (rows: Rows): string => {
    const inputs = rows[0]?.length ?? 0;
    const turned = new Float32Array(inputs * rows.length);
    rows.forEach((row, output) =>
      row.forEach((value, input) => (turned[input * rows.length + output] = value)),
    );
    return graph.floats(turned, [inputs, rows.length]);
  };
  const product = (input: string, rows: Rows, bias: Float32Array): string =>
    graph.node('Add', [graph.node('MatMul', [input, matrix(rows)]), graph.floats(bias)]);
  const slice = (input: string, axis: number, from: number, to: number, step = 1): string =>
    graph.node('Slice', [
      input,
      graph.integers(from),
      graph.integers(to),
      graph.integers(axis),
      graph.integers(step),
    ]);
  const joined = (axis: number, ...inputs: readonly string[]): string =>
    graph.node('Concat', inputs, { axis });
  const shaped = (input: string, ...shape: readonly number[]): string =>
    graph.node('Reshape', [input, graph.integers(...shape)]);
  const quiet = (before: number, after: number, input: string): string =>
    graph.node('Pad', [input, graph.integers(0, before, 0, 0, after, 0)]);
  const layer = (
    input: string,
    number: number,
    outputs: number,
    channels: number,
    ...taps: readonly number[]
  ): string =>
    graph.node('Relu', [
      product(
        input,
        weights.taps(`encoder.${number}.reparam_conv.weight`, outputs, channels, taps),
        weights.values(`encoder.${number}.reparam_conv.bias`, outputs),
      ),
    ]);

  // [batch, frames, 256]: each frame is two consecutive pieces of 128 samples.
  const audio = graph.port('input', 'input', ELEMENT.float, ['batch', INPUT]);
  const pieces = shaped(
    joined(1, audio, slice(audio, 1, INPUT - 2, INPUT - 2 - MIRRORED, -1)),
    -1,
    FRAMES + 1,
    HOP,
  );
  const frames = joined(2, slice(pieces, 1, 0, FRAMES), slice(pieces, 1, 1, FRAMES + 1));
  const bins = FRAME / 2 + 1;
  const spectrum = graph.node('MatMul', [
    frames,
    matrix(weights.rows('stft.forward_basis_buffer', 2 * bins, 1, FRAME)),
  ]);
  const squared = (part: string): string => graph.node('Mul', [part, part]);
  const loudness = graph.node('Sqrt', [
    graph.node('Add', [
      squared(slice(spectrum, 2, 0, bins)),
      squared(slice(spectrum, 2, bins, 2 * bins)),
    ]),
  ]);

  // Strides: four frames stay four, become two, one, and stay one; silence pads the first and the
  // last.
  const around = quiet(1, 1, loudness);
  const four = layer(
    joined(
      2,
      slice(around, 1, 0, FRAMES),
      slice(around, 1, 1, FRAMES + 1),
      slice(around, 1, 2, FRAMES + 2),
    ),
    0,
    128,
    bins,
    0,
    1,
    2,
  );
  const before = quiet(1, 0, four);
  const two = layer(
    joined(
      1,
      shaped(slice(before, 1, 0, 3), -1, 1, 3 * 128),
      shaped(slice(before, 1, 2, 5), -1, 1, 3 * 128),
    ),
    1,
    64,
    128,
    0,
    1,
    2,
  );
  const one = layer(shaped(two, -1, 2 * 64), 2, 64, 64, 1, 2);
  const combined = layer(one, 3, WIDTH, 64, 1);

  // Gate order input, forget, output, cell: gates with a sigmoid are adjacent.
  const state = graph.port('input', 'state', ELEMENT.float, [2, 'batch', WIDTH]);
  const [hidden, cell] = [0, 1].map((part) =>
    graph.node('Squeeze', [slice(state, 0, part, part + 1), graph.integers(0)]),
  ) as [string, string];
  const ordered = <T>(all: ArrayLike<T> & { slice(from: number, to: number): ArrayLike<T> }): T[] =>
    [0, 1, 3, 2].flatMap((gate) => Array.from(all.slice(gate * WIDTH, (gate + 1) * WIDTH)));
  const [ofInput, ofHidden] = [
    weights.rows('decoder.rnn.weight_ih', 4 * WIDTH, WIDTH),
    weights.rows('decoder.rnn.weight_hh', 4 * WIDTH, WIDTH),
  ];
  const [bias, more] = [
    weights.values('decoder.rnn.bias_ih', 4 * WIDTH),
    weights.values('decoder.rnn.bias_hh', 4 * WIDTH),
  ];
  const both = ordered(
    ofInput.map((row, i) => Float32Array.of(...row, ...(ofHidden[i] as Float32Array))),
  );
  const gates = product(
    joined(1, combined, hidden),
    both,
    Float32Array.from(ordered(bias.map((value, i) => value + (more[i] ?? 0)))),
  );
  const open = graph.node('Sigmoid', [slice(gates, 1, 0, 3 * WIDTH)]);
  const [enters, stays, shows] = [0, 1, 2].map((gate) =>
    slice(open, 1, gate * WIDTH, (gate + 1) * WIDTH),
  ) as [string, string, string];
  const news = graph.node('Tanh', [slice(gates, 1, 3 * WIDTH, 4 * WIDTH)]);
  const nextCell = graph.node('Add', [
    graph.node('Mul', [stays, cell]),
    graph.node('Mul', [enters, news]),
  ]);
  const nextHidden = graph.node('Mul', [shows, graph.node('Tanh', [nextCell])]);
  const stacked = (part: string): string => graph.node('Unsqueeze', [part, graph.integers(0)]);
  graph.node('Concat', [stacked(nextHidden), stacked(nextCell)], { axis: 0 }, [
    graph.port('output', 'stateN', ELEMENT.float, [2, 'batch', WIDTH]),
  ]);
  const speech = product(
    graph.node('Relu', [nextHidden]),
    weights.rows('decoder.decoder.2.weight', 1, WIDTH, 1),
    weights.values('decoder.decoder.2.bias', 1),
  );
  graph.node('Sigmoid', [speech], {}, [
    graph.port('output', 'output', ELEMENT.float, ['batch', 1]),
  ]);
  return graph.finish();
}

export const sileroMaker = graphMaker('1', sileroGraph);
