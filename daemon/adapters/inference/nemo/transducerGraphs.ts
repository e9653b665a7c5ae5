/** The decoder and joint network of a NeMo transducer in ONNX Runtime, in either file layout. */
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { EarmarkError } from '../../../../protocol/errors';
import type { Ort } from '../graphs/onnx';
import type { TransducerNetwork } from './transducerSearch';

/** Memory of the prediction network: hidden and cell state, [layers, 1, size] each. */
type Memory = readonly [Tensor, Tensor];

interface State {
  /** The token that came last. */
  readonly token: number;
  readonly memory: Memory;
  /** What the graphs made of both; a token leads there, a blank does not. */
  made?: { readonly output?: Tensor; readonly memory: Memory };
}

/** `decoder_joint-model.onnx`: both networks in one graph. */
export function jointNetwork(
  ort: Ort,
  session: InferenceSession,
  blank: number,
): TransducerNetwork<State> {
  const zero = zeroMemory(ort, session, ['input_states_1', 'input_states_2']);
  const one = new ort.Tensor('int32', Int32Array.of(1), [1]);
  const run = async (frame: Float32Array, state: State): Promise<Float32Array> => {
    const results = await session.run({
      encoder_outputs: new ort.Tensor('float32', frame, [1, frame.length, 1]),
      targets: new ort.Tensor('int32', Int32Array.of(state.token), [1, 1]),
      target_length: one,
      input_states_1: state.memory[0],
      input_states_2: state.memory[1],
    });
    state.made ??= {
      memory: [tensor(results['output_states_1']), tensor(results['output_states_2'])],
    };
    return floats(results['outputs']);
  };
  return {
    blank,
    durations: durationsOf(session, 'outputs', blank),
    start: () => Promise.resolve({ token: blank, memory: zero }),
    after: (state, token) => {
      if (!state.made) throw new Error('the joint network was not asked with this state');
      return Promise.resolve({ token, memory: state.made.memory });
    },
    joint: run,
  };
}

/** `decoder.onnx` and `joiner.onnx`. Names of the memory vary, so inputs go by their order. */
export function splitNetwork(
  ort: Ort,
  decoder: InferenceSession,
  joiner: InferenceSession,
  blank: number,
): TransducerNetwork<State> {
  const [targets = '', lengths = '', hidden = '', cell = ''] = decoder.inputNames;
  const [encoded = '', predicted = ''] = joiner.inputNames;
  const [output = '', , hiddenOut = '', cellOut = ''] = decoder.outputNames;
  const scores = joiner.outputNames[0] ?? '';
  const zero = zeroMemory(ort, decoder, [hidden, cell]);
  const one = new ort.Tensor('int32', Int32Array.of(1), [1]);
  const predict = async (state: State): Promise<State> => {
    const results = await decoder.run({
      [targets]: new ort.Tensor('int32', Int32Array.of(state.token), [1, 1]),
      [lengths]: one,
      [hidden]: state.memory[0],
      [cell]: state.memory[1],
    });
    const memory: Memory = [tensor(results[hiddenOut]), tensor(results[cellOut])];
    return { ...state, made: { output: tensor(results[output]), memory } };
  };
  return {
    blank,
    durations: durationsOf(joiner, scores, blank),
    start: () => predict({ token: blank, memory: zero }),
    after: (state, token) => predict({ token, memory: state.made?.memory ?? state.memory }),
    joint: async (frame, { made }) => {
      const results = await joiner.run({
        [encoded]: new ort.Tensor('float32', frame, [1, frame.length, 1]),
        [predicted]: tensor(made?.output),
      });
      return floats(results[scores]);
    },
  };
}

/** Scores past the tokens and the blank are those of durations: 0, 1, 2, … frames. */
function durationsOf(session: InferenceSession, output: string, blank: number): readonly number[] {
  const classes = shapeOf(session.outputMetadata, output)?.at(-1);
  const count = typeof classes === 'number' ? classes - (blank + 1) : -1;
  if (count < 0 || count > 64) throw wrongVocabulary();
  return Array.from({ length: count }, (_, i) => i);
}

function zeroMemory(ort: Ort, session: InferenceSession, names: readonly string[]): Memory {
  const [hidden, cell] = names.map((name) => {
    const shape = shapeOf(session.inputMetadata, name);
    const [layers, , size] = shape ?? [];
    if (typeof layers !== 'number' || typeof size !== 'number') throw anotherGraph();
    return new ort.Tensor('float32', new Float32Array(layers * size), [layers, 1, size]);
  });
  if (!hidden || !cell) throw anotherGraph();
  return [hidden, cell];
}

/** Declared sizes of an input or output; a text where the size is known only when it runs. */
export function shapeOf(
  metadata: readonly InferenceSession.ValueMetadata[],
  name: string,
): readonly (number | string)[] | undefined {
  const found = metadata.find((value) => value.name === name);
  return found?.isTensor ? found.shape : undefined;
}

export function tensor(value: Tensor | undefined): Tensor {
  if (!value) throw anotherGraph();
  return value;
}

export function floats(value: Tensor | undefined): Float32Array {
  return tensor(value).data as Float32Array;
}

export function anotherGraph(): EarmarkError {
  return new EarmarkError(
    'model.incompatible',
    'The graphs of this model are not those of a NeMo recogniser; choose another model, or export it again.',
  );
}

function wrongVocabulary(): EarmarkError {
  return new EarmarkError(
    'model.incompatible',
    'The vocabulary of this model does not fit its graphs. Add the folder again with the files of one export.',
  );
}
