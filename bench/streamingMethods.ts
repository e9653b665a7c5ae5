/**
 * Ways to turn a session's audio into text with one model: the product's live and file paths, and
 * the usual methods.
 */
import type { AsrResult, DecodePurpose } from '../daemon/asr/contract/provider';
import type { ManagedSpeechEngine } from '../daemon/asr/contract/speechEngineApi';
import { FRAME_MS, SAMPLE_RATE } from '../daemon/audio/frame';
import { PhraseSource, framesOf } from '../daemon/vad/phraseSource';
import { fileSegmenterOptions } from '../daemon/vad/segmenter';
import type { TimedDecode } from './finalTimes';
import { LivePath } from '../testing/harness/livePath';
import { LocalAgreement } from './localAgreement';
import { textOf, transcribe } from '../testing/harness/speechPath';
import type { JoinedSession } from '../testing/harness/streamingSessions';

export interface MethodResult {
  readonly text: string;
  /** Sum over the decodes: their processor time, where the engine tells that. */
  readonly inferenceMs: number;
  readonly decodes: number;
  /** Phrases of the live path that silence ended. */
  readonly phrases?: readonly TimedDecode[];
}

export type Method = (engine: ManagedSpeechEngine, session: JoinedSession) => Promise<MethodResult>;

const CHUNK_MS = 4_000;
const STEP_MS = 1_000;
const STRETCH_PAUSE_MS = 500;
/**
 * The cut of a trim is moved to the quietest frame within so much of the estimated end of a word.
 */
const TRIM_SEARCH_MS = 240;

async function live(
  engine: ManagedSpeechEngine,
  session: JoinedSession,
  speculative = true,
): Promise<MethodResult> {
  const path = new LivePath({ engine, source: 'mic', sessionId: session.set, speculative });
  try {
    for (const frame of framesOf('mic', session.pcm)) await path.process(frame);
    await path.end();
    const { done, decisions, inferenceMs, decodes } = path;
    const phrases = done
      .filter(({ phrase }) => phrase.cause === 'silence')
      .flatMap(({ phrase, result }) => {
        const decision = decisions.get(phrase.id);
        return decision
          ? [{ speechEndMs: phrase.speechEndMs, inferenceMs: result.inferenceMs, ...decision }]
          : [];
      });
    return { text: textOf(done), inferenceMs, decodes, phrases };
  } finally {
    path.dispose();
  }
}

async function file(engine: ManagedSpeechEngine, session: JoinedSession): Promise<MethodResult> {
  const phrases = await transcribe(engine, session.pcm, fileSegmenterOptions);
  return { ...sum(phrases.map(({ result }) => result)), text: textOf(phrases) };
}

/**
 * The model on each utterance at once, where a person cut it: what any streaming can lose against.
 */
async function whole(engine: ManagedSpeechEngine, session: JoinedSession): Promise<MethodResult> {
  return sum(await inOrder(session.utterances, ({ pcm }) => decode(engine, floats(pcm))));
}

/** The same with the product's own search for the likeliest text, and its second hearing. */
async function searched(
  engine: ManagedSpeechEngine,
  session: JoinedSession,
): Promise<MethodResult> {
  return sum(await inOrder(session.utterances, ({ pcm }) => decode(engine, floats(pcm), 'final')));
}

async function chunks(engine: ManagedSpeechEngine, { pcm }: JoinedSession): Promise<MethodResult> {
  const size = (CHUNK_MS * SAMPLE_RATE) / 1000;
  const parts = Array.from({ length: Math.ceil(pcm.length / size) }, (_, i) =>
    pcm.subarray(i * size, (i + 1) * size),
  );
  return sum(await inOrder(parts, (part) => decode(engine, floats(part))));
}

/**
 * As tools do that have a speech detector in front: each stretch of speech has its own buffer, and
 * its end is the end of a text.
 */
async function agreement(
  engine: ManagedSpeechEngine,
  { pcm }: JoinedSession,
): Promise<MethodResult> {
  const texts: string[] = [];
  const results: AsrResult[] = [];
  for (const stretch of await speechIn(engine, pcm)) {
    const policy = new LocalAgreement();
    const samples = (ms: number): number => Math.round((ms * SAMPLE_RATE) / 1000);
    for (let start = 0, end = samples(STEP_MS); start < stretch.length; end += samples(STEP_MS)) {
      const buffer = stretch.subarray(start, Math.min(end, stretch.length));
      const result = await decode(engine, buffer);
      results.push(result);
      const step = policy.update(result.words, (buffer.length * 1000) / SAMPLE_RATE);
      texts.push(...step.committed);
      if (end >= stretch.length) break;
      if (step.trimMs > 0) start += quietest(buffer, samples(step.trimMs), samples(TRIM_SEARCH_MS));
    }
    texts.push(...policy.finish());
  }
  return { ...sum(results), text: texts.join(' ') };
}

/** Stretches between pauses of half a second, however long. */
async function speechIn(engine: ManagedSpeechEngine, pcm: Int16Array): Promise<Float32Array[]> {
  const found: Float32Array[] = [];
  let id = 0;
  const source = new PhraseSource({
    source: 'file',
    detector: engine.detectors.create('file'),
    newId: () => `p${++id}`,
    onPhrase: (phrase) => void found.push(phrase.pcm),
    options: {
      endSilenceMs: STRETCH_PAUSE_MS,
      shortEndSilenceMs: STRETCH_PAUSE_MS,
      maxPhraseMs: Infinity,
    },
  });
  try {
    await source.process(framesOf('file', pcm));
    await source.flush();
    return found;
  } finally {
    source.dispose();
  }
}

/**
 * Middle of the quietest 20 ms within `reach` samples around `at`; only the end of the buffer is
 * cut there as it is.
 */
function quietest(pcm: Float32Array, at: number, reach: number): number {
  if (at >= pcm.length) return pcm.length;
  const size = (FRAME_MS * SAMPLE_RATE) / 1000;
  let best = at;
  let least = Infinity;
  for (
    let from = Math.max(0, at - reach);
    from + size <= Math.min(pcm.length, at + reach);
    from += size / 2
  ) {
    const energy = pcm
      .subarray(from, from + size)
      .reduce((total, sample) => total + sample * sample, 0);
    if (energy < least) [least, best] = [energy, from + size / 2];
  }
  return best;
}

export const METHODS: readonly {
  readonly name: string;
  readonly title: string;
  readonly run: Method;
}[] = [
  { name: 'whole', title: '(a) model on whole utterances', run: whole },
  {
    name: 'searched',
    title: '(a) with the beam search and second decode of Earmark',
    run: searched,
  },
  { name: 'live', title: 'Earmark live', run: (engine, session) => live(engine, session) },
  {
    name: 'plain',
    title: 'Earmark live without speculation',
    run: (engine, session) => live(engine, session, false),
  },
  { name: 'file', title: 'Earmark file', run: file },
  { name: 'chunks', title: '(b) fixed 4 s chunks', run: chunks },
  {
    name: 'agreement',
    title: '(c) LocalAgreement-2, 1 s steps, behind the same speech detector',
    run: agreement,
  },
];

/** The usual methods take always the likeliest token, as the model's authors do. */
async function decode(
  engine: ManagedSpeechEngine,
  pcm: Float32Array,
  purpose: DecodePurpose = 'partial',
): Promise<AsrResult> {
  return (await engine.decode(pcm, {
    language: 'en',
    priority: 'final',
    sessionId: 'bench',
    purpose,
  })) as AsrResult;
}

/** One after the other, as audio comes in; two sessions at once keep both workers busy. */
async function inOrder<T>(
  parts: readonly T[],
  run: (part: T) => Promise<AsrResult>,
): Promise<AsrResult[]> {
  const results: AsrResult[] = [];
  for (const part of parts) results.push(await run(part));
  return results;
}

function sum(results: readonly AsrResult[]): MethodResult {
  return {
    text: results
      .map((result) => result.text)
      .filter((text) => text !== '')
      .join(' '),
    inferenceMs: results.reduce((total, result) => total + result.inferenceMs, 0),
    decodes: results.length,
  };
}

function floats(pcm: Int16Array): Float32Array {
  return Float32Array.from(pcm, (sample) => sample / 32_768);
}
