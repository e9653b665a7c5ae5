/**
 * File names of public exports of NeMo models, with the part of the model in each file. Two layouts
 * are common: the layout of istupakov's and onnx-asr's repositories, and the layout of sherpa-onnx.
 * Pure.
 */

/** Parts of a model. `decoderJoint` contains `decoder` and `joiner` in a single graph. */
export type NemoRole =
  'encoder' | 'decoderJoint' | 'decoder' | 'joiner' | 'ctc' | 'vocabulary' | 'config';

/** Weights in 8 bits, or in the precision of training. */
export type Precision = 'int8' | 'float';

export interface NemoFiles {
  readonly precision: Precision;
  /** Path inside the folder, with `/`. */
  readonly roles: Readonly<Partial<Record<NemoRole, string>>>;
}

const GRAPHS: readonly (readonly [NemoRole, string])[][] = [
  [
    ['encoder', 'encoder-model'],
    ['decoderJoint', 'decoder_joint-model'],
  ],
  [
    ['encoder', 'encoder'],
    ['decoder', 'decoder'],
    ['joiner', 'joiner'],
  ],
  [['ctc', 'model']],
];
const VOCABULARIES = ['vocab.txt', 'tokens.txt'];
/**
 * Preferred latency in ms, for folders with an encoder for each latency. Longer latencies give the
 * same words later.
 */
const USUAL_LATENCY = 560;

/**
 * Models in a folder, the float model first.
 *
 * @param names paths inside the folder, with `/`
 */
export function nemoModelsIn(names: readonly string[]): readonly NemoFiles[] {
  const has = new Set(names);
  const vocabulary = VOCABULARIES.find((name) => has.has(name));
  if (vocabulary === undefined) return [];
  const config = has.has('config.json') ? { config: 'config.json' } : {};
  const found: NemoFiles[] = [];
  for (const precision of ['float', 'int8'] as const) {
    const ending = precision === 'int8' ? '.int8.onnx' : '.onnx';
    for (const layout of GRAPHS) {
      const roles = layout.map(([role, stem]): [NemoRole, string | undefined] => [
        role,
        role === 'encoder' ? encoderIn(names, `${stem}${ending}`) : `${stem}${ending}`,
      ]);
      if (roles.some(([, name]) => name === undefined || !has.has(name))) continue;
      found.push({ precision, roles: { ...Object.fromEntries(roles), vocabulary, ...config } });
      break;
    }
  }
  return found;
}

/** Returns the encoder in the folder itself, or in a subfolder named after a latency. */
function encoderIn(names: readonly string[], name: string): string | undefined {
  if (names.includes(name)) return name;
  const latencies = names
    .map((path) => path.split('/'))
    .filter(([folder = '', file, more]) => /^\d+$/.test(folder) && file === name && !more)
    .map(([folder]) => Number(folder))
    .sort((a, b) => Math.abs(a - USUAL_LATENCY) - Math.abs(b - USUAL_LATENCY));
  return latencies.length > 0 ? `${latencies[0]}/${name}` : undefined;
}
