/**
 * A recording in which somebody speaks 35 % of the time, its phrases as the product cuts them, and
 * what decoding each costs, with all effort and with less.
 */
import { MoonshineProvider } from '../daemon/adapters/inference/moonshine/moonshine';
import { SileroVad } from '../daemon/adapters/inference/silero/silero';
import { EFFORTS, optionsFor } from '../daemon/asr/engine/decodeEffort';
import { FRAME_MS, SAMPLE_RATE } from '../daemon/audio/frame';
import type { Phrase } from '../daemon/vad/contract';
import { PhraseSource, framesOf } from '../daemon/vad/phraseSource';
import type { MeasuredPhrase } from './capacitySimulation';
import { generator } from '../testing/scoring/noise';
import { type SpeechModels, libriUtterances, readAudio } from '../testing/harness/speechPath';

export const SPEECH_SHARE = 0.35;
/** About −66 dBFS, a quiet room. */
const ROOM_AMPLITUDE = 28;

/**
 * Every third utterance of both sets, each followed by silence of a length that makes the share.
 */
export function makeTrack(): Int16Array {
  const random = generator(35);
  const parts = libriUtterances()
    .filter((_, i) => i % 3 === 0)
    .flatMap(({ path }) => {
      const pcm = readAudio(path);
      // The audio lengths differ, so the pauses do too: half to one and a half of the mean.
      const rest = Math.round(pcm.length * (1 / SPEECH_SHARE - 1) * (1 + random() / 2));
      return [pcm, Int16Array.from({ length: rest }, () => Math.round(random() * ROOM_AMPLITUDE))];
    });
  const track = new Int16Array(
    Math.floor(parts.reduce((sum, { length }) => sum + length, 0) / 1600) * 1600,
  );
  let at = 0;
  for (const part of parts) {
    track.set(part.subarray(0, track.length - at), at);
    at += part.length;
  }
  return track;
}

/** Phrases of the track and the processor time of its decodes, one thread, in this process. */
export async function measurePhrases(
  models: SpeechModels,
  track: Int16Array,
): Promise<MeasuredPhrase[]> {
  const vad = new SileroVad();
  await vad.load({ id: 'silero', files: { model: models.vad } });
  const phrases: (Phrase & { readonly decidedMs: number })[] = [];
  let nowMs = 0;
  const source = new PhraseSource({
    source: 'mic',
    detector: {
      detect: (windows) => vad.detect(1, windows),
      reset: () => vad.close(1),
      dispose: () => undefined,
    },
    newId: () => `p${phrases.length}`,
    onPhrase: (phrase) => void phrases.push({ ...phrase, decidedMs: nowMs }),
  });
  for (const frame of framesOf('mic', track)) {
    nowMs = frame.captureMs + FRAME_MS;
    await source.process([frame]);
  }
  await source.flush();
  source.dispose();
  const asr = new MoonshineProvider();
  await asr.load({
    id: 'moonshine-tiny',
    files: { encoder: models.encoder, decoder: models.decoder },
  });
  const measured: MeasuredPhrase[] = [];
  let before: readonly number[] = [];
  for (const [i, phrase] of phrases.entries()) {
    if (i === 0) await asr.transcribe(phrase.pcm, { language: 'en' });
    const left = phrase.left && { pcm: phrase.left.pcm, tokens: before };
    const took = { full: 0, 'single-pass': 0, greedy: 0, 'no-context': 0 };
    for (const effort of EFFORTS) {
      const begun = process.cpuUsage();
      const { tokens = [] } = await asr.transcribe(
        phrase.pcm,
        optionsFor(effort, { language: 'en', ...(left ? { context: { left } } : {}) }),
      );
      const { user, system } = process.cpuUsage(begun);
      took[effort] = (user + system) / 1000;
      if (effort === 'full') before = tokens;
    }
    measured.push({
      speechEndMs: phrase.speechEndMs,
      decidedMs: phrase.decidedMs,
      audioMs: Math.round((phrase.pcm.length * 1000) / SAMPLE_RATE),
      hasLead: left !== undefined,
      cpuMs: took,
    });
  }
  await asr.unload();
  return measured;
}
