/**
 * Real speech for fault rounds: LibriSpeech where it lies beside the repository, else the demo; and
 * where its words are.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  libriUtterances,
  makeEngine,
  readAudio,
  transcribe,
  type SpeechModels,
} from '../harness/speechPath';

/** A word as Moonshine heard it, and the sample in the middle of it. */
export interface AnchoredWord {
  readonly text: string;
  readonly sample: number;
}

/** Stands for a phrase that is not in the recording. */
export const DAMAGED = '[damaged]';

export interface Speech {
  readonly about: string;
  readonly pcm: Int16Array;
  /** Files for the daemon. */
  readonly audioFile: string;
  readonly wordsFile: string;
}

const ROOT = resolve(__dirname, '../..');
const UTTERANCES = 5;
const PAUSE_SAMPLES = 12_800;
const DEMO_SAMPLES = 45 * 16_000;

/** Heard once, then kept in out/fault. */
export async function faultSpeech(models: SpeechModels): Promise<Speech> {
  const utterances = libriUtterances()
    .filter(({ set }) => set === 'clean')
    .slice(0, UTTERANCES);
  const pcm =
    utterances.length > 0
      ? joined(utterances.map(({ path }) => readAudio(path)))
      : readAudio(join(ROOT, 'demo', 'standup.flac')).slice(0, DEMO_SAMPLES);
  const name = createHash('sha256').update(new Uint8Array(pcm.buffer)).digest('hex').slice(0, 12);
  const folder = join(ROOT, 'out', 'fault');
  mkdirSync(folder, { recursive: true });
  const audioFile = join(folder, `${name}.s16`);
  const wordsFile = join(folder, `${name}.json`);
  writeFileSync(audioFile, new Uint8Array(pcm.buffer));
  if (!existsSync(wordsFile)) writeFileSync(wordsFile, JSON.stringify(await listen(models, pcm)));
  const words = (JSON.parse(readFileSync(wordsFile, 'utf8')) as AnchoredWord[]).length;
  return {
    about:
      `${Math.round(pcm.length / 16_000)} s of ` +
      `${utterances.length > 0 ? 'LibriSpeech' : 'the demo recording'}, ${words} words`,
    pcm,
    audioFile,
    wordsFile,
  };
}

async function listen(models: SpeechModels, pcm: Int16Array): Promise<AnchoredWord[]> {
  const engine = makeEngine(models, 2);
  try {
    await engine.ready();
    const phrases = await transcribe(engine, pcm);
    return phrases.flatMap(({ phrase, result }) =>
      result.words.map(({ text, startMs, endMs }) => ({
        text,
        sample: Math.round((phrase.startMs + (startMs + endMs) / 2) * 16),
      })),
    );
  } finally {
    engine.dispose();
  }
}

function joined(parts: readonly Int16Array[]): Int16Array {
  const all = new Int16Array(parts.reduce((sum, part) => sum + part.length + PAUSE_SAMPLES, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length + PAUSE_SAMPLES;
  }
  // Recordings of silence are never all zero; and no two stretches of it are the same, so that each
  // is found at its place.
  for (let i = 0, seed = 1; i < all.length; i++) {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    if (all[i] === 0) all[i] = ((seed >> 16) % 5) - 2;
  }
  return all;
}
