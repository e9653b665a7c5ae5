/** Word errors of a recogniser on sets of utterances. */
import {
  type FileRecogniser,
  type Utterance,
  readAudio,
  rejections,
  textOf,
  transcribe,
} from '../harness/speechPath';
import { pooledWer } from './wordErrors';
import type { SegmenterOptions } from '../../daemon/vad/contract';
import { fileSegmenterOptions } from '../../daemon/vad/segmenter';

export interface WerReport {
  /** Percent, by set. */
  readonly wer: Readonly<Record<string, number>>;
  /** Wall time over audio time, reading included, loading not. */
  readonly rtf: number;
  readonly audioSeconds: number;
  readonly phrases: number;
  readonly rejected: Readonly<Record<string, number>>;
  readonly lines: readonly { readonly utterance: Utterance; readonly text: string }[];
}

/** LibriSpeech with an engine on the wall clock, for the tests with models. */
export async function measureWer(
  engine: FileRecogniser,
  utterances: readonly Utterance[],
  options: Partial<SegmenterOptions> = fileSegmenterOptions,
): Promise<WerReport> {
  await engine.ready();
  const begun = performance.now();
  const lines: { utterance: Utterance; text: string }[] = [];
  const rejected: Record<string, number> = {};
  let audioSeconds = 0;
  let phrases = 0;
  // Two files at once, as two sources of a session are: one worker is never left without work at a
  // file's end.
  const queue = [...utterances];
  const partition = async (): Promise<void> => {
    for (let utterance = queue.shift(); utterance; utterance = queue.shift()) {
      const pcm = readAudio(utterance.path);
      audioSeconds += pcm.length / 16_000;
      const decoded = await transcribe(engine, pcm, options, utterance.id);
      phrases += decoded.length;
      for (const [kind, count] of Object.entries(rejections(decoded)))
        rejected[kind] = (rejected[kind] ?? 0) + count;
      lines.push({ utterance, text: textOf(decoded) });
    }
  };
  await Promise.all([partition(), partition()]);
  const wallSeconds = (performance.now() - begun) / 1000;
  const wer: Record<string, number> = {};
  for (const set of new Set(lines.map((line) => line.utterance.set))) {
    wer[set] = pooledWer(
      lines
        .filter((line) => line.utterance.set === set)
        .map((line) => ({ reference: line.utterance.reference, hypothesis: line.text })),
    );
  }
  return { wer, rtf: wallSeconds / audioSeconds, audioSeconds, phrases, rejected, lines };
}
