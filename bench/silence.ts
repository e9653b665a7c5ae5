/**
 * An hour without speech through the real detector, recogniser and guards: silence, hum, typing,
 * white and pink noise, and a recorded noise over and over. Counts the words that come out. Usage:
 * `tsx bench/silence.ts MODELS_FOLDER [--minutes=N]`, minutes of each audio.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SAMPLE_RATE } from '../daemon/audio/frame';
import { NOISE_KINDS, makeNoise } from '../testing/scoring/noise';
import { type Row, reportResults } from './report';
import {
  SHARED,
  findModels,
  makeEngine,
  readAudio,
  rejections,
  textOf,
  transcribe,
} from '../testing/harness/speechPath';

/**
 * The recorded noise is 6 dB softer each time it is repeated, down to this many steps, then loud
 * again.
 */
const STEPS = 5;

/** The recording again and again, at several levels. */
function repeated(pcm: Int16Array, seconds: number): Int16Array {
  return Int16Array.from({ length: seconds * SAMPLE_RATE }, (_, i) =>
    Math.round((pcm[i % pcm.length] ?? 0) * 0.5 ** (Math.floor(i / pcm.length) % STEPS)),
  );
}

async function main(argv: readonly string[]): Promise<void> {
  const models = findModels(argv.find((arg) => !arg.startsWith('--')));
  if (!models)
    throw new Error('Name the folder that holds the models: tsx bench/silence.ts FOLDER.');
  const minutes = Number(argv.find((arg) => arg.startsWith('--minutes='))?.slice(10) ?? 10);
  const recorded = join(SHARED, 'data', 'misc', 'noise1.flac');
  if (!existsSync(recorded))
    throw new Error('The recorded noise is not beside the repository; this bench needs it.');
  const noises: readonly (readonly [string, () => Int16Array])[] = [
    ...NOISE_KINDS.map((kind) => [kind, () => makeNoise(kind, minutes * 60)] as const),
    ['recorded noise', () => repeated(readAudio(recorded), minutes * 60)],
  ];
  const engine = makeEngine(models);
  const rows: Row[] = [];
  let words = 0;
  try {
    await engine.ready();
    for (const [noise, make] of noises) {
      const phrases = await transcribe(engine, make(), {}, noise);
      const said = textOf(phrases).split(/\s+/).filter(Boolean).length;
      words += said;
      rows.push({
        noise,
        minutes,
        phrases: phrases.length,
        rejected: Object.values(rejections(phrases)).reduce((a, b) => a + b, 0),
        words: said,
      });
      process.stdout.write(`${noise}: ${said} words\n`);
    }
  } finally {
    engine.dispose();
  }
  reportResults({
    about: `${noises.length * minutes} minutes without speech: generated from a fixed seed, and a recorded noise.`,
    rows,
    metrics: { 'words out of no speech': { value: words, better: 'lower', noise: 0, mark: 0 } },
  });
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
