/**
 * What forced cuts cost: speech that goes on is cut at random points, both sides are decoded as the
 * daemon does it, and words lost or doubled around the seam are counted against the model on the
 * same audio uncut. The model hears that once more behind a little silence, uncut too: what it
 * hears otherwise then, at the same places, is its own doubt and no seam's. Usage: `npm run bench
 * -- cuts [--cuts N]`.
 */
import { FRAME_MS, SAMPLE_RATE } from '../daemon/audio/frame';
import { Drafts } from '../daemon/speech/drafts';
import type { ManagedSpeechEngine } from '../daemon/asr/contract/speechEngineApi';
import { PhraseSource, framesOf } from '../daemon/vad/phraseSource';
import { generator } from '../testing/scoring/noise';
import { type Row, reportResults } from './report';
import {
  findModels,
  libriUtterances,
  makeEngine,
  phraseDecoder,
  readAudio,
  textOf,
  type DecodedPhrase,
  type Utterance,
} from '../testing/harness/speechPath';
import { normaliseWords } from '../testing/scoring/wordErrors';
import {
  type SeamErrors,
  type Step,
  alignWords,
  seamAt,
  seamErrors,
} from '../testing/scoring/wordAlignment';

const CUTS = 1_000;
const SEED = 20_817;
/**
 * The cap falls at a random point of this stretch of an utterance, and so much is left behind it.
 */
const EARLIEST_MS = 3_500;
const LEFT_MS = 1_500;
/** Utterances fit into one decode, so that (a) is the model on the whole. */
const LONGEST_MS = 20_000;
/** Silence in front of the audio that the model hears once more. */
const SILENCE_MS = 200;

interface CutText {
  readonly before: string;
  readonly after: string;
}

/**
 * A recording whose cap falls at `capMs`; silence ends nothing, so that the cut is the only seam.
 */
async function cutAt(
  engine: ManagedSpeechEngine,
  pcm: Int16Array,
  capMs: number,
  { leads, tails }: { readonly leads: boolean; readonly tails: boolean },
): Promise<CutText | undefined> {
  const done: DecodedPhrase[] = [];
  let id = 0;
  const drafts = new Drafts();
  const decoder = phraseDecoder(engine, 'cuts', drafts, (phrase, result) =>
    done.push({ phrase, result }),
  );
  const source = new PhraseSource({
    source: 'file',
    detector: engine.detectors.create('file'),
    newId: () => `p${++id}`,
    onPhrase: ({ left, right, ...phrase }) =>
      decoder.add({
        ...phrase,
        ...(left && leads ? { left } : {}),
        ...(right && tails ? { right } : {}),
      }),
    options: { endSilenceMs: 30_000, shortEndSilenceMs: 30_000, maxPhraseMs: capMs },
  });
  try {
    const frames = framesOf('file', pcm);
    const behind = frames.findIndex((_, i) => i * FRAME_MS >= capMs);
    await source.process(frames.slice(0, behind));
    await source.process(frames.slice(behind));
    await source.flush();
    await decoder.drained();
  } finally {
    source.dispose();
  }
  const [first, ...rest] = done;
  if (!first || first.phrase.cause !== 'cap') return undefined;
  return { before: textOf([first]), after: textOf(rest) };
}

interface Uncut {
  readonly whole: readonly Step[];
  readonly again: readonly Step[];
}

async function uncut(
  engine: ManagedSpeechEngine,
  pcm: Int16Array,
  reference: readonly string[],
): Promise<Uncut> {
  const recognise = async (silenceMs: number): Promise<Step[]> => {
    const padded = new Float32Array((silenceMs * SAMPLE_RATE) / 1000 + pcm.length);
    padded.set(
      Float32Array.from(pcm, (x) => x / 32_768),
      padded.length - pcm.length,
    );
    return alignWords(
      reference,
      normaliseWords(
        (await engine.decode(padded, { language: 'en', priority: 'final', sessionId: 'cuts' }))
          ?.text ?? '',
      ),
    );
  };
  return { whole: await recognise(0), again: await recognise(SILENCE_MS) };
}

class Sum {
  lost = 0;
  doubled = 0;
  /** Errors of (a) that are not made. */
  fewer = 0;

  add(beyond: SeamErrors, made: SeamErrors): void {
    this.lost += beyond.lost;
    this.doubled += beyond.doubled;
    this.fewer += made.lost + made.doubled;
  }
}

async function main(): Promise<void> {
  const [folder, ...rest] = process.argv.slice(2);
  const models = findModels(folder);
  const count = rest.includes('--cuts') ? Number(rest[rest.indexOf('--cuts') + 1]) : CUTS;
  const utterances = libriUtterances();
  if (!models || utterances.length === 0 || !(count >= 1)) {
    process.stderr.write(
      !models
        ? 'Give the folder that holds encoder_model.onnx, decoder_model_merged.onnx and silero_vad_v6.onnx.\n'
        : utterances.length === 0
          ? 'The LibriSpeech sets are not beside the repository.\n'
          : '--cuts takes a number, 1 or more.\n',
    );
    process.exitCode = 2;
    return;
  }
  const long = utterances
    .map((utterance) => ({ utterance, pcm: readAudio(utterance.path) }))
    .filter(
      ({ pcm }) =>
        (pcm.length * 1000) / SAMPLE_RATE > EARLIEST_MS + LEFT_MS &&
        (pcm.length * 1000) / SAMPLE_RATE < LONGEST_MS,
    );
  const engine = makeEngine(models);
  try {
    await engine.ready();
    report(await measureCuts(engine, long, count), long.length);
  } finally {
    engine.dispose();
  }
}

interface Recording {
  readonly utterance: Utterance;
  readonly pcm: Int16Array;
}

interface Totals {
  cuts: number;
  readonly both: Sum;
  readonly led: Sum;
  readonly plain: Sum;
  readonly again: Sum;
}

/** Two cuts at a time, at random points that are the same in every run. */
async function measureCuts(
  engine: ManagedSpeechEngine,
  long: readonly Recording[],
  count: number,
): Promise<Totals> {
  const random = generator(SEED);
  const wholes = new Map<string, Promise<Uncut>>();
  const jobs = Array.from({ length: count }, (_, i) => {
    const { utterance, pcm } = long[i % long.length] as Recording;
    const lengthMs = (pcm.length * 1000) / SAMPLE_RATE;
    return {
      utterance,
      pcm,
      capMs: Math.round(EARLIEST_MS + ((random() + 1) / 2) * (lengthMs - LEFT_MS - EARLIEST_MS)),
    };
  });
  const totals: Totals = {
    cuts: 0,
    both: new Sum(),
    led: new Sum(),
    plain: new Sum(),
    again: new Sum(),
  };
  const worker = async (): Promise<void> => {
    for (let job = jobs.shift(); job; job = jobs.shift()) {
      const { utterance, pcm, capMs } = job;
      const reference = normaliseWords(utterance.reference);
      const known = wholes.get(utterance.id) ?? uncut(engine, pcm, reference);
      wholes.set(utterance.id, known);
      const { whole, again } = await known;
      const both = await cutAt(engine, pcm, capMs, { leads: true, tails: true });
      const led = await cutAt(engine, pcm, capMs, { leads: true, tails: false });
      const plain = await cutAt(engine, pcm, capMs, { leads: false, tails: false });
      if (!both || !led || !plain) continue;
      totals.cuts++;
      for (const [sum, { before, after }] of [
        [totals.both, both],
        [totals.led, led],
        [totals.plain, plain],
      ] as const) {
        const text = alignWords(reference, normaliseWords(`${before} ${after}`));
        const at = seamAt(text, normaliseWords(before).length);
        sum.add(seamErrors(text, at, whole), seamErrors(whole, at, text));
        if (sum === totals.both)
          totals.again.add(seamErrors(again, at, whole), seamErrors(whole, at, again));
      }
    }
  };
  await Promise.all([worker(), worker()]);
  return totals;
}

function report(totals: Totals, utterances: number): void {
  const perHundred = ({ lost, doubled }: Sum): number =>
    (100 * (lost + doubled)) / Math.max(1, totals.cuts);
  const row = (method: string, sum: Sum): Row => ({
    method,
    cuts: totals.cuts,
    'words lost at the seam': sum.lost,
    'words doubled or put in at the seam': sum.doubled,
    'per hundred cuts': perHundred(sum).toFixed(1),
    'errors of (a) there that it does not make': sum.fewer,
  });
  reportResults({
    about: [
      `${totals.cuts} forced cuts at random points of ${utterances} LibriSpeech utterances of 5 to`,
      '20 s, clean and other, Moonshine tiny.',
      'A cap falls at the point; the cut is made at the quietest place of the stretch before it.',
      'Errors are missing or extra words within two words of the seam,',
      'beyond those of the model on the whole utterance, (a).',
      `The last row is (a) once more, uncut, behind ${SILENCE_MS} ms of silence:`,
      'it shows how far the model differs from itself.',
    ].join(' '),
    rows: [
      row('Earmark: each side with the audio of the other', totals.both),
      row('only the second, behind the audio and text of the first', totals.led),
      row('each side alone', totals.plain),
      row('no seam: (a) once more behind a little silence', totals.again),
    ],
    metrics: {
      'words lost or doubled per hundred cuts': {
        value: Number(perHundred(totals.both).toFixed(2)),
        better: 'lower',
        noise: 1,
        mark: 0,
      },
    },
  });
}

if (require.main === module) void main();
