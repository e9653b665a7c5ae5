/**
 * File names of the public exports of NeMo models, and which part of the model each is. Two layouts
 * are common: the one of istupakov's and onnx-asr's repositories, and the one of sherpa-onnx.
 * Pure.
 */

/** Parts of a model. `decoderJoint` is `decoder` and `joiner` in one graph. */
export type NemoRole =
  'encoder' | 'decoderJoint' | 'decoder' | 'joiner' | 'ctc' | 'vocabulary' | 'config';

/** Weights in 8 bits, or as they were trained. */
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
 * Latency, in ms, whose encoder is taken from a folder with one encoder a latency. Longer ones give
 * the same words later.
 */
const USUAL_LATENCY = 560;

/**
 * Models that a folder holds, the float one first.
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

/** In the folder itself, else in the one of the folders named after a latency. */
function encoderIn(names: readonly string[], name: string): string | undefined {
  if (names.includes(name)) return name;
  const latencies = names
    .map((path) => path.split('/'))
    .filter(([folder = '', file, more]) => /^\d+$/.test(folder) && file === name && !more)
    .map(([folder]) => Number(folder))
    .sort((a, b) => Math.abs(a - USUAL_LATENCY) - Math.abs(b - USUAL_LATENCY));
  return latencies.length > 0 ? `${latencies[0]}/${name}` : undefined;
}
