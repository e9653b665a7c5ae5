/**
 * The speaker encoder as a graph of our own, made of the weights of the exported one: the second
 * and third layer of its LSTM multiply with 8-bit matrices. A step of a layer reads its whole
 * matrix, so what counts is how large that is.
 */
import { MissingTensorError, graphMaker } from './graphMaker';
import { ELEMENT, GraphWriter, type OnnxTensor, floatsOf, readParts } from './onnxGraph';

/** Samples of a mel frame and from one to the next, as the model was trained (25 and 10 ms). */
const FRAME = 400;
const HOP = 160;
/**
 * Before the third layer's last state becomes the embedding, so that silence is divided by
 * something.
 */
const EPSILON = 1e-6;
/** An 8-bit weight is this much above its value, which lies in −127…127. */
const ZERO = 128;

/**
 * The layers by the number of their first weight in the exported file. The first is kept in floats:
 * it hears powers of very different size, of which 8 bits keep the loudest alone (cosine to the
 * exact embedding 0.81 instead of 0.9997).
 */
const LAYERS = [
  { first: 343, exact: true },
  { first: 363, exact: false },
  { first: 383, exact: false },
] as const;

/**
 * Each output in a scale of its own.
 * @param tensor [1, outputs, inputs] of floats
 * @returns names of weights [1, inputs, outputs], scales and zero points
 */
function eightBits(graph: GraphWriter, tensor: OnnxTensor): readonly [string, string, string] {
  const [, outputs = 0, inputs = 0] = tensor.shape;
  const values = floatsOf(tensor);
  const [bytes, scales] = [new Uint8Array(inputs * outputs), new Float32Array(outputs)];
  for (let output = 0; output < outputs; output++) {
    const row = values.subarray(output * inputs, (output + 1) * inputs);
    const scale = row.reduce((most, x) => Math.max(most, Math.abs(x)), 1e-9) / (ZERO - 1);
    scales[output] = scale;
    row.forEach((x, input) => (bytes[input * outputs + output] = ZERO + Math.round(x / scale)));
  }
  return [
    graph.weight({ type: ELEMENT.uint8, shape: [1, inputs, outputs], bytes }),
    graph.floats(scales, [1, outputs]),
    graph.weight({
      type: ELEMENT.uint8,
      shape: [1, outputs],
      bytes: new Uint8Array(outputs).fill(ZERO),
    }),
  ];
}

/**
 * Input waveform [batch, samples], output embedding [batch, 256], as the exported graph has them.
 */
function speakerGraph(file: Uint8Array): Uint8Array {
  const { weights } = readParts(file);
  const tensor = (name: string): OnnxTensor => {
    const found = weights.get(name);
    if (!found || found.type !== ELEMENT.float) throw new MissingTensorError(name);
    return found;
  };
  const graph = new GraphWriter();
  const copied = (name: string): string => graph.weight(tensor(name));

  const padded = graph.node('Pad', [
    graph.node('Unsqueeze', [
      graph.port('input', 'waveform', ELEMENT.float, ['batch', 'samples']),
      graph.integers(1),
    ]),
    graph.integers(0, 0, FRAME / 2, 0, 0, FRAME / 2),
  ]);
  const bins = tensor('mel').shape[0] ?? 0;
  const spectrum = graph.node('Conv', [padded, copied('dft')], {
    kernel_shape: [FRAME],
    strides: [HOP],
  });
  const squares = (from: number): string => {
    const part = graph.node('Slice', [
      spectrum,
      graph.integers(from),
      graph.integers(from + bins),
      graph.integers(1),
    ]);
    return graph.node('Mul', [part, part]);
  };
  const power = graph.node('Transpose', [graph.node('Add', [squares(0), squares(bins)])], {
    perm: [0, 2, 1],
  });
  let state = graph.node('Transpose', [graph.node('MatMul', [power, copied('mel')])], {
    perm: [1, 0, 2],
  });
  for (const [layer, { first, exact }] of LAYERS.entries()) {
    const [input, recurrence, bias] = [0, 1, 2].map((i) => `onnx::LSTM_${first + i}`) as [
      string,
      string,
      string,
    ];
    const size = tensor(recurrence).shape[2] ?? 0;
    const [steps, last] = [graph.name('steps'), graph.name('last')];
    if (exact)
      graph.node(
        'LSTM',
        [state, copied(input), copied(recurrence), copied(bias)],
        { hidden_size: size },
        [steps, last],
      );
    else {
      const [w, wScale, wZero] = eightBits(graph, tensor(input));
      const [r, rScale, rZero] = eightBits(graph, tensor(recurrence));
      graph.node(
        'DynamicQuantizeLSTM',
        [state, w, r, copied(bias), '', '', '', '', wScale, wZero, rScale, rZero],
        { hidden_size: size },
        [steps, last],
      );
    }
    state =
      layer + 1 < LAYERS.length
        ? graph.node('Squeeze', [steps, graph.integers(1)])
        : graph.node('Squeeze', [last, graph.integers(0)]);
  }
  const projected = graph.node('Relu', [
    graph.node('Gemm', [state, copied('linear.weight'), copied('linear.bias')], { transB: 1 }),
  ]);
  const length = graph.node('Add', [
    graph.node('ReduceL2', [projected], { axes: [1], keepdims: 1 }),
    graph.floats(Float32Array.of(EPSILON), []),
  ]);
  graph.node('Div', [projected, length], {}, [
    graph.port('output', 'embedding', ELEMENT.float, [
      'batch',
      tensor('linear.bias').shape[0] ?? 0,
    ]),
  ]);
  return graph.finish();
}

export const speakerMaker = graphMaker('1', speakerGraph);
