/**
 * Labels the turns of a meeting with the encoder in `models/turns`, many turns in one sequence.
 * Runs inside an inference worker. Architecture: MiniLM (Wang and others 2020), fine-tuned by
 * `scripts/train/turns`; each turn's vector is the mean over its tokens.
 */
import type { Tokenizer } from '@huggingface/tokenizers';
import type { InferenceSession } from 'onnxruntime-node';
import { EarmarkError } from '../../../../protocol/errors';
import type { LoadedModelFiles } from '../../../models/modelFiles';
import { type Ort, loadOrt, openModel } from '../graphs/onnx';
import { openTokenizer } from './sentenceEncoder';

/** Tokens of a window, as in training. */
const WINDOW = 224;
/** Tokens of a turn, as in training; the rest is cut. */
const MAX_TURN = 120;
const CLS = 101;
const SEP = 102;
/** Numbers of a turn: 12 labels, then two pairs of vectors of 16, as in the model card. */
const NUMBERS = 76;
/** A turn at the start or the end of the meeting has no context to miss. */
const WHOLE = 99;

export interface SpeakerText {
  readonly speaker: string;
  readonly text: string;
}

interface Loaded {
  readonly ort: Ort;
  readonly session: InferenceSession;
  readonly tokenizer: Tokenizer;
}

export class TurnEncoder {
  private loaded: Loaded | undefined;

  /** @throws EarmarkError model.missing, model.corrupt, model.incompatible */
  async load(model: LoadedModelFiles): Promise<void> {
    const session = await openModel(model.files['model'], 'turn encoder', [
      'input_ids',
      'attention_mask',
      'turn_weights',
    ]);
    this.loaded = {
      session,
      ort: await loadOrt(),
      tokenizer: await openTokenizer(model.files['tokenizer']),
    };
  }

  /**
   * Windows overlap by half; each turn keeps the logits of the window with most context around it.
   * @returns 76 numbers for each turn: logits of its labels, then the vectors that link it
   */
  async score(turns: readonly SpeakerText[], signal?: AbortSignal): Promise<Float32Array[]> {
    const { loaded } = this;
    if (!loaded)
      throw new EarmarkError(
        'engine.unavailable',
        'The turn encoder is not loaded yet; try again in a moment.',
      );
    const ids = turns.map(({ speaker, text }) => tokensOf(loaded.tokenizer, speaker, text));
    const out = ids.map(() => new Float32Array(NUMBERS));
    const best = new Float64Array(ids.length).fill(-1);
    for (const [from, to] of windowsOf(ids.map((row) => row.length))) {
      signal?.throwIfAborted();
      const logits = await run(loaded, ids.slice(from, to));
      for (let turn = from; turn < to; turn++) {
        const left = from === 0 ? WHOLE : turn - from;
        const right = to === ids.length ? WHOLE : 2 * (to - 1 - turn);
        const context = Math.min(left, right);
        if (context <= (best[turn] ?? 0)) continue;
        best[turn] = context;
        out[turn] = logits.slice((turn - from) * NUMBERS, (turn - from + 1) * NUMBERS);
      }
    }
    return out;
  }
}

/** @returns ranges of whole turns, each window half a window after the one before */
export function windowsOf(lengths: readonly number[]): [number, number][] {
  const out: [number, number][] = [];
  for (let from = 0; from < lengths.length;) {
    let [to, used] = [from, 1];
    while (to < lengths.length && (to === from || used + (lengths[to] ?? 0) + 1 <= WINDOW))
      used += (lengths[to++] ?? 0) + 1;
    out.push([from, to]);
    if (to === lengths.length) break;
    from += Math.max(1, Math.floor((to - from) / 2));
  }
  return out;
}

function tokensOf(tokenizer: Tokenizer, speaker: string, text: string): number[] {
  const { ids } = tokenizer.encode(`${speaker}: ${text}`, { add_special_tokens: false });
  return ids.slice(0, MAX_TURN);
}

async function run({ ort, session }: Loaded, turns: readonly number[][]): Promise<Float32Array> {
  const row = [CLS, ...turns.flatMap((ids) => [...ids, SEP])];
  const weights = new Float32Array(turns.length * row.length);
  let at = 1;
  turns.forEach((ids, turn) => {
    const length = ids.length + 1;
    weights.fill(1 / length, turn * row.length + at, turn * row.length + at + length);
    at += length;
  });
  const shape = [1, row.length];
  const { logits } = await session.run({
    input_ids: new ort.Tensor('int64', BigInt64Array.from(row, BigInt), shape),
    attention_mask: new ort.Tensor('int64', new BigInt64Array(row.length).fill(1n), shape),
    turn_weights: new ort.Tensor('float32', weights, [1, turns.length, row.length]),
  });
  if (!(logits?.data instanceof Float32Array) || logits.data.length !== turns.length * NUMBERS)
    throw new EarmarkError(
      'model.incompatible',
      'The turn encoder returned an unexpected result; run `earmark doctor`.',
    );
  return logits.data;
}
