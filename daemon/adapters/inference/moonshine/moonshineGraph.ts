/**
 * Moonshine's decoder as our own graph, made from the weights of the exported graph. The exported
 * graph converts its vocabulary to floats, transposes and scales the encoder's keys at every token,
 * and has a thousand nodes in each step.
 */
import { MissingTensorError, graphMaker } from '../graphs/graphMaker';
import type { GraphMaker } from '../graphs/onnx';
import {
  ELEMENT,
  GraphWriter,
  type OnnxParts,
  type OnnxTensor,
  floatsOf,
  readParts,
} from '../graphs/onnxGraph';

interface DecoderSize {
  readonly layers: number;
  readonly heads: number;
  readonly headSize: number;
}

/**
 * An 8-bit matrix: value = (byte − zero) × scale. `bytes` holds the outputs in sequence, one byte
 * for each input.
 */
interface Matrix {
  readonly inputs: number;
  readonly outputs: number;
  readonly bytes: Uint8Array;
  readonly scale: number;
  readonly zero: number;
}

/** Revision of both graphs. */
const REVISION = '2';
const EPSILON = '1e-5';
/**
 * Positions of the rotary embedding: 30 s at 6 tokens a second after as many given tokens, with
 * reserve.
 */
const MAX_TOKENS = 512;

class Weights {
  constructor(private readonly parts: OnnxParts) {}

  tensor(name: string): OnnxTensor {
    const found = this.parts.weights.get(name);
    if (!found) throw new MissingTensorError(name);
    return found;
  }

  floats(name: string): Float32Array {
    const tensor = this.tensor(name);
    if (tensor.type !== ELEMENT.float) throw new MissingTensorError(name);
    return floatsOf(tensor);
  }

  /** Size from the cache inputs. */
  size(): DecoderSize {
    const sizes = [...this.parts.inputs]
      .filter(([name]) => /^past_key_values\.\d+\.decoder\.key$/.test(name))
      .map(([, shape]) => shape);
    const [, heads, , headSize] = sizes[0] ?? [];
    if (typeof heads !== 'number' || typeof headSize !== 'number')
      throw new MissingTensorError('past_key_values');
    return { layers: sizes.length, heads, headSize };
  }

  /** Weight matrix of a projection in the exported graph. */
  projection(path: string): Matrix {
    const multiply = this.maker(`${path}/MatMul_output_0_output_quantized`);
    const scaled = this.maker(`${path}/MatMul_quant_scales_mul:0`);
    const {
      shape: [inputs = 0, outputs = 0],
      bytes,
    } = this.tensor(multiply[1] ?? '');
    const turned = new Uint8Array(bytes.length);
    for (let input = 0; input < inputs; input++)
      for (let output = 0; output < outputs; output++)
        turned[output * inputs + input] = bytes[input * outputs + output] as number;
    return { inputs, outputs, bytes: turned, ...this.range(scaled[1] ?? '', multiply[3] ?? '') };
  }

  /** The embeddings, one row for each token; also the last projection. */
  vocabulary(): Matrix {
    const name = 'model.decoder.embed_tokens.weight_merged_0';
    const {
      shape: [outputs = 0, inputs = 0],
      bytes,
    } = this.tensor(`${name}_quantized`);
    return { inputs, outputs, bytes, ...this.range(`${name}_scale`, `${name}_zero_point`) };
  }

  embeddings(): OnnxTensor {
    return this.tensor('model.decoder.embed_tokens.weight_merged_0_quantized');
  }

  private range(scale: string, zero: string): { readonly scale: number; readonly zero: number } {
    return { scale: this.floats(scale)[0] ?? 0, zero: this.tensor(zero).bytes[0] ?? 0 };
  }

  private maker(output: string): readonly string[] {
    const found = this.parts.makers.get(output);
    if (!found) throw new MissingTensorError(output);
    return found.inputs;
  }
}

/** Inputs that share a scale: a divisor of the width of both sizes. */
const BLOCK = 32;

/**
 * Multiplies with 8-bit matrices and concatenates their outputs. Inputs are quantised in blocks.
 * One scale for a whole step (DynamicQuantizeMatMul) would make a text depend on its neighbours in
 * the batch (docs/decisions/0008-block-scaled-decoder.md).
 */
function multiply(
  graph: GraphWriter,
  input: string,
  matrices: readonly Matrix[],
  bias: readonly string[] = [],
): string {
  const inputs = matrices[0]?.inputs ?? 0;
  const outputs = matrices.reduce((sum, one) => sum + one.outputs, 0);
  if (inputs % BLOCK !== 0) throw new MissingTensorError(`${inputs} inputs`);
  const blocks = inputs / BLOCK;
  const [bytes, scales, zeros] = [
    new Uint8Array(inputs * outputs),
    new Float32Array(outputs * blocks),
    new Uint8Array(outputs * blocks),
  ];
  let at = 0;
  for (const one of matrices) {
    bytes.set(one.bytes, at * inputs);
    scales.fill(one.scale, at * blocks, (at + one.outputs) * blocks);
    zeros.fill(one.zero, at * blocks, (at + one.outputs) * blocks);
    at += one.outputs;
  }
  const weights = [
    graph.weight({ type: ELEMENT.uint8, shape: [outputs, blocks, BLOCK], bytes }),
    graph.floats(scales, [outputs, blocks]),
    graph.weight({ type: ELEMENT.uint8, shape: [outputs, blocks], bytes: zeros }),
  ];
  return graph.node('MatMulNBits', [input, ...weights, ...(bias.length > 0 ? ['', ...bias] : [])], {
    K: inputs,
    N: outputs,
    bits: 8,
    block_size: BLOCK,
    accuracy_level: 4,
  });
}

/**
 * The encoder's half of the cache: computes keys, transposed for the product, and values of each
 * layer from hidden states.
 */
function crossGraph(weights: Weights, { layers, heads, headSize }: DecoderSize): Uint8Array {
  const graph = new GraphWriter();
  const width = heads * headSize;
  const hidden = graph.port('input', 'encoder_hidden_states', ELEMENT.float, [
    1,
    'positions',
    width,
  ]);
  for (let layer = 0; layer < layers; layer++) {
    for (const [name, part, perm] of [
      ['key', 'k_proj', [0, 2, 3, 1]],
      ['value', 'v_proj', [0, 2, 1, 3]],
    ] as const) {
      const made = multiply(graph, hidden, [
        weights.projection(`/model/decoder/layers.${layer}/encoder_attn/${part}`),
      ]);
      graph.node(
        'Transpose',
        [graph.node('Reshape', [made, graph.integers(0, 0, heads, headSize)])],
        { perm },
        [
          graph.port(
            'output',
            `cross.${layer}.${name}`,
            ELEMENT.float,
            perm[3] === 1 ? [1, heads, headSize, 'positions'] : [1, heads, 'positions', headSize],
          ),
        ],
      );
    }
  }
  return graph.finish();
}

/**
 * A step of the decoder: log probabilities from tokens with a past. Inputs: input_ids [batch,
 * tokens], start [1] (position of the first token), mask [1, 1, 1 or tokens, 1 or past + tokens],
 * from [1] (first token whose logits are needed), past.N.key/value [batch, heads, past, headSize],
 * cross.N.key [1, heads, headSize, positions], cross.N.value [1, heads, positions, headSize].
 */
function stepGraph(weights: Weights, { layers, heads, headSize }: DecoderSize): Uint8Array {
  const graph = new GraphWriter();
  const width = heads * headSize;
  const ids = graph.port('input', 'input_ids', ELEMENT.int64, ['batch', 'tokens']);
  const start = graph.port('input', 'start', ELEMENT.int64, [1]);
  const mask = graph.port('input', 'mask', ELEMENT.float, [1, 1, 'masked', 'seen']);
  const from = graph.port('input', 'from', ELEMENT.int64, [1]);
  const vocabulary = weights.vocabulary();
  const { cos, sin, rotated } = rotation(weights);
  const [cosine, sine] = [
    graph.floats(cos, [MAX_TOKENS, rotated / 2]),
    graph.floats(sin, [MAX_TOKENS, rotated / 2]),
  ];
  const apart = graph.integers(0, 0, heads, headSize);
  const together = graph.integers(0, 0, width);
  const turnedAndNot = graph.integers(2 * width, width);
  const byHead = (value: string): string =>
    graph.node('Transpose', [graph.node('Reshape', [value, apart])], { perm: [0, 2, 1, 3] });
  const joined = (value: string): string =>
    graph.node('Reshape', [graph.node('Transpose', [value], { perm: [0, 2, 1, 3] }), together]);
  /** Splits the last dimension in two, by the sizes or in the middle. */
  const halves = (value: string, sizes?: string): readonly [string, string] => {
    const outputs = [graph.name('left'), graph.name('right')] as const;
    graph.node('Split', sizes === undefined ? [value] : [value, sizes], { axis: 2 }, outputs);
    return outputs;
  };
  const rotate = (value: string): string =>
    graph.node('RotaryEmbedding', [value, start, cosine, sine], {
      interleaved: 1,
      num_heads: 2 * heads,
      rotary_embedding_dim: rotated,
    });

  const table = graph.weight(weights.embeddings());
  let state = graph.node('DequantizeLinear', [
    graph.node('Gather', [table, ids]),
    graph.floats(Float32Array.of(vocabulary.scale), []),
    graph.weight({ type: ELEMENT.uint8, shape: [], bytes: Uint8Array.of(vocabulary.zero) }),
  ]);
  let added = '';
  /** Adds the output of the last part, then normalises. */
  const norm = (name: string): string => {
    const gain = graph.floats(weights.floats(name));
    if (added === '')
      return graph.node('LayerNormalization', [state, gain], { axis: -1, epsilon: EPSILON });
    const [normed, sum] = [graph.name('normed'), graph.name('sum')];
    graph.node('SkipLayerNormalization', [state, added, gain], { epsilon: EPSILON }, [
      normed,
      '',
      '',
      sum,
    ]);
    state = sum;
    return normed;
  };
  for (let layer = 0; layer < layers; layer++) {
    const at = `/model/decoder/layers.${layer}`;
    const named = `model.decoder.layers.${layer}`;
    const project = (input: string, part: string, bias?: readonly string[]): string =>
      multiply(graph, input, [weights.projection(`${at}/${part}`)], bias);
    const cached = (name: 'key' | 'value', made: string): string =>
      graph.node(
        'Concat',
        [
          graph.port('input', `past.${layer}.${name}`, ELEMENT.float, [
            'batch',
            heads,
            'past',
            headSize,
          ]),
          byHead(made),
        ],
        { axis: 2 },
        [
          graph.port('output', `present.${layer}.${name}`, ELEMENT.float, [
            'batch',
            heads,
            'seen',
            headSize,
          ]),
        ],
      );
    /**
     * The product of query and key is divided by the root of their length; the query's weights
     * include this factor.
     */
    const root = 1 / Math.sqrt(headSize);

    const input = norm(`${named}.input_layernorm.weight_merged_0`);
    const all = multiply(graph, input, [
      scaled(weights.projection(`${at}/self_attn/q_proj`), root),
      weights.projection(`${at}/self_attn/k_proj`),
      weights.projection(`${at}/self_attn/v_proj`),
    ]);
    const [queryKey, value] = halves(all, turnedAndNot);
    const [query, key] = halves(rotate(queryKey));
    const weighed = graph.node(
      'Softmax',
      [
        graph.node('Add', [
          graph.node('FusedMatMul', [byHead(query), cached('key', key)], { transB: 1 }),
          mask,
        ]),
      ],
      { axis: -1 },
    );
    added = project(
      joined(graph.node('MatMul', [weighed, cached('value', value)])),
      'self_attn/dense',
    );

    const asked = byHead(
      multiply(graph, norm(`${named}.post_attention_layernorm.weight_merged_0`), [
        scaled(weights.projection(`${at}/encoder_attn/q_proj`), root),
      ]),
    );
    const combined = graph.node(
      'Softmax',
      [
        graph.node('MatMul', [
          asked,
          graph.port('input', `cross.${layer}.key`, ELEMENT.float, [
            1,
            heads,
            headSize,
            'positions',
          ]),
        ]),
      ],
      { axis: -1 },
    );
    added = project(
      joined(
        graph.node('MatMul', [
          combined,
          graph.port('input', `cross.${layer}.value`, ELEMENT.float, [
            1,
            heads,
            'positions',
            headSize,
          ]),
        ]),
      ),
      'encoder_attn/dense',
    );

    const up = project(norm(`${named}.final_layernorm.weight_merged_0`), 'mlp/up_proj', [
      graph.floats(weights.floats(`${named}.mlp.up_proj.bias_merged_0`)),
    ]);
    const [plain, gate] = halves(up);
    added = project(
      graph.node('Mul', [graph.node('QuickGelu', [gate], { alpha: '1' }), plain]),
      'mlp/down_proj',
      [graph.floats(weights.floats(`${named}.mlp.down_proj.bias_merged_0`))],
    );
  }
  const last = graph.node('Slice', [
    norm('model.decoder.norm.weight_merged_0'),
    from,
    graph.integers(2 ** 31 - 1),
    graph.integers(1),
  ]);
  graph.node('LogSoftmax', [multiply(graph, last, [vocabulary])], { axis: -1 }, [
    graph.port('output', 'logits', ELEMENT.float, ['batch', 'wanted', vocabulary.outputs]),
  ]);
  return graph.finish();
}

function scaled(matrix: Matrix, by: number): Matrix {
  return { ...matrix, scale: matrix.scale * by };
}

/** Cosines and sines of the rotary position embedding (Su et al. 2021), a row for each position. */
function rotation(weights: Weights): {
  readonly cos: Float32Array;
  readonly sin: Float32Array;
  readonly rotated: number;
} {
  const frequencies = weights.floats('/model/decoder/rotary_emb/Cast_1_output_0');
  const angles = Float32Array.from(
    { length: MAX_TOKENS * frequencies.length },
    (_, i) => Math.floor(i / frequencies.length) * (frequencies[i % frequencies.length] as number),
  );
  return { cos: angles.map(Math.cos), sin: angles.map(Math.sin), rotated: 2 * frequencies.length };
}

function makerOf(graph: (weights: Weights, size: DecoderSize) => Uint8Array): GraphMaker {
  return graphMaker(REVISION, (file) => {
    const weights = new Weights(readParts(file));
    return graph(weights, weights.size());
  });
}

export const crossMaker = makerOf(crossGraph);
export const stepMaker = makerOf(stepGraph);
