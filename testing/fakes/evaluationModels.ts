/** Real language models that `scripts/evaluation/languageModels.mjs` fetches. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const FILES = {
  small: 'smollm2-135m-instruct-q4_1.gguf',
  large: 'qwen2.5-coder-1.5b-instruct-q4_k_m.gguf',
} as const;

/** Says how to fetch a model that is absent. */
export const FETCH_HINT = (size: keyof typeof FILES): string =>
  `the language model is not fetched: node scripts/evaluation/languageModels.mjs ${size}`;

/** @returns absolute path; undefined if the model is not fetched */
export function evaluationModel(size: keyof typeof FILES): string | undefined {
  const file = join(__dirname, '../../.cache/evaluation', FILES[size]);
  return existsSync(file) ? file : undefined;
}
