/**
 * The simulated conversations of the diarization bench: readers are split in two, settings are
 * chosen on conversations of one half and reported on those of the other.
 */
import { SAMPLE_RATE } from '../../daemon/audio/frame';
import { type Reading, libriReadings, readSpeech } from '../speakerTrials';
import type { SileroVad } from '../../daemon/adapters/inference/silero/silero';
import { VAD_WINDOW } from '../../daemon/vad/contract';
import { Random } from './random';
import { speechSpans } from './speechSpans';
import { type Conversation, type Reader, type Utterance, simulate } from './simulate';

export type Part = 'tuning' | 'test';

export type Length = 'long' | 'short';

/** Conversations of each part and length. */
const COUNT = 20;
const SEED: Readonly<Record<Part, number>> = { tuning: 1_000, test: 2_000 };
/** Minutes, drawn with equal chance on a logarithmic scale. */
const MINUTES: Readonly<Record<Length, readonly [least: number, most: number]>> = {
  long: [2, 20],
  short: [0.5, 1],
};
/** Where the seeds of short conversations begin. */
const SHORT_SEED = 500;
/** Speech of a reader for each conversation, seconds. */
const LEAST_SPEECH = 8;

/** Readers of a part: every second one of those with many recordings, and of those with one. */
async function readersOf(
  part: Part,
  detector: Detector,
): Promise<{ many: Reader[]; one: Reader[] }> {
  const byReader = new Map<string, Reading[]>();
  for (const reading of libriReadings())
    byReader.set(reading.reader, [...(byReader.get(reading.reader) ?? []), reading]);
  const own = (many: boolean): string[] =>
    [...byReader]
      .filter(([, readings]) => readings.length > 3 === many)
      .map(([name]) => name)
      .sort()
      .filter((_name, i) => i % 2 === (part === 'tuning' ? 0 : 1));
  const load = async (name: string): Promise<Reader> => ({
    name,
    readings: await Promise.all((byReader.get(name) ?? []).map(({ path }) => read(path, detector))),
  });
  const loaded = async (names: readonly string[]): Promise<Reader[]> =>
    (await Promise.all(names.map(load))).filter(
      ({ readings }) => speechOf(readings) >= LEAST_SPEECH,
    );
  return { many: await loaded(own(true)), one: await loaded(own(false)) };
}

type Detector = Pick<SileroVad, 'detect' | 'close'>;

let streams = 0;
async function read(path: string, detector: Detector): Promise<Utterance> {
  const pcm = await readSpeech(path);
  const stream = ++streams;
  const whole = pcm.subarray(0, pcm.length - (pcm.length % VAD_WINDOW));
  const spans = speechSpans(pcm, await detector.detect(stream, whole));
  detector.close(stream);
  return { pcm, spans };
}

/** Seconds. */
function speechOf(readings: readonly Utterance[]): number {
  return (
    readings.flatMap(({ spans }) => spans).reduce((sum, { from, to }) => sum + to - from, 0) /
    SAMPLE_RATE
  );
}

/** One after the other, so that memory holds one of them. */
export async function* conversations(
  part: Part,
  detector: Detector,
  length: Length = 'long',
  count = COUNT,
): AsyncGenerator<Conversation> {
  const { many, one } = await readersOf(part, detector);
  for (let i = 0; i < count; i++) {
    const seed = SEED[part] + (length === 'short' ? SHORT_SEED : 0) + i;
    const random = new Random(seed);
    const [least, most] = MINUTES[length];
    const speakers = 2 + (i % 5);
    const minutes = least * (most / least) ** random.next();
    const withMany = Math.min(speakers, many.length, 1 + random.below(2));
    const readers = [
      ...random.shuffled(many).slice(0, withMany),
      ...random.shuffled(one).slice(0, speakers - withMany),
    ];
    yield simulate(`${part}-${length}-${i}`, readers, 60 * minutes, 7 * seed);
  }
}
