/** The recognisers whose weights are on this machine, for the word-error bench. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { whisperFolder } from '../daemon/adapters/inference/whisper/whisperBinding';
import type { DecodeRequest } from '../daemon/asr/contract/provider';
import { fileIdentity } from '../testing/harness/decodeCache';
import type { TimedResult } from '../testing/harness/latencySimulation';
import {
  type OtherRecogniser,
  SHARED,
  type SpeechModels,
  moonshineTiny,
} from '../testing/harness/speechPath';

export interface BenchModel extends OtherRecogniser {
  readonly name: string;
}

const WHISPER = join(SHARED, 'models', 'ggml-base-q8_0.bin');

export interface FoundModels {
  readonly models: readonly BenchModel[];
  /** Sentences: what is missing. */
  readonly missing: readonly string[];
}

export function modelsHere(files: SpeechModels): FoundModels {
  const models: BenchModel[] = [{ name: 'Moonshine tiny, 8-bit', ...moonshineTiny(files) }];
  const missing: string[] = [];
  if (!existsSync(WHISPER)) missing.push('ggml-base-q8_0.bin is not beside the repository.');
  else if (whisperFolder() === undefined) missing.push('Whisper is not built.');
  else
    models.push({
      name: 'Whisper base, 8-bit',
      provider: 'whisper',
      model: { id: 'whisper-base-q8_0', files: { model: WHISPER } },
    });
  return { models, missing };
}

/**
 * Keeps decodes in a folder, by model, samples and request: a run that is ended goes on where it
 * was. Kept times are those of the first decode.
 */
export function keepDecodes(folder: string, { model }: BenchModel) {
  mkdirSync(folder, { recursive: true });
  const identity = `${model.id} ${Object.values(model.files).map(fileIdentity).join(' ')}`;
  return async (
    pcm: Float32Array,
    request: DecodeRequest,
    decode: () => Promise<TimedResult>,
  ): Promise<TimedResult> => {
    const file = join(folder, `${keyOf(identity, pcm, request)}.json`);
    if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as TimedResult;
    const made = await decode();
    writeFileSync(`${file}.part`, JSON.stringify(made));
    renameSync(`${file}.part`, file);
    return made;
  };
}

function keyOf(identity: string, pcm: Float32Array, request: DecodeRequest): string {
  const hash = createHash('sha256').update(identity);
  const add = (samples: Float32Array): void =>
    void hash.update(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength));
  add(pcm);
  const rest = JSON.stringify(request, (_, value: unknown) => {
    if (!(value instanceof Float32Array)) return value;
    add(value);
    return value.length;
  });
  return hash.update(rest).digest('hex').slice(0, 32);
}
