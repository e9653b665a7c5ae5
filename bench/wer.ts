/**
 * Word error rate and speed of the whole speech path (detection, phrases, guards) on the
 * LibriSpeech sets beside the repository. Usage: `npm run bench -- wer [option=value …] [--live]
 * [--phrases]`; options are those of the segmenter, such as `maxPhraseMs=15000`; `--live` takes
 * those of a microphone instead of those of a file.
 */
import type { SegmenterOptions } from '../daemon/vad/contract';
import { defaultSegmenterOptions, fileSegmenterOptions } from '../daemon/vad/segmenter';
import { reportResults } from './report';
import {
  type FileRecogniser,
  type Utterance,
  findModels,
  libriUtterances,
  makeEngine,
  readAudio,
  rejections,
  textOf,
  transcribe,
} from './speechPath';
import { normaliseWords, pooledWer, wordErrors } from './wordErrors';

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

async function main(): Promise<void> {
  const [folder, ...rest] = process.argv.slice(2);
  const models = findModels(folder);
  const utterances = libriUtterances();
  if (!models || utterances.length === 0) {
    process.stderr.write(
      models
        ? 'The LibriSpeech sets are not beside the repository.\n'
        : 'Give the folder that holds encoder_model.onnx, decoder_model_merged.onnx and silero_vad_v6.onnx.\n',
    );
    process.exitCode = 2;
    return;
  }
  const live = rest.includes('--live');
  const options: Partial<Record<keyof SegmenterOptions, number>> = live
    ? {}
    : { ...fileSegmenterOptions };
  for (const arg of rest) {
    const [name = '', value] = arg.split('=');
    if (value !== undefined && name in defaultSegmenterOptions)
      options[name as keyof SegmenterOptions] = Number(value);
  }
  const engine = makeEngine(models);
  try {
    const { lines, ...report } = await measureWer(engine, utterances, options);
    reportResults({
      about: [
        `${utterances.length} LibriSpeech utterances (${(report.audioSeconds / 60).toFixed(1)} min)`,
        'run one after the other through the speech path with Moonshine tiny.',
        `The segmenter has the options of ${live ? 'a microphone' : 'a file'}:`,
        `${JSON.stringify(options)}.`,
      ].join(' '),
      rows: Object.entries(report.wer).map(([set, wer]) => ({
        set,
        'WER %': wer.toFixed(2),
        'wall time over audio time, both sets': report.rtf.toFixed(3),
        'phrases, both sets': report.phrases,
        rejected: Object.values(report.rejected).reduce((sum, count) => sum + count, 0),
      })),
      metrics: Object.fromEntries(
        Object.entries(report.wer).map(([set, wer]) => [
          `${set}: WER`,
          { value: Number(wer.toFixed(2)), unit: '%', better: 'lower', noise: 0.3, product: true },
        ]),
      ),
    });
    if (rest.includes('--phrases')) {
      for (const { utterance, text } of lines) {
        const errors = wordErrors(normaliseWords(utterance.reference), normaliseWords(text));
        if (errors > 0)
          process.stdout.write(
            `${errors}\t${utterance.id}\n\t${utterance.reference}\n\t${normaliseWords(text).join(' ')}\n`,
          );
      }
    }
  } finally {
    engine.dispose();
  }
}

if (require.main === module) void main();
