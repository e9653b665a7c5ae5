/** Amplifies recordings that are far too quiet and reports the gain to the user. */
import type { AudioBlock, AudioDiagnostic, AudioFile } from '../audioFile';
import { LOUD_RMS, TARGET_RMS } from './speechLevel';

const SAMPLES_A_FRAME = 320;
const FULL_SCALE = 32_768;
/** Number of loud frames, 0.2 s, that ends the search. */
const LOUD_FRAMES = 10;
/** At most 46 dB; quieter recordings contain only quantisation noise. */
const MAX_GAIN = 200;
/**
 * Speech has pauses: its loud frames exceed its soft frames by this level; those of noise do not.
 */
const MIN_RANGE = 2;
const LOUD_SHARE = 0.95;
const SOFT_SHARE = 0.2;

/**
 * Reads the recording until it is loud enough, or to its end.
 * @param open opens the recording again, because it can be read once
 * @returns the recording, or an amplified recording with the gain in its diagnostics
 */
export async function raiseQuiet(open: () => Promise<AudioFile>, name: string): Promise<AudioFile> {
  const gain = await gainOf(await open());
  const audio = await open();
  if (gain === 1) return audio;
  const decibels = Math.round(20 * Math.log10(gain));
  const quiet: AudioDiagnostic = {
    code: 'audio.quiet',
    message: `${name} is quiet; it was raised by ${decibels} dB.`,
  };
  return {
    ...audio,
    get diagnostics() {
      return [quiet, ...audio.diagnostics];
    },
    async *blocks() {
      for await (const block of audio.blocks()) yield block.map((pcm) => raised(pcm, gain));
    },
  };
}

async function gainOf(audio: AudioFile): Promise<number> {
  const levels: number[] = [];
  let loud = 0;
  for await (const block of audio.blocks()) {
    for (const level of levelsOf(block)) {
      levels.push(level);
      if (level >= LOUD_RMS && ++loud >= LOUD_FRAMES) return 1;
    }
  }
  levels.sort((a, b) => a - b);
  const at = (share: number): number => levels[Math.floor((levels.length - 1) * share)] ?? 0;
  const speech = at(LOUD_SHARE);
  if (speech < 1 || speech < MIN_RANGE * at(SOFT_SHARE)) return 1;
  return Math.min(MAX_GAIN, Math.max(1, TARGET_RMS / speech));
}

function* levelsOf(block: AudioBlock): Generator<number> {
  for (const pcm of block)
    for (let at = 0; at + SAMPLES_A_FRAME <= pcm.length; at += SAMPLES_A_FRAME) {
      let sum = 0;
      for (let i = at; i < at + SAMPLES_A_FRAME; i++) sum += pcm[i]! * pcm[i]!;
      yield Math.sqrt(sum / SAMPLES_A_FRAME);
    }
}

function raised(pcm: Int16Array, gain: number): Int16Array {
  return pcm.map((sample) =>
    Math.max(-FULL_SCALE, Math.min(FULL_SCALE - 1, Math.round(sample * gain))),
  );
}
