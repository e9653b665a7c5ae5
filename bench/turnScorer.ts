/** The turn encoder in this process, for benches that measure insights. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { TurnEncoder } from '../daemon/adapters/inference/embeddings/turnEncoder';
import type { TurnScorer } from '../daemon/insights/contract/turns';

const FOLDER = join(__dirname, '..', 'models', 'turn-encoder');

/** @returns undefined if the model file is not there */
export async function openTurnScorer(): Promise<TurnScorer | undefined> {
  const model = join(FOLDER, 'model.onnx');
  if (!existsSync(model)) return undefined;
  const encoder = new TurnEncoder();
  await encoder.load({
    id: 'turn-encoder',
    files: { model, tokenizer: join(FOLDER, 'tokenizer.json') },
  });
  return {
    score: async (turns) => (await encoder.score(turns)).map((logits) => ({ logits })),
  };
}
