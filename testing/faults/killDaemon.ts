/**
 * The daemon that the kill rounds kill: store, spool, socket, sessions, segmentation are the
 * product's own. Only the engine is not: speech is what is louder than a fixed level, and a phrase
 * gets the words that stand at its place in a recording which Moonshine heard once, so that a
 * decode costs nothing and depends on the audio alone. A phrase whose samples do not stand in the
 * recording, as they would not if a frame were missing, is called damaged. Environment:
 * EARMARK_FAULT_AUDIO (s16le, 16 kHz), EARMARK_FAULT_WORDS (JSON of AnchoredWord[]).
 */
import { readFileSync } from 'node:fs';
import type { AsrResult } from '../../daemon/asr/contract/provider';
import { runDaemon } from '../../daemon/runDaemon';
import { VAD_WINDOW } from '../../daemon/vad/contract';
import { levelDb } from '../../daemon/vad/energyDetector';
import { FakeModels } from '../fakes/fakeModels';
import { ScriptedEngine, scriptedEngines } from '../fakes/scripted/scriptedEngine';
import { type AnchoredWord, DAMAGED } from './speech';

/** Samples by which a phrase is found in the recording. */
const PROBE = 480;
/**
 * What a decode takes, as a part of the length of its audio: as fast as Moonshine on two workers.
 */
const RTF = 0.01;

/**
 * Between the noise of the recordings and their softest words. Without memory, so that a new daemon
 * hears as the old one did.
 */
const SPEECH_DB = -50;

const audio = readFileSync(process.env['EARMARK_FAULT_AUDIO'] ?? '');
const words = JSON.parse(
  readFileSync(process.env['EARMARK_FAULT_WORDS'] ?? '', 'utf8'),
) as readonly AnchoredWord[];

function recognise(pcm: Float32Array): string {
  const bytes = Buffer.from(Int16Array.from(pcm, (v) => Math.round(v * 32_768)).buffer);
  const probeAt = 2 * Math.floor(pcm.length / 2);
  const found = audio.indexOf(bytes.subarray(probeAt, probeAt + 2 * PROBE));
  const from = (found - probeAt) / 2;
  const inside = audio.subarray(Math.max(0, 2 * from), 2 * (from + pcm.length));
  // The end of the last phrase may be silence that stands for what never was said.
  if (found < 0 || found % 2 !== 0 || !bytes.subarray(0, inside.length).equals(inside))
    return DAMAGED;
  return words
    .filter(({ sample }) => sample >= from && sample < from + pcm.length)
    .map(({ text }) => text)
    .join(' ');
}

function detect(windows: Float32Array): Promise<Float32Array> {
  return Promise.resolve(
    Float32Array.from({ length: windows.length / VAD_WINDOW }, (_, i) =>
      levelDb(windows.subarray(i * VAD_WINDOW, (i + 1) * VAD_WINDOW)) > SPEECH_DB ? 1 : 0,
    ),
  );
}

class PlacedEngine extends ScriptedEngine {
  override readonly detectors = {
    create: () => ({ detect, reset: () => undefined, dispose: () => undefined }),
  };

  override async decode(
    ...[pcm, { priority }]: Parameters<ScriptedEngine['decode']>
  ): Promise<AsrResult | undefined> {
    if (priority !== 'final') return undefined;
    const inferenceMs = (pcm.length / 16) * RTF;
    await new Promise((resolve) => setTimeout(resolve, inferenceMs));
    return { text: recognise(pcm), words: [], confidence: 0.9, language: 'en', inferenceMs };
  }
}

void runDaemon(process.argv.slice(2), {
  engines: () => scriptedEngines(new PlacedEngine()),
  models: () => new FakeModels(),
});
