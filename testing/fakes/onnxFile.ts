/**
 * Writes ONNX models with random weights and the names of the Moonshine and Silero models. Tests
 * can then drive ONNX Runtime and the adapters without the real models. The field numbers are those
 * of onnx.proto.
 */
import { writeFileSync } from 'node:fs';

const FLOAT = 1;
const UINT8 = 2;
const INT64 = 7;

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) | 128);
  }
}
const int = (field: number, value: number): Buffer =>
  Buffer.concat([varint(field * 8), varint(value)]);
const bytes = (field: number, ...parts: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([varint(field * 8 + 2), varint(body.length), body]);
};
const text = (field: number, value: string): Buffer => bytes(field, Buffer.from(value));

interface Port {
  readonly name: string;
  readonly type: number;
  /** A string is a symbolic dimension, whose size is known at run time. */
  readonly shape: readonly (number | string)[];
}

const port = (field: number, { name, type, shape }: Port): Buffer =>
  bytes(
    field,
    text(1, name),
    bytes(
      2,
      bytes(
        1,
        int(1, type),
        bytes(
          2,
          ...shape.map((size) => bytes(1, typeof size === 'number' ? int(1, size) : text(2, size))),
        ),
      ),
    ),
  );

const node = (op: string, inputs: readonly string[], output: string): Buffer =>
  bytes(1, ...inputs.map((name) => text(1, name)), text(2, output), text(4, op));

/** A tensor of random numbers between −most and most, in a separate field. */
function random(name: string, shape: readonly number[], seed: number, most = 1): Buffer {
  let state = seed;
  const values = Float32Array.from(
    { length: shape.reduce((product, size) => product * size, 1) },
    () => (most * (state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0)) / 2 ** 31,
  );
  return bytes(
    5,
    ...shape.map((size) => int(1, size)),
    int(2, FLOAT),
    text(8, name),
    bytes(9, Buffer.from(values.buffer)),
  );
}

/**
 * A weight inside a node. It is small enough that sums of many weights stay in the range where a
 * sigmoid varies.
 */
const constant = (name: string, shape: readonly number[], seed: number): Buffer =>
  bytes(
    1,
    text(2, name),
    text(4, 'Constant'),
    bytes(5, text(1, 'value'), random('', shape, seed, 0.1), int(20, 4)),
  );

const axes = (name: string, axis: number): Buffer =>
  bytes(
    5,
    int(1, 1),
    int(2, INT64),
    text(8, name),
    bytes(9, Buffer.from(BigInt64Array.of(BigInt(axis)).buffer)),
  );

function write(
  path: string,
  inputs: readonly Port[],
  outputs: readonly Port[],
  parts: readonly Buffer[],
): void {
  const graph = bytes(
    7,
    ...parts,
    text(2, 'random'),
    ...inputs.map((one) => port(11, one)),
    ...outputs.map((one) => port(12, one)),
  );
  // Opset 18: ReduceMean takes its axes as an input.
  writeFileSync(path, Buffer.concat([int(1, 8), graph, bytes(8, text(1, ''), int(2, 18))]));
}

const VOCABULARY = 32_000;
/** Sizes of Moonshine tiny; base has 8 layers of 8 heads of 52. */
const TINY = { layers: 6, heads: 8, headSize: 36 };

/** Hidden states with a position for each 25 ms. */
export function writeMoonshineEncoder(path: string, { heads, headSize } = TINY): void {
  const width = heads * headSize;
  write(
    path,
    [{ name: 'input_values', type: FLOAT, shape: [1, 'samples'] }],
    [{ name: 'last_hidden_state', type: FLOAT, shape: [1, 'positions', width] }],
    [
      axes('first', 0),
      axes('end', 1_000_000),
      axes('time', 1),
      axes('stride', 400),
      axes('last', 2),
      random('weights', [1, width], 1),
      node('Slice', ['input_values', 'first', 'end', 'time', 'stride'], 'few'),
      node('Unsqueeze', ['few', 'last'], 'column'),
      node('MatMul', ['column', 'weights'], 'last_hidden_state'),
    ],
  );
}

/**
 * 8-bit numbers around 128, with scale and zero point in the export's form: typed fields, not raw
 * data.
 */
function random8(name: string, shape: readonly number[], scale: number, seed: number): Buffer[] {
  let state = seed;
  const values = Buffer.alloc(shape.reduce((product, size) => product * size, 1));
  for (let i = 0; i < values.length; i++)
    values[i] = (state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0) >>> 24;
  const float = Buffer.alloc(4);
  float.writeFloatLE(scale);
  return [
    bytes(
      5,
      ...shape.map((size) => int(1, size)),
      int(2, UINT8),
      text(8, `${name}_quantized`),
      bytes(9, values),
    ),
    bytes(5, int(2, FLOAT), bytes(4, float), text(8, `${name}_scale`)),
    bytes(5, int(2, UINT8), bytes(5, varint(128)), text(8, `${name}_zero_point`)),
  ];
}

/**
 * Random weights under the names of the exported decoder, and the nodes that refer to them. Weights
 * can be extracted from this file, but it cannot run.
 */
export function writeMoonshineDecoder(path: string, { layers, heads, headSize } = TINY): void {
  const width = heads * headSize;
  let seed = 10;
  const parts = [
    ...random8('model.decoder.embed_tokens.weight_merged_0', [VOCABULARY, width], 0.002, seed++),
    random('/model/decoder/rotary_emb/Cast_1_output_0', [1, 16, 1], seed++),
    random('model.decoder.norm.weight_merged_0', [width], seed++),
  ];
  for (let layer = 0; layer < layers; layer++) {
    const at = `layers.${layer}`;
    const named = `model.decoder.${at}`;
    for (const norm of ['input_layernorm', 'post_attention_layernorm', 'final_layernorm'])
      parts.push(random(`${named}.${norm}.weight_merged_0`, [width], seed++));
    const project = (part: string, inputs: number, outputs: number): void => {
      const weight = `onnx::MatMul_${seed}_merged_0`;
      parts.push(...random8(weight, [inputs, outputs], 0.01 / Math.sqrt(inputs), seed++));
      parts.push(
        node(
          'MatMulInteger',
          ['in', `${weight}_quantized`, 'zero', `${weight}_zero_point`],
          `/model/decoder/${at}/${part}/MatMul_output_0_output_quantized`,
        ),
      );
      parts.push(
        node(
          'Mul',
          ['scale', `${weight}_scale`],
          `/model/decoder/${at}/${part}/MatMul_quant_scales_mul:0`,
        ),
      );
    };
    for (const attention of ['self_attn', 'encoder_attn'])
      for (const part of ['q_proj', 'k_proj', 'v_proj', 'dense'])
        project(`${attention}/${part}`, width, width);
    project('mlp/up_proj', width, 8 * width);
    project('mlp/down_proj', 4 * width, width);
    parts.push(
      random(`${named}.mlp.up_proj.bias_merged_0`, [8 * width], seed++),
      random(`${named}.mlp.down_proj.bias_merged_0`, [width], seed++),
    );
  }
  const cache = Array.from({ length: layers }, (_, layer) =>
    ['decoder.key', 'decoder.value', 'encoder.key', 'encoder.value'].map(
      (part) => `past_key_values.${layer}.${part}`,
    ),
  ).flat();
  write(
    path,
    cache.map((name) => ({ name, type: FLOAT, shape: ['batch', heads, 'past', headSize] })),
    [],
    parts,
  );
}

/**
 * Random weights under the names and constants of the exported 16 kHz graph. Weights can be
 * extracted from this file, but it cannot run.
 */
export function writeSilero(path: string): void {
  type Shaped = readonly [name: string, ...sizes: number[]];
  const layer = (number: number, outputs: number, inputs: number): readonly Shaped[] => [
    [`encoder.${number}.reparam_conv.weight`, outputs, inputs, 3],
    [`encoder.${number}.reparam_conv.bias`, outputs],
  ];
  const shapes: readonly Shaped[] = [
    ['stft.forward_basis_buffer', 258, 1, 256],
    ...layer(0, 128, 129),
    ...layer(1, 64, 128),
    ...layer(2, 64, 64),
    ...layer(3, 128, 64),
    ['decoder.rnn.weight_ih', 512, 128],
    ['decoder.rnn.weight_hh', 512, 128],
    ['decoder.rnn.bias_ih', 512],
    ['decoder.rnn.bias_hh', 512],
    ['decoder.decoder.2.weight', 1, 128, 1],
    ['decoder.decoder.2.bias', 1],
  ];
  write(
    path,
    [{ name: 'input', type: FLOAT, shape: ['batch', 576] }],
    [],
    shapes.map(([name, ...shape], i) =>
      constant(`If_0_then_branch__Inline_0__${name}`, shape, 4 + i),
    ),
  );
}
