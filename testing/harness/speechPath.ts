/**
 * The speech path over recordings, for benches and model tests: file → frames → phrases → guarded
 * text, all at once or file by file.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join, resolve } from 'node:path';
import {
  createDetectors,
  createSpeechEngine,
} from '../../daemon/adapters/inference/runtime/createSpeechEngine';
import type { SupervisorLimits } from '../../daemon/adapters/inference/runtime/supervisor';
import type { AsrResult, GuardKind } from '../../daemon/asr/contract/provider';
import type { LoadedModelFiles } from '../../daemon/models/modelFiles';
import type { ManagedSpeechEngine } from '../../daemon/asr/contract/speechEngineApi';
import { SAMPLE_RATE } from '../../daemon/audio/frame';
import { systemClock } from '../../daemon/base/clock';
import { silentLogger } from '../../daemon/base/logger';
import { Drafts } from '../../daemon/speech/drafts';
import { defaultSessionOptions } from '../../daemon/session/contract/options';
import { PhraseDecoder } from '../../daemon/speech/phraseDecoder';
import type { Phrase, SegmenterOptions } from '../../daemon/vad/contract';
import { PhraseSource, framesOf } from '../../daemon/vad/phraseSource';

const ROOT = resolve(__dirname, '../..');
export const SHARED = join(ROOT, '..', 'shared');

export interface SpeechModels {
  readonly encoder: string;
  readonly decoder: string;
  readonly vad: string;
}

/** Model files anywhere under a folder; undefined where one is absent. */
export function findModels(folder: string | undefined): SpeechModels | undefined {
  if (folder === undefined || !existsSync(folder)) return undefined;
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const find = (name: string): string | undefined =>
    files.filter((file) => basename(file) === name).map((file) => join(folder, file))[0];
  const encoder = find('encoder_model.onnx');
  const decoder = find('decoder_model_merged.onnx');
  const vad = find('silero_vad_v6.onnx');
  return encoder && decoder && vad ? { encoder, decoder, vad } : undefined;
}

/** What recognises, where it is not Moonshine. */
export interface OtherRecogniser {
  readonly provider: string;
  readonly model: LoadedModelFiles;
}

export function moonshineTiny({ encoder, decoder }: SpeechModels): OtherRecogniser {
  return { provider: 'moonshine', model: { id: 'moonshine-tiny', files: { encoder, decoder } } };
}

/** @param threads of each decode */
export function makeEngine(
  models: SpeechModels,
  cores = availableParallelism(),
  other?: OtherRecogniser,
  limits: Partial<SupervisorLimits> = {},
  threads = 1,
): ManagedSpeechEngine {
  const worker = { path: join(ROOT, 'daemon', 'worker.ts'), execArgv: ['--require', 'tsx/cjs'] };
  const common = { clock: systemClock, logger: silentLogger };
  const { provider, model } = other ?? moonshineTiny(models);
  return createSpeechEngine({
    ...common,
    asr: { provider, model: model.id, files: () => Promise.resolve(model) },
    runs: { in: 'workers', worker, workers: cores, threads },
    limits,
    detectors: createDetectors({
      ...common,
      worker,
      files: () => Promise.resolve({ id: 'silero-vad-v6', files: { model: models.vad } }),
    }),
  });
}

/** Any recording as 16 kHz mono through ffmpeg; `channel` picks one of several. */
export function readAudio(path: string, channel?: number): Int16Array {
  const pick = channel === undefined ? ['-ac', '1'] : ['-af', `pan=mono|c0=c${channel}`];
  const bytes = execFileSync(
    'ffmpeg',
    ['-v', 'error', '-i', path, ...pick, '-ar', String(SAMPLE_RATE), '-f', 's16le', '-'],
    { maxBuffer: 1 << 30 },
  );
  return new Int16Array(
    bytes.buffer.slice(
      bytes.byteOffset,
      bytes.byteOffset + bytes.byteLength - (bytes.byteLength % 2),
    ),
  );
}

export interface DecodedPhrase {
  readonly phrase: Phrase;
  readonly result: AsrResult;
}

/** What of an engine recognises a recording. */
export type FileRecogniser = Pick<ManagedSpeechEngine, 'ready' | 'decode' | 'idle' | 'detectors'>;

/** An engine that leans towards phrases, as the lease of a dictation does. */
export function leaning(engine: FileRecogniser, phrases: readonly string[]): FileRecogniser {
  return {
    ready: () => engine.ready(),
    idle: engine.idle,
    detectors: engine.detectors,
    decode: (pcm, options, signal) => engine.decode(pcm, { ...options, phrases }, signal),
  };
}

/** Everything one source says, in order, as a file's audio goes through the daemon. */
export async function transcribe(
  engine: FileRecogniser,
  pcm: Int16Array,
  options: Partial<SegmenterOptions> = {},
  sessionId = 'bench',
): Promise<DecodedPhrase[]> {
  const decoded: DecodedPhrase[] = [];
  let id = 0;
  const decoder = phraseDecoder(engine, sessionId, new Drafts(), (phrase, result) =>
    decoded.push({ phrase, result }),
  );
  const source = new PhraseSource({
    source: 'file',
    detector: engine.detectors.create('file'),
    newId: () => `p${++id}`,
    onPhrase: (phrase) => decoder.add(phrase),
    onFallback: (error) => {
      throw error;
    },
    options,
  });
  try {
    await source.process(framesOf('file', pcm));
    await source.flush();
    await decoder.drained();
    return decoded;
  } finally {
    source.dispose();
  }
}

/** The daemon's own, for a bench: phrases that cannot be decoded end it. */
export function phraseDecoder(
  engine: FileRecogniser,
  sessionId: string,
  drafts: Drafts,
  onOutcome: (phrase: Phrase, result: AsrResult) => void,
): PhraseDecoder {
  const fail = (error: unknown): never => {
    throw error instanceof Error ? error : new Error('A phrase could not be decoded.');
  };
  return new PhraseDecoder({
    engine,
    clock: systemClock,
    options: defaultSessionOptions,
    sessionId,
    language: 'en',
    drafts,
    onOutcome: (phrase, result) => onOutcome(phrase, result ?? fail(undefined)),
    onUnavailable: fail,
  });
}

export function textOf(phrases: readonly DecodedPhrase[]): string {
  return phrases
    .map((p) => p.result.text)
    .filter((text) => text !== '')
    .join(' ');
}

export function rejections(phrases: readonly DecodedPhrase[]): Partial<Record<GuardKind, number>> {
  const counts: Partial<Record<GuardKind, number>> = {};
  for (const { result } of phrases)
    if (result.rejected) counts[result.rejected] = (counts[result.rejected] ?? 0) + 1;
  return counts;
}

export interface Utterance {
  readonly set: string;
  readonly id: string;
  readonly reference: string;
  readonly path: string;
}

/** The LibriSpeech utterances beside the repository; empty where they are absent. */
export function libriUtterances(): Utterance[] {
  const folder = join(SHARED, 'data', 'libri');
  const list = join(folder, 'refs.tsv');
  if (!existsSync(list)) return [];
  return readFileSync(list, 'utf8')
    .trim()
    .split('\n')
    .map((line) => {
      const [set = '', id = '', reference = ''] = line.split('\t');
      return { set, id, reference, path: join(folder, set, `${id}.flac`) };
    });
}
