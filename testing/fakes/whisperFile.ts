/**
 * Writes a small Whisper ggml file with random weights that drives the real native code. Its
 * position embeddings outweigh all other values and select one token each. The model therefore
 * always gives the same words and ends.
 */
import { writeFileSync } from 'node:fs';
import { GGML_MAGIC } from '../../daemon/adapters/inference/whisper/whisperFile';

const STATE = 64;
const HEADS = 2;
/** whisper.cpp identifies the kind of model by its number of layers; 4 is the smallest. */
const LAYERS = 4;
const AUDIO_POSITIONS = 1500;
const TEXT_POSITIONS = 448;
const MELS = 80;
const BINS = 201;
/** Multilingual. */
const VOCABULARY = 51_865;
const WORDS = 50_257;
const END = 50_257;
const F32 = 0;
const F16 = 1;
/** Tokens for start, language, task and "no timestamps". */
const BEFORE_TEXT = 4;

/** The same sequence every time, −1…1. */
function noise(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0) / 2 ** 31;
}

const asFloat = new Float32Array(1);
const asBits = new Uint32Array(asFloat.buffer);

/** IEEE half-precision value of a number between 2⁻¹⁴ and 2¹⁵; smaller numbers become 0. */
function half(value: number): number {
  asFloat[0] = value;
  const bits = asBits[0] ?? 0;
  const exponent = ((bits >>> 23) & 0xff) - 112;
  const sign = (bits >>> 16) & 0x8000;
  return exponent <= 0 ? sign : sign | (exponent << 10) | ((bits >>> 13) & 0x3ff);
}

/** Writers of a model's tensors. */
function tensorsInto(parts: Buffer[], ints: (...values: number[]) => void, random: () => number) {
  const tensor = (
    name: string,
    shape: readonly number[],
    type: number,
    value: (index: number) => number,
  ): void => {
    const count = shape.reduce((product, size) => product * size, 1);
    ints(shape.length, name.length, type, ...shape);
    parts.push(Buffer.from(name));
    const data = type === F16 ? new Uint16Array(count) : new Float32Array(count);
    for (let i = 0; i < count; i++) data[i] = type === F16 ? half(value(i)) : value(i);
    parts.push(Buffer.from(data.buffer));
  };
  const weights = (name: string, ...shape: number[]): void =>
    tensor(name, shape, F16, () => 0.02 * random());
  const vector = (name: string, value: number, ...shape: number[]): void =>
    tensor(name, shape, F32, () => value);
  const norm = (name: string): void => {
    vector(`${name}.weight`, 1, STATE);
    vector(`${name}.bias`, 0, STATE);
  };
  const attention = (name: string): void => {
    for (const part of ['query', 'key', 'value', 'out']) {
      weights(`${name}.${part}.weight`, STATE, STATE);
      if (part !== 'key') vector(`${name}.${part}.bias`, 0, STATE);
    }
  };
  const block = (name: string, cross: boolean): void => {
    norm(`${name}.mlp_ln`);
    weights(`${name}.mlp.0.weight`, STATE, 4 * STATE);
    vector(`${name}.mlp.0.bias`, 0, 4 * STATE);
    weights(`${name}.mlp.2.weight`, 4 * STATE, STATE);
    vector(`${name}.mlp.2.bias`, 0, STATE);
    norm(`${name}.attn_ln`);
    attention(`${name}.attn`);
    if (!cross) return;
    norm(`${name}.cross_attn_ln`);
    attention(`${name}.cross_attn`);
  };
  return { tensor, weights, vector, norm, block };
}

/** @param said tokens that the model gives, such as ` alpha`; a space begins a word */
export function writeWhisperFile(path: string, said: readonly string[]): void {
  const random = noise(7);
  const parts: Buffer[] = [];
  const ints = (...values: number[]): void =>
    void parts.push(Buffer.from(Int32Array.from(values).buffer));
  const direction = Array.from({ length: said.length + 1 }, () =>
    Float32Array.from({ length: STATE }, () => Math.sign(random())),
  );
  ints(
    GGML_MAGIC,
    VOCABULARY,
    AUDIO_POSITIONS,
    STATE,
    HEADS,
    LAYERS,
    TEXT_POSITIONS,
    STATE,
    HEADS,
    LAYERS,
    MELS,
    F16,
  );
  ints(MELS, BINS);
  parts.push(
    Buffer.from(Float32Array.from({ length: MELS * BINS }, () => 0.01 * Math.abs(random())).buffer),
  );
  ints(WORDS);
  for (let i = 0; i < WORDS; i++) {
    // whisper.cpp finds the blank token by its text.
    const word = Buffer.from(i === WORDS - 1 ? ' ' : (said[i] ?? ` w${i}`), 'utf8');
    ints(word.length);
    parts.push(word);
  }
  const { tensor, weights, vector, norm, block } = tensorsInto(parts, ints, random);
  tensor('encoder.positional_embedding', [STATE, AUDIO_POSITIONS], F32, () => random());
  weights('encoder.conv1.weight', 3, MELS, STATE);
  vector('encoder.conv1.bias', 0, 1, STATE);
  weights('encoder.conv2.weight', 3, STATE, STATE);
  vector('encoder.conv2.bias', 0, 1, STATE);
  norm('encoder.ln_post');
  for (let i = 0; i < LAYERS; i++) block(`encoder.blocks.${i}`, false);
  // The position before a word selects that word. The position after the last word, and all later
  // positions, select the end token.
  const pointed = (position: number): Float32Array | undefined =>
    direction[Math.min(said.length, position - BEFORE_TEXT + 1)];
  tensor(
    'decoder.positional_embedding',
    [STATE, TEXT_POSITIONS],
    F32,
    (i) => 4 * (pointed(Math.floor(i / STATE))?.[i % STATE] ?? random()),
  );
  tensor('decoder.token_embedding.weight', [STATE, VOCABULARY], F16, (i) => {
    const token = Math.floor(i / STATE);
    const own =
      token < said.length ? direction[token] : token === END ? direction[said.length] : undefined;
    return own ? 0.5 * (own[i % STATE] ?? 0) : 0.02 * random();
  });
  norm('decoder.ln');
  for (let i = 0; i < LAYERS; i++) block(`decoder.blocks.${i}`, true);
  writeFileSync(path, Buffer.concat(parts));
}
