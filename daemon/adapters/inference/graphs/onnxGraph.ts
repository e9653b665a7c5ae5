/**
 * Reads weights and nodes from ONNX files and writes ONNX files: the part of onnx.proto needed to
 * put a model's weights into our own graph. Field numbers and types are those of onnx.proto.
 */
import { Reader, Writer } from 'protobufjs/minimal';

export const ELEMENT = { float: 1, uint8: 2, int64: 7 } as const;

export interface OnnxTensor {
  /** A member of ELEMENT, or another type of the file. */
  readonly type: number;
  readonly shape: readonly number[];
  /** Elements in row-major order, little-endian. */
  readonly bytes: Uint8Array;
}

/** Of a tensor of type ELEMENT.float. */
export function floatsOf({ bytes }: OnnxTensor): Float32Array {
  // A copy has the alignment that floats need.
  return new Float32Array(Uint8Array.from(bytes).buffer);
}

export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/**
 * Contents of a file, with subgraphs flattened: weights and constants by name, nodes by the name of
 * each output.
 */
export interface OnnxParts {
  readonly weights: ReadonlyMap<string, OnnxTensor>;
  readonly makers: ReadonlyMap<string, OnnxNode>;
  /** Shapes of the model's inputs; a dynamic size is a string. */
  readonly inputs: ReadonlyMap<string, readonly (number | string)[]>;
}

/** @throws RangeError or Error if the bytes are no protocol buffer */
export function readParts(file: Uint8Array): OnnxParts {
  const weights = new Map<string, OnnxTensor>();
  const makers = new Map<string, OnnxNode>();
  const inputs = new Map<string, readonly (number | string)[]>();
  const graph = (bytes: Uint8Array): void => {
    for (const [field, value] of fieldsOf(bytes)) {
      if (field === 1) {
        const { node, inner, constant } = readNode(value);
        for (const name of node.outputs) makers.set(name, node);
        if (constant) weights.set(node.outputs[0] ?? '', constant);
        inner.forEach(graph);
      } else if (field === 5) {
        const { name, tensor } = readTensor(value);
        weights.set(name, tensor);
      } else if (field === 11) {
        const { name, shape } = readPort(value);
        inputs.set(name, shape);
      }
    }
  };
  for (const [field, value] of fieldsOf(file)) if (field === 7) graph(value);
  return { weights, makers, inputs };
}

/** Fields of a message that are bytes, strings or messages. */
function* fieldsOf(message: Uint8Array): Generator<[number, Uint8Array]> {
  const reader = Reader.create(message);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if ((tag & 7) === 2) yield [tag >>> 3, reader.bytes()];
    else reader.skipType(tag & 7);
  }
}

const textOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');

interface ReadNode {
  readonly node: OnnxNode;
  readonly inner: readonly Uint8Array[];
  /** Value of a node `Constant`. */
  readonly constant: OnnxTensor | undefined;
}

function readNode(bytes: Uint8Array): ReadNode {
  const [inputs, outputs, inner]: [string[], string[], Uint8Array[]] = [[], [], []];
  let op = '';
  let constant: OnnxTensor | undefined;
  for (const [field, value] of fieldsOf(bytes)) {
    if (field === 1) inputs.push(textOf(value));
    else if (field === 2) outputs.push(textOf(value));
    else if (field === 4) op = textOf(value);
    else if (field === 5) {
      for (const [part, content] of fieldsOf(value)) {
        if (part === 5) constant = readTensor(content).tensor;
        else if (part === 6) inner.push(content);
      }
    }
  }
  return { node: { op, inputs, outputs }, inner, constant };
}

function readPort(bytes: Uint8Array): {
  readonly name: string;
  readonly shape: readonly (number | string)[];
} {
  let name = '';
  const shape: (number | string)[] = [];
  for (const [field, value] of fieldsOf(bytes)) {
    if (field === 1) name = textOf(value);
    if (field !== 2) continue;
    for (const [, tensor] of fieldsOf(value))
      for (const [, sizes] of fieldsOf(tensor))
        for (const [, size] of fieldsOf(sizes)) shape.push(readSize(size));
  }
  return { name, shape };
}

function readSize(bytes: Uint8Array): number | string {
  const reader = Reader.create(bytes);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === 8) return reader.uint32();
    if (tag === 18) return reader.string();
    reader.skipType(tag & 7);
  }
  return '';
}

function readTensor(bytes: Uint8Array): { readonly name: string; readonly tensor: OnnxTensor } {
  const reader = Reader.create(bytes);
  const shape: number[] = [];
  let [name, type, raw] = ['', 0, new Uint8Array(0)];
  /** Elements that are not stored raw: one or few, such as scales and zero points. */
  const loose: number[] = [];
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    const packed = (tag & 7) === 2;
    const each = (read: () => number, into: number[]): void => {
      const end = packed ? reader.uint32() + reader.pos : 0;
      do into.push(read());
      while (reader.pos < end);
    };
    if (tag >>> 3 === 1) each(() => reader.uint32(), shape);
    else if (tag === 16) type = reader.uint32();
    else if (tag >>> 3 === 4) each(() => reader.float(), loose);
    else if (tag >>> 3 === 5) each(() => reader.int32(), loose);
    else if (tag === 66) name = reader.string();
    else if (tag === 74) raw = reader.bytes() as Uint8Array<ArrayBuffer>;
    else reader.skipType(tag & 7);
  }
  if (raw.length === 0 && loose.length > 0)
    raw =
      type === ELEMENT.float
        ? new Uint8Array(Float32Array.from(loose).buffer)
        : Uint8Array.from(loose);
  return { name, tensor: { type, shape, bytes: raw } };
}

/** An integral number is written as an integer; a float attribute is given as a string, `1e-5`. */
export type Attribute = number | string | readonly number[];

/** Collects the nodes and weights of a new graph and writes them as a file. */
export class GraphWriter {
  private readonly graph = Writer.create();
  private names = 0;

  /**
   * Adds a node and returns the name of its output. `outputs` gives names, if they are fixed or
   * several.
   */
  node(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    outputs: readonly string[] = [this.name(op)],
  ): string {
    const writer = this.graph.uint32(10).fork();
    for (const input of inputs) writer.uint32(10).string(input);
    for (const output of outputs) writer.uint32(18).string(output);
    writer.uint32(34).string(op);
    for (const [name, value] of Object.entries(attributes)) {
      writer.uint32(42).fork().uint32(10).string(name);
      if (typeof value === 'number') writer.uint32(24).int32(value).uint32(160).int32(2);
      else if (typeof value === 'string')
        writer.uint32(21).float(Number(value)).uint32(160).int32(1);
      else for (const one of [...value]) writer.uint32(64).int32(one);
      if (typeof value === 'object') writer.uint32(160).int32(7);
      writer.ldelim();
    }
    if (OWN_OPS.has(op)) writer.uint32(58).string(OWN_DOMAIN);
    writer.ldelim();
    return outputs[0] ?? '';
  }

  /** Adds a weight and returns its name. */
  weight({ type, shape, bytes }: OnnxTensor): string {
    const name = this.name('w');
    const writer = this.graph.uint32(42).fork();
    for (const size of shape) writer.uint32(8).uint32(size);
    writer.uint32(16).int32(type).uint32(66).string(name).uint32(74).bytes(bytes).ldelim();
    return name;
  }

  floats(values: Float32Array, shape: readonly number[] = [values.length]): string {
    return this.weight({
      type: ELEMENT.float,
      shape,
      bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
    });
  }

  /** A small tensor of integers, such as a shape. */
  integers(...values: readonly number[]): string {
    return this.weight({
      type: ELEMENT.int64,
      shape: [values.length],
      bytes: new Uint8Array(BigInt64Array.from(values, BigInt).buffer),
    });
  }

  /** Declares an input or output; a dynamic size is a string. */
  port(
    direction: 'input' | 'output',
    name: string,
    type: number,
    shape: readonly (number | string)[],
  ): string {
    const writer = this.graph
      .uint32(direction === 'input' ? 90 : 98)
      .fork()
      .uint32(10)
      .string(name)
      .uint32(18)
      .fork()
      .uint32(10)
      .fork()
      .uint32(8)
      .int32(type)
      .uint32(18)
      .fork();
    for (const size of shape) {
      const dimension = writer.uint32(10).fork();
      if (typeof size === 'number') dimension.uint32(8).int32(size);
      else dimension.uint32(18).string(size);
      dimension.ldelim();
    }
    writer.ldelim().ldelim().ldelim().ldelim();
    return name;
  }

  /** Returns an unused name. */
  name(of: string): string {
    return `${of}_${this.names++}`;
  }

  finish(): Uint8Array {
    const graph = this.graph.uint32(18).string('earmark').finish();
    const file = Writer.create().uint32(8).int32(IR_VERSION);
    for (const [domain, version] of [
      ['', OPSET],
      [OWN_DOMAIN, 1],
    ] as const)
      file.uint32(66).fork().uint32(10).string(domain).uint32(16).int32(version).ldelim();
    return file.uint32(58).bytes(graph).finish();
  }
}

const IR_VERSION = 8;
const OPSET = 17;
/** Domain of ONNX Runtime's own operators. */
const OWN_DOMAIN = 'com.microsoft';
const OWN_OPS: ReadonlySet<string> = new Set([
  'MatMulNBits',
  'SkipLayerNormalization',
  'RotaryEmbedding',
  'QuickGelu',
  'FusedMatMul',
  'DynamicQuantizeLSTM',
]);
