/**
 * MiniLM in ONNX Runtime: turns a sentence into a unit vector of its meaning. Runs inside an
 * inference worker. Model: all-MiniLM-L6-v2 of sentence-transformers (Reimers and Gurevych 2019);
 * the graph contains the mean over tokens.
 */
import { readFile } from 'node:fs/promises';
import type { Tokenizer } from '@huggingface/tokenizers';
import type { InferenceSession } from 'onnxruntime-node';
import { EarmarkError } from '../../../../protocol/errors';
import type { LoadedModelFiles } from '../../../models/modelFiles';
import { type Ort, loadOrt, openModel } from '../graphs/onnx';

const WIDTH = 384;
/** Length of the model's training texts; longer texts are cut. */
const MAX_TOKENS = 128;

export class SentenceEncoder {
  private loaded:
    | { readonly ort: Ort; readonly session: InferenceSession; readonly tokenizer: Tokenizer }
    | undefined;

  /** @throws EarmarkError model.missing, model.corrupt, model.incompatible */
  async load(model: LoadedModelFiles): Promise<void> {
    const session = await openModel(model.files['model'], 'sentence encoder', [
      'input_ids',
      'attention_mask',
    ]);
    this.loaded = {
      session,
      ort: await loadOrt(),
      tokenizer: await openTokenizer(model.files['tokenizer']),
    };
  }

  /**
   * One run of the model; texts of similar length are fastest.
   * @returns 384 values of unit length each
   */
  async embed(texts: readonly string[]): Promise<readonly Float32Array[]> {
    if (!this.loaded)
      throw new EarmarkError(
        'engine.unavailable',
        'The sentence encoder is not loaded yet; try again in a moment.',
      );
    if (texts.length === 0) return [];
    const { ort, session, tokenizer } = this.loaded;
    const tokens = texts.map((text) => {
      const { ids } = tokenizer.encode(text);
      return ids.length <= MAX_TOKENS ? ids : [...ids.slice(0, MAX_TOKENS - 1), ids.at(-1) ?? 0];
    });
    const length = Math.max(...tokens.map((ids) => ids.length));
    const ids = new BigInt64Array(texts.length * length);
    const mask = new BigInt64Array(texts.length * length);
    tokens.forEach((row, r) =>
      row.forEach((id, i) => {
        ids[r * length + i] = BigInt(id);
        mask[r * length + i] = 1n;
      }),
    );
    const shape = [texts.length, length];
    const out = await session.run({
      input_ids: new ort.Tensor('int64', ids, shape),
      attention_mask: new ort.Tensor('int64', mask, shape),
    });
    const embedding = out['embedding']?.data;
    if (!(embedding instanceof Float32Array) || embedding.length !== texts.length * WIDTH)
      throw new EarmarkError(
        'model.incompatible',
        'The sentence encoder returned an unexpected result; run `earmark doctor`.',
      );
    return texts.map((_, i) => embedding.slice(i * WIDTH, (i + 1) * WIDTH));
  }
}

/** The tokenizer's file pads to rows of 128 tokens; this one keeps the length of the text. */
export async function openTokenizer(path: string | undefined): Promise<Tokenizer> {
  if (path === undefined)
    throw new EarmarkError(
      'model.missing',
      'The model has no tokenizer file; run `earmark models pull` to fetch it again.',
    );
  try {
    const { Tokenizer: Words } = await import('@huggingface/tokenizers');
    return new Words(
      { ...(JSON.parse(await readFile(path, 'utf8')) as object), padding: null, truncation: null },
      {},
    );
  } catch (cause) {
    throw new EarmarkError(
      'model.corrupt',
      'Could not read the tokenizer of the language encoder; run `earmark models ' + 'verify`.',
      { cause },
    );
  }
}
