/**
 * Writes ONNX models with random weights and the inputs and outputs of Moonshine and Silero, so that tests drive ONNX
 * Runtime and the adapters where the real models are not at hand. The field numbers are those of onnx.proto.
 */
import { writeFileSync } from 'node:fs';

const FLOAT = 1;
const INT64 = 7;
const BOOL = 9;

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) | 128);
  }
}
const int = (field: number, value: number): Buffer => Buffer.concat([varint(field * 8), varint(value)]);
const bytes = (field: number, ...parts: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([varint(field * 8 + 2), varint(body.length), body]);
};
const text = (field: number, value: string): Buffer => bytes(field, Buffer.from(value));

interface Port {
  readonly name: string;
  readonly type: number;
  /** A name stands for a size that is known when it runs. */
  readonly shape: readonly (number | string)[];
}

const port = (field: number, { name, type, shape }: Port): Buffer =>
  bytes(field, text(1, name), bytes(2, bytes(1, int(1, type), bytes(2, ...shape.map((size) => bytes(1, typeof size === 'number' ? int(1, size) : text(2, size)))))));

const node = (op: string, inputs: readonly string[], output: string): Buffer => bytes(1, ...inputs.map((name) => text(1, name)), text(2, output), text(4, op));

function random(name: string, shape: readonly number[], seed: number): Buffer {
  let state = seed;
  const values = Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0) / 2 ** 31);
  return bytes(5, ...shape.map((size) => int(1, size)), int(2, FLOAT), text(8, name), bytes(9, Buffer.from(values.buffer)));
}

const axes = (name: string, axis: number): Buffer => bytes(5, int(1, 1), int(2, INT64), text(8, name), bytes(9, Buffer.from(BigInt64Array.of(BigInt(axis)).buffer)));

function write(path: string, inputs: readonly Port[], outputs: readonly Port[], parts: readonly Buffer[]): void {
  const graph = bytes(7, ...parts, text(2, 'random'), ...inputs.map((one) => port(11, one)), ...outputs.map((one) => port(12, one)));
  // Opset 18: ReduceMean takes its axes as an input.
  writeFileSync(path, Buffer.concat([int(1, 8), graph, bytes(8, text(1, ''), int(2, 18))]));
}

const WIDTH = 8;
const VOCABULARY = 32_000;

/** Hidden states with a position for each sample. */
export function writeMoonshineEncoder(path: string): void {
  write(
    path,
    [{ name: 'input_values', type: FLOAT, shape: [1, 'samples'] }],
    [{ name: 'last_hidden_state', type: FLOAT, shape: [1, 'samples', WIDTH] }],
    [axes('last', 2), random('weights', [1, WIDTH], 1), node('Unsqueeze', ['input_values', 'last'], 'column'), node('MatMul', ['column', 'weights'], 'last_hidden_state')],
  );
}

/** The next token from the last one and the mean of the hidden states; the cache goes through unchanged. */
export function writeMoonshineDecoder(path: string): void {
  const cache = Array.from({ length: 6 }, (_, layer) => ['decoder.key', 'decoder.value', 'encoder.key', 'encoder.value'].map((part) => `${layer}.${part}`)).flat();
  const shape = ['batch', 8, 'past', 36];
  write(
    path,
    [
      { name: 'input_ids', type: INT64, shape: [1, 1] },
      { name: 'encoder_hidden_states', type: FLOAT, shape: [1, 'samples', WIDTH] },
      { name: 'use_cache_branch', type: BOOL, shape: [1] },
      ...cache.map((name) => ({ name: `past_key_values.${name}`, type: FLOAT, shape })),
    ],
    [{ name: 'logits', type: FLOAT, shape: [1, 1, VOCABULARY] }, ...cache.map((name) => ({ name: `present.${name}`, type: FLOAT, shape }))],
    [
      axes('time', 1),
      random('embeddings', [VOCABULARY, WIDTH], 2),
      random('head', [WIDTH, VOCABULARY], 3),
      node('Gather', ['embeddings', 'input_ids'], 'token'),
      node('ReduceMean', ['encoder_hidden_states', 'time'], 'sound'),
      node('Add', ['token', 'sound'], 'both'),
      node('Tanh', ['both'], 'hidden'),
      node('MatMul', ['hidden', 'head'], 'logits'),
      ...cache.map((name) => node('Identity', [`past_key_values.${name}`], `present.${name}`)),
    ],
  );
}

/** A probability from the samples, and a state that each window changes. */
export function writeSilero(path: string): void {
  write(
    path,
    [
      { name: 'input', type: FLOAT, shape: ['batch', 576] },
      { name: 'state', type: FLOAT, shape: [2, 'batch', 128] },
      { name: 'sr', type: INT64, shape: [] },
    ],
    [
      { name: 'output', type: FLOAT, shape: ['batch', 1] },
      { name: 'stateN', type: FLOAT, shape: [2, 'batch', 128] },
    ],
    [
      axes('layers', 0),
      random('weights', [576, 1], 4),
      random('memory', [128, 1], 5),
      random('step', [128], 6),
      node('ReduceSum', ['state', 'layers'], 'summed'),
      node('Squeeze', ['summed', 'layers'], 'remembered'),
      node('MatMul', ['remembered', 'memory'], 'past'),
      node('MatMul', ['input', 'weights'], 'present'),
      node('Add', ['past', 'present'], 'score'),
      node('Sigmoid', ['score'], 'output'),
      node('Add', ['state', 'step'], 'moved'),
      node('Tanh', ['moved'], 'stateN'),
    ],
  );
}
