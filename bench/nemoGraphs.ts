/**
 * NeMo models with random weights in the sizes of the public ones, as graphs of the same operators:
 * FastConformer with relative positions, 8-bit products as the public exports have them, one
 * decoder and one joint network. They say nothing; they take as much time and memory.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { ELEMENT, GraphWriter } from '../daemon/adapters/inference/graphs/onnxGraph';

export interface NemoSize {
  readonly bands: number;
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly lstmLayers: number;
}

/** As parakeet-tdt_ctc-110m, parakeet-tdt-0.6b and parakeet-tdt-1.1b. */
export const SIZES: Readonly<Record<string, NemoSize>> = {
  '110M': { bands: 80, layers: 17, width: 512, heads: 8, lstmLayers: 1 },
  '0.6B': { bands: 128, layers: 24, width: 1024, heads: 8, lstmLayers: 2 },
  '1.1B': { bands: 80, layers: 42, width: 1024, heads: 8, lstmLayers: 2 },
};

const FLOAT = ELEMENT.float;
const INT32 = 6;
const TOKENS = 1024;
const DURATIONS = 5;
const JOINT_WIDTH = 640;
const CHANNELS = 256;

/** @returns paths by role. @param seconds the graphs take audio of this length alone */
export function writeNemo(folder: string, size: NemoSize, seconds: number): Record<string, string> {
  const files: Record<string, string> = {};
  const write = (role: string, name: string, bytes: Uint8Array | string): void => {
    files[role] = path.join(folder, name);
    writeFileSync(files[role], bytes);
  };
  write('encoder', 'encoder.int8.onnx', encoder(size, seconds));
  write('decoder', 'decoder.int8.onnx', decoder(size));
  write('joiner', 'joiner.int8.onnx', joiner(size));
  const pieces = Array.from({ length: TOKENS }, (_, i) => `▁w${i} ${i}\n`);
  write('vocabulary', 'tokens.txt', `${pieces.join('')}<blk> ${TOKENS}\n`);
  return files;
}

let state = 1;
function random(): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state / 2 ** 32 - 0.5;
}
const floats = (count: number, scale = 0.05): Float32Array =>
  Float32Array.from({ length: count }, () => random() * scale);
function bytes(count: number): Uint8Array {
  const values = new Uint8Array(count);
  for (let i = 0; i < count; i++) values[i] = 128 + random() * 100;
  return values;
}

/** Writes layers one behind the other. */
class Layers {
  readonly graph = new GraphWriter();
  private readonly zero = this.byte(128);

  byte(value: number): string {
    return this.graph.weight({ type: ELEMENT.uint8, shape: [], bytes: Uint8Array.of(value) });
  }

  constant(...values: number[]): string {
    return this.graph.floats(Float32Array.from(values));
  }

  /** An 8-bit product, with its input measured as it comes. */
  private quantized(
    op: 'MatMulInteger' | 'ConvInteger',
    x: string,
    shape: readonly number[],
    attributes = {},
  ): string {
    const { graph } = this;
    const [small, scale, zero] = [graph.name('q'), graph.name('s'), graph.name('z')];
    graph.node('DynamicQuantizeLinear', [x], {}, [small, scale, zero]);
    const weight = graph.weight({
      type: ELEMENT.uint8,
      shape,
      bytes: bytes(shape.reduce((n, s) => n * s, 1)),
    });
    const whole = graph.node(op, [small, weight, zero, this.zero], attributes);
    const product = graph.node('Cast', [whole], { to: FLOAT });
    const scales = graph.node('Mul', [scale, this.constant(0.0005)]);
    return graph.node('Mul', [product, scales]);
  }

  linear(x: string, from: number, to: number): string {
    const product = this.quantized('MatMulInteger', x, [from, to]);
    return this.graph.node('Add', [product, this.graph.floats(floats(to))]);
  }

  conv(x: string, shape: readonly number[], attributes: Record<string, number | number[]>): string {
    return this.quantized('ConvInteger', x, shape, attributes);
  }

  norm(x: string, width: number): string {
    const { graph } = this;
    const one = graph.floats(new Float32Array(width).fill(1));
    const zero = graph.floats(new Float32Array(width));
    return graph.node('LayerNormalization', [x, one, zero], { axis: -1, epsilon: '1e-5' });
  }

  swish(x: string): string {
    return this.graph.node('Mul', [x, this.graph.node('Sigmoid', [x])]);
  }

  reshape(x: string, ...shape: number[]): string {
    return this.graph.node('Reshape', [x, this.graph.integers(...shape)]);
  }

  transpose(x: string, ...perm: number[]): string {
    return this.graph.node('Transpose', [x], { perm });
  }

  slice(x: string, from: number, to: number, axis: number): string {
    const { graph } = this;
    return graph.node('Slice', [x, graph.integers(from), graph.integers(to), graph.integers(axis)]);
  }

  add(a: string, b: string): string {
    return this.graph.node('Add', [a, b]);
  }
}

function encoder(size: NemoSize, seconds: number): Uint8Array {
  const { bands, layers, width } = size;
  const columns = seconds * 100 + 1;
  const frames = half(half(half(columns)));
  const net = new Layers();
  const { graph } = net;
  graph.port('input', 'audio_signal', FLOAT, [1, bands, columns]);
  graph.port('input', 'length', ELEMENT.int64, [1]);
  graph.port('output', 'outputs', FLOAT, [1, width, frames]);
  graph.port('output', 'encoded_lengths', ELEMENT.int64, [1]);
  let x = net.reshape(net.transpose('audio_signal', 0, 2, 1), 1, 1, columns, bands);
  const stride = { strides: [2, 2], pads: [1, 1, 1, 1], kernel_shape: [3, 3] };
  x = graph.node('Relu', [net.conv(x, [CHANNELS, 1, 3, 3], stride)]);
  for (let i = 0; i < 2; i++) {
    x = net.conv(x, [CHANNELS, 1, 3, 3], { ...stride, group: CHANNELS });
    x = graph.node('Relu', [net.conv(x, [CHANNELS, CHANNELS, 1, 1], { kernel_shape: [1, 1] })]);
  }
  const inner = (CHANNELS * bands) / 8;
  x = net.linear(net.reshape(net.transpose(x, 0, 2, 1, 3), 1, frames, inner), inner, width);
  const positions = graph.floats(floats((2 * frames - 1) * width, 2), [1, 2 * frames - 1, width]);
  for (let i = 0; i < layers; i++) x = block(net, x, positions, frames, size);
  graph.node('Transpose', [x], { perm: [0, 2, 1] }, ['outputs']);
  graph.node('Identity', ['length'], {}, ['encoded_lengths']);
  return graph.finish();
}

const half = (length: number): number => Math.floor((length - 1) / 2) + 1;

function block(
  net: Layers,
  input: string,
  positions: string,
  frames: number,
  size: NemoSize,
): string {
  const { width } = size;
  const { graph } = net;
  const feed = (x: string): string => {
    const wide = net.swish(net.linear(net.norm(x, width), width, 4 * width));
    const narrow = net.linear(wide, 4 * width, width);
    return net.add(x, graph.node('Mul', [narrow, net.constant(0.5)]));
  };
  let x = feed(input);
  x = net.add(x, attention(net, net.norm(x, width), positions, frames, size));
  const channels = net.transpose(net.norm(x, width), 0, 2, 1);
  const gated = net.conv(channels, [2 * width, width, 1], { kernel_shape: [1] });
  const left = net.slice(gated, 0, width, 1);
  const gate = graph.node('Sigmoid', [net.slice(gated, width, 2 * width, 1)]);
  const deep = net.conv(graph.node('Mul', [left, gate]), [width, 1, 9], {
    kernel_shape: [9],
    pads: [4, 4],
    group: width,
  });
  const out = net.conv(net.swish(deep), [width, width, 1], { kernel_shape: [1] });
  return net.norm(feed(net.add(x, net.transpose(out, 0, 2, 1))), width);
}

/** With relative positions, as in Transformer-XL. */
function attention(
  net: Layers,
  x: string,
  positions: string,
  frames: number,
  size: NemoSize,
): string {
  const { width, heads } = size;
  const { graph } = net;
  const each = width / heads;
  const split = (y: string, length: number, perm: number[]): string =>
    net.transpose(net.reshape(y, 1, length, heads, each), ...perm);
  const query = split(net.linear(x, width, width), frames, [0, 2, 1, 3]);
  const key = split(net.linear(x, width, width), frames, [0, 2, 3, 1]);
  const value = split(net.linear(x, width, width), frames, [0, 2, 1, 3]);
  const place = split(net.linear(positions, width, width), 2 * frames - 1, [0, 2, 3, 1]);
  const bias = (): string => graph.floats(floats(width), [1, heads, 1, each]);
  const content = graph.node('MatMul', [net.add(query, bias()), key]);
  const moved = graph.node('MatMul', [net.add(query, bias()), place]);
  const padded = graph.node('Pad', [moved, graph.integers(0, 0, 0, 1, 0, 0, 0, 0)]);
  const shifted = net.slice(net.reshape(padded, 1, heads, 2 * frames, frames), 1, 2 * frames, 2);
  const relative = net.slice(net.reshape(shifted, 1, heads, frames, 2 * frames - 1), 0, frames, 3);
  const scores = graph.node('Mul', [net.add(content, relative), net.constant(1 / Math.sqrt(each))]);
  const weights = graph.node('Softmax', [scores], { axis: -1 });
  const mixed = net.transpose(graph.node('MatMul', [weights, value]), 0, 2, 1, 3);
  return net.linear(net.reshape(mixed, 1, frames, width), width, width);
}

function decoder({ lstmLayers }: NemoSize): Uint8Array {
  const net = new Layers();
  const { graph } = net;
  const width = JOINT_WIDTH;
  graph.port('input', 'targets', INT32, [1, 1]);
  graph.port('input', 'target_length', INT32, [1]);
  for (const direction of ['input', 'output'] as const) {
    if (direction === 'output') {
      graph.port('output', 'outputs', FLOAT, [1, width, 1]);
      graph.port('output', 'prednet_lengths', INT32, [1]);
    }
    for (const name of ['hidden', 'cell'])
      graph.port(direction, `${name}.${direction}`, FLOAT, [lstmLayers, 1, width]);
  }
  const table = graph.floats(floats((TOKENS + 1) * width), [TOKENS + 1, width]);
  let x = graph.node('Gather', [table, 'targets'], { axis: 0 });
  const [hidden, cell]: [string[], string[]] = [[], []];
  for (let layer = 0; layer < lstmLayers; layer++) {
    const weights = (): string => graph.floats(floats(4 * width * width), [1, 4 * width, width]);
    const inputs = [
      ...[x, weights(), weights(), graph.floats(floats(8 * width), [1, 8 * width]), ''],
      ...['hidden.input', 'cell.input'].map((name) => net.slice(name, layer, layer + 1, 0)),
    ];
    const outputs = [graph.name('y'), graph.name('h'), graph.name('c')];
    graph.node('LSTM', inputs, { hidden_size: width }, outputs);
    hidden.push(outputs[1]!);
    cell.push(outputs[2]!);
    x = net.reshape(outputs[0]!, 1, 1, width);
  }
  graph.node('Reshape', [x, graph.integers(1, width, 1)], {}, ['outputs']);
  graph.node('Identity', ['target_length'], {}, ['prednet_lengths']);
  graph.node('Concat', hidden, { axis: 0 }, ['hidden.output']);
  graph.node('Concat', cell, { axis: 0 }, ['cell.output']);
  return graph.finish();
}

/** Every frame gives a token of one frame: 12.5 a second, three times as many as speech has. */
function joiner({ width }: NemoSize): Uint8Array {
  const net = new Layers();
  const { graph } = net;
  const classes = TOKENS + 1 + DURATIONS;
  graph.port('input', 'encoder_outputs', FLOAT, [1, width, 1]);
  graph.port('input', 'decoder_outputs', FLOAT, [1, JOINT_WIDTH, 1]);
  graph.port('output', 'outputs', FLOAT, [1, 1, 1, classes]);
  const encoded = net.linear(net.reshape('encoder_outputs', 1, width), width, JOINT_WIDTH);
  const predicted = net.linear(
    net.reshape('decoder_outputs', 1, JOINT_WIDTH),
    JOINT_WIDTH,
    JOINT_WIDTH,
  );
  const joined = graph.node('Relu', [net.add(encoded, predicted)]);
  const lean = new Float32Array(classes);
  lean[TOKENS] = -1_000;
  lean[TOKENS + 2] = 1_000;
  const scores = net.add(net.linear(joined, JOINT_WIDTH, classes), graph.floats(lean));
  graph.node('Reshape', [scores, graph.integers(1, 1, 1, classes)], {}, ['outputs']);
  return graph.finish();
}
