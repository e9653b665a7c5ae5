/**
 * Equal error rate of a speaker encoder: cuts of LibriSpeech readers, every pair of cuts that do
 * not overlap is a trial.
 */
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { decodeAudioFile } from '../daemon/adapters/capture/audioFile';
import { SAMPLE_RATE } from '../daemon/audio/frame';
import type { SpeakerEmbedder } from '../daemon/diarization/contract';
import { dot } from '../daemon/diarization/vectors';
import { SHARED } from '../testing/harness/speechPath';
import type { LoadedModelFiles } from '../daemon/models/modelFiles';

/** The models that ship. */
export function speakerModelFiles(): LoadedModelFiles {
  const of = (id: string): string => join(__dirname, '..', 'models', id, 'model.onnx');
  return {
    id: 'speakers',
    files: { encoder: of('campplus-zh-en'), segmentation: of('segmentation-3.0') },
  };
}

/** A reader's speech, with the name of its recording. */
export interface Reading {
  readonly reader: string;
  readonly path: string;
}

export function libriReadings(): Reading[] {
  const libri = join(SHARED, 'data', 'libri');
  return ['clean', 'other'].flatMap((set) =>
    readdirSync(join(libri, set))
      .filter((name) => name.endsWith('.flac'))
      .sort()
      .map((name) => ({
        reader: basename(name).split('-')[0] ?? '',
        path: join(libri, set, name),
      })),
  );
}

/** A recording, or one channel of it, 16 kHz, −1…1. */
export async function readSpeech(path: string, channel?: number): Promise<Float32Array> {
  const { tracks } = await decodeAudioFile(path, { splitChannels: channel !== undefined });
  return Float32Array.from(tracks[channel ?? 0]?.pcm ?? [], (x) => x / 32_768);
}

export interface Trials {
  readonly cuts: number;
  readonly same: number;
  readonly different: number;
  /** Percent. */
  readonly equalErrorRate: number;
  /** Similarity at which both errors are equal. */
  readonly threshold: number;
}

/** @param seconds of a cut; cuts of one recording follow each other */
export async function speakerTrials(encoder: SpeakerEmbedder, seconds: number): Promise<Trials> {
  const length = Math.round(seconds * SAMPLE_RATE);
  const cuts: { reader: string; embedding: Float32Array }[] = [];
  for (const { reader, path } of libriReadings()) {
    const pcm = await readSpeech(path);
    for (let at = 0; at + length <= pcm.length; at += length) {
      const [embedding] = await encoder.embed([pcm.slice(at, at + length)]);
      if (embedding) cuts.push({ reader, embedding });
    }
  }
  const same: number[] = [];
  const different: number[] = [];
  cuts.forEach((a, i) =>
    cuts
      .slice(i + 1)
      .forEach((b) =>
        (a.reader === b.reader ? same : different).push(dot(a.embedding, b.embedding)),
      ),
  );
  return { cuts: cuts.length, ...equalError(same, different) };
}

/** Where as large a part of the same is below as of the different above. */
export function equalError(
  same: readonly number[],
  different: readonly number[],
): Omit<Trials, 'cuts'> {
  const all = [
    ...same.map((value) => ({ value, same: true })),
    ...different.map((value) => ({ value, same: false })),
  ].sort((a, b) => a.value - b.value);
  let rejected = 0;
  let accepted = different.length;
  for (const one of all) {
    const [falseReject, falseAccept] = [rejected / same.length, accepted / different.length];
    if (falseReject >= falseAccept)
      return {
        same: same.length,
        different: different.length,
        equalErrorRate: 50 * (falseReject + falseAccept),
        threshold: one.value,
      };
    if (one.same) rejected++;
    else accepted--;
  }
  return { same: same.length, different: different.length, equalErrorRate: 0, threshold: 1 };
}
