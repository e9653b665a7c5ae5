/**
 * A NeMo FastConformer model in ONNX Runtime: its files opened, everything that differs between
 * models read from them.
 */
import { readFile } from 'node:fs/promises';
import type { InferenceSession } from 'onnxruntime-node';
import { EarmarkError } from '../../../../protocol/errors';
import type { LoadedModelFiles } from '../../../models/modelFiles';
import { type Ort, loadOrt, openModel } from '../graphs/onnx';
import { ctcTokens } from './ctcSearch';
import { requireRight8Bit } from './int8SelfTest';
import { type Features, HOP, featuresOf } from './logMel';
import { readMetadata } from './onnxMetadata';
import { type CacheSizes, cacheSizes } from './streamingSizes';
import {
  anotherGraph,
  floats,
  jointNetwork,
  shapeOf,
  splitNetwork,
  tensor,
} from './transducerGraphs';
import {
  type EncoderFrames,
  type SearchOptions,
  type TransducerNetwork,
  TransducerSearch,
} from './transducerSearch';
import { Vocabulary } from './vocabulary';
import type { TimedToken } from './words';

export interface NemoModel {
  readonly vocabulary: Vocabulary;
  readonly bands: number;
  readonly normalized: boolean;
  /** Length of an encoder frame. */
  readonly frameMs: number;
  readonly part:
    | { readonly kind: 'ctc'; readonly session: InferenceSession; readonly ort: Ort }
    | {
        readonly kind: 'transducer';
        readonly encoder: InferenceSession;
        readonly ort: Ort;
        readonly network: TransducerNetwork;
      }
    | {
        readonly kind: 'streaming';
        readonly encoder: InferenceSession;
        readonly ort: Ort;
        readonly network: TransducerNetwork;
        readonly sizes: CacheSizes;
      };
  release(): Promise<void>;
}

/** Bands where neither the graph nor its texts tell. */
const USUAL_BANDS = 80;
const USUAL_SUBSAMPLING = 8;
const MS_PER_SAMPLE = 1 / 16;

/** @throws EarmarkError model.missing, model.corrupt, model.incompatible, engine.unavailable */
export async function openNemo(model: LoadedModelFiles): Promise<NemoModel> {
  const { files } = model;
  const ort = await loadOrt();
  if (Object.values(files).some((file) => /\.int8\.onnx$/i.test(file))) await requireRight8Bit(ort);
  const opened: InferenceSession[] = [];
  const openPart = async (
    role: string,
    expect: readonly string[] = [],
  ): Promise<InferenceSession> => {
    const session = await openModel(files[role], role, expect, { threads: model.threads ?? 1 });
    opened.push(session);
    return session;
  };
  try {
    const main = files['ctc'] === undefined ? 'encoder' : 'ctc';
    const first = await openPart(main, ['audio_signal', 'length']);
    const facts = await factsOf(files[main], files['config']);
    const vocabulary = new Vocabulary(await readVocabulary(files['vocabulary']));
    const common = {
      vocabulary,
      bands: bandsOf(first, facts),
      normalized: isNormalized(facts),
      frameMs: (facts.number('subsampling_factor') ?? USUAL_SUBSAMPLING) * HOP * MS_PER_SAMPLE,
      release: async () => {
        for (const session of opened) await session.release();
      },
    };
    if (main === 'ctc') return { ...common, part: { kind: 'ctc', session: first, ort } };
    const network =
      files['decoderJoint'] === undefined
        ? splitNetwork(ort, await openPart('decoder'), await openPart('joiner'), vocabulary.blank)
        : jointNetwork(
            ort,
            await openPart('decoderJoint', ['encoder_outputs', 'targets', 'input_states_1']),
            vocabulary.blank,
          );
    if (!first.inputNames.includes('cache_last_channel'))
      return { ...common, part: { kind: 'transducer', encoder: first, ort, network } };
    const sizes = cacheSizes(first, (key) => facts.number(key));
    return { ...common, part: { kind: 'streaming', encoder: first, ort, network, sizes } };
  } catch (error) {
    for (const session of opened) await session.release();
    throw error;
  }
}

/**
 * Tokens of a whole recording.
 *
 * @throws EarmarkError rpc.cancelled; model.incompatible for a streaming model, which has
 * `NemoStream`
 */
export async function decodeWhole(
  model: NemoModel,
  pcm: Float32Array,
  options: SearchOptions = {},
  signal?: AbortSignal,
): Promise<readonly TimedToken[]> {
  const { part } = model;
  if (part.kind === 'streaming') throw anotherGraph();
  const features = featuresOf(pcm, model.bands, model.normalized);
  if (features.length === 0) return [];
  if (part.kind === 'ctc') {
    const { data, classes } = await ctcLogProbs(model, features);
    const frameColumns = Math.round(model.frameMs / (HOP * MS_PER_SAMPLE));
    const frames = Math.floor((features.length - 1) / frameColumns) + 1;
    return ctcTokens(data, classes, Math.min(frames, data.length / classes));
  }
  const search = new TransducerSearch(part.network, options);
  await search.feed(await encode(model, features), signal);
  return search.tokens;
}

/** Of a transducer that is no streaming model. */
export async function encode(model: NemoModel, features: Features): Promise<EncoderFrames> {
  const { part } = model;
  if (part.kind !== 'transducer') throw anotherGraph();
  const results = await part.encoder.run(inputsOf(part.ort, features));
  return encoderFrames(results);
}

/** [frames, classes] of a CTC model. */
export async function ctcLogProbs(
  model: NemoModel,
  features: Features,
): Promise<{ readonly data: Float32Array; readonly classes: number }> {
  const { part, vocabulary } = model;
  if (part.kind !== 'ctc') throw anotherGraph();
  const results = await part.session.run(inputsOf(part.ort, features));
  const logProbs = tensor(results['logprobs'] ?? results[part.session.outputNames[0] ?? '']);
  const classes = logProbs.dims.at(-1);
  if (classes !== vocabulary.blank + 1) throw anotherGraph();
  return { data: floats(logProbs), classes };
}

export function inputsOf(
  ort: Ort,
  { data, bands, columns, length }: Features,
): InferenceSession.FeedsType {
  return {
    audio_signal: new ort.Tensor('float32', data, [1, bands, columns]),
    length: new ort.Tensor('int64', BigInt64Array.of(BigInt(length)), [1]),
  };
}

/** Outputs `outputs` [1, channels, columns] and `encoded_lengths`. */
export function encoderFrames(results: InferenceSession.ReturnType): EncoderFrames {
  const outputs = tensor(results['outputs']);
  const [, channels = 0, columns = 0] = outputs.dims;
  const lengths = tensor(results['encoded_lengths']).data as BigInt64Array;
  return {
    data: floats(outputs),
    channels,
    columns,
    length: Math.min(columns, Number(lengths[0] ?? 0n)),
  };
}

interface Facts {
  text(key: string): string | undefined;
  number(key: string): number | undefined;
}

/** What the graph's file says of itself, else `config.json`. */
async function factsOf(graph: string | undefined, config: string | undefined): Promise<Facts> {
  const own = graph === undefined ? new Map<string, string>() : await readMetadata(graph);
  const beside = config === undefined ? {} : await readConfig(config);
  const text = (key: string): string | undefined =>
    own.get(key) ?? (beside[key] === undefined ? undefined : String(beside[key]));
  return {
    text,
    number: (key) => {
      const value = Number(text(key) ?? Number.NaN);
      return Number.isSafeInteger(value) && value > 0 ? value : undefined;
    },
  };
}

async function readConfig(path: string): Promise<Record<string, unknown>> {
  try {
    const config: unknown = JSON.parse(await readFile(path, 'utf8'));
    return typeof config === 'object' && config !== null ? (config as Record<string, unknown>) : {};
  } catch (cause) {
    throw new EarmarkError(
      'model.corrupt',
      'The file config.json of the model cannot be read; run `earmark models verify`, or add the folder again.',
      { cause },
    );
  }
}

async function readVocabulary(path: string | undefined): Promise<string> {
  if (path !== undefined) {
    const text = await readFile(path, 'utf8').catch(() => undefined);
    if (text !== undefined) return text;
  }
  throw new EarmarkError(
    'model.missing',
    'The model has no vocabulary file; run `earmark models pull` to fetch it again.',
  );
}

function bandsOf(session: InferenceSession, facts: Facts): number {
  const declared = shapeOf(session.inputMetadata, 'audio_signal')?.[1];
  if (typeof declared === 'number' && declared > 0) return declared;
  return facts.number('feat_dim') ?? facts.number('features_size') ?? USUAL_BANDS;
}

/** Exports without a word on it were made from models that normalise each band. */
function isNormalized(facts: Facts): boolean {
  const type = facts.text('normalize_type') ?? facts.text('normalize') ?? 'per_feature';
  return type === 'per_feature';
}
