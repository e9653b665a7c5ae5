/**
 * Conversations simulated from LibriSpeech readers, with exact turns: readings are cut at pauses,
 * people take turns with pauses and overlaps, say short things into each other's turns, and speak
 * at different levels in a room with noise. Everything follows from a seed.
 */
import { SAMPLE_RATE } from '../../daemon/audio/frame';
import type { Turn } from '../../testing/scoring/diarizationError';
import { Random } from './random';
import { addNoise, addRoom, toLevel } from './room';
import type { SampleSpan } from './speechSpans';

/** A recording at 16 kHz, −1…1, and the speech in it. */
export interface Utterance {
  readonly pcm: Float32Array;
  readonly spans: readonly SampleSpan[];
}

export interface Reader {
  readonly name: string;
  readonly readings: readonly Utterance[];
}

export interface Conversation {
  readonly name: string;
  readonly pcm: Int16Array;
  readonly turns: readonly Turn[];
  readonly speakers: number;
}

/** Seconds. */
const TURN = { median: 3.2, spread: 0.75, least: 0.6, most: 14 } as const;
const PAUSE = { median: 0.45, spread: 0.8, most: 3 } as const;
const OVERLAP = { least: 0.3, most: 1.6, part: 0.6 } as const;
const INTERJECTION = { least: 0.4, most: 1 } as const;
const GOES_ON = 0.12;
const INTERJECTS = 0.35;
const FADE = SAMPLE_RATE / 100;

class Speaker {
  private readonly turns: Utterance[];
  private readonly spans: Utterance[];
  private at = 0;
  readonly gain: number;
  /** How much of the talking is theirs, beside the others. */
  readonly share: number;

  constructor(
    readonly name: string,
    readings: readonly Utterance[],
    random: Random,
  ) {
    const levelled = readings.map(({ pcm, spans }) => ({ pcm: toLevel(pcm, -26), spans }));
    this.turns = random.shuffled(levelled.flatMap((reading) => turnsOf(reading, random)));
    this.spans = levelled.flatMap(({ pcm, spans }) =>
      spans.map((span) => ({ pcm, spans: [span] })),
    );
    this.gain = 10 ** (random.between(-3, 3) / 20);
    this.share = random.between(0.5, 1.5);
  }

  turn(): Utterance {
    return this.turns[this.at++ % this.turns.length] as Utterance;
  }

  /** @returns something short */
  interjection(random: Random): Utterance {
    const { pcm, spans } = random.pick(this.spans);
    const { from, to } = spans[0] as SampleSpan;
    const length = random.between(INTERJECTION.least, INTERJECTION.most) * SAMPLE_RATE;
    return { pcm, spans: [{ from, to: Math.min(to, Math.round(from + length)) }] };
  }
}

/** Neighbouring spans of speech up to a drawn length. */
function turnsOf({ pcm, spans: all }: Utterance, random: Random): Utterance[] {
  const draw = (): number =>
    SAMPLE_RATE *
    Math.min(TURN.most, Math.max(TURN.least, random.around(TURN.median, TURN.spread)));
  const turns: Utterance[] = [];
  let spans: SampleSpan[] = [];
  let wanted = draw();
  for (const span of all) {
    spans.push(span);
    if (span.to - (spans[0] as SampleSpan).from < wanted) continue;
    turns.push({ pcm, spans });
    spans = [];
    wanted = draw();
  }
  if (spans.length > 0) turns.push({ pcm, spans });
  return turns;
}

const lengthOf = ({ spans }: Utterance): number =>
  ((spans.at(-1)?.to ?? 0) - (spans[0]?.from ?? 0)) / SAMPLE_RATE;

/** @param seconds at least */
export function simulate(
  name: string,
  readers: readonly Reader[],
  seconds: number,
  seed: number,
): Conversation {
  const random = new Random(seed);
  const people = readers.map((reader) => new Speaker(reader.name, reader.readings, random));
  const mix = new Float32Array(Math.ceil((seconds + 60) * SAMPLE_RATE));
  const turns: Turn[] = [];
  const overlapWanted = random.between(0.05, 0.15);
  let [now, spoken, overlapped] = [0.5, 0, 0];
  let last: Speaker | undefined;
  const put = (who: Speaker, utterance: Utterance, at: number): void => {
    const first = utterance.spans[0]?.from ?? 0;
    for (const span of utterance.spans) {
      const start = Math.round(at * SAMPLE_RATE) + span.from - first;
      mixIn(mix, utterance.pcm, span, start, who.gain);
      turns.push({
        speaker: who.name,
        start: start / SAMPLE_RATE,
        end: (start + span.to - span.from) / SAMPLE_RATE,
      });
    }
  };
  while (now < seconds) {
    const who = random.next() < GOES_ON && last ? last : drawn(people, last, random);
    const utterance = who.turn();
    const length = lengthOf(utterance);
    let at = now + Math.min(PAUSE.most, random.around(PAUSE.median, PAUSE.spread));
    if (last && who !== last && overlapped < overlapWanted * Math.max(1, spoken)) {
      const shared = Math.min(random.between(OVERLAP.least, OVERLAP.most), OVERLAP.part * length);
      at = Math.max(0.2, now - shared);
      overlapped += now - at;
    }
    put(who, utterance, at);
    spoken += length;
    const others = people.filter((one) => one !== who);
    if (
      length > 3 &&
      others.length > 0 &&
      random.next() < INTERJECTS &&
      overlapped < overlapWanted * spoken
    ) {
      const other = random.pick(others);
      const short = other.interjection(random);
      put(other, short, at + random.between(0.8, length - 1.2));
      overlapped += lengthOf(short);
    }
    now = Math.max(now, at + length);
    last = who;
  }
  const end = Math.max(...turns.map((turn) => turn.end)) + 0.5;
  return {
    name,
    pcm: finished(mix.subarray(0, Math.round(end * SAMPLE_RATE)), random),
    turns: turns.sort((a, b) => a.start - b.start),
    speakers: new Set(turns.map(({ speaker }) => speaker)).size,
  };
}

function drawn(people: readonly Speaker[], last: Speaker | undefined, random: Random): Speaker {
  const others = people.filter((one) => one !== last);
  let left = random.next() * others.reduce((sum, { share }) => sum + share, 0);
  return others.find(({ share }) => (left -= share) < 0) ?? (others[0] as Speaker);
}

function mixIn(
  mix: Float32Array,
  pcm: Float32Array,
  { from, to }: SampleSpan,
  start: number,
  gain: number,
): void {
  const length = Math.min(to - from, mix.length - start);
  for (let i = 0; i < length; i++) {
    const fade = Math.min(1, (i + 1) / FADE, (length - i) / FADE);
    mix[start + i] = (mix[start + i] as number) + fade * gain * (pcm[from + i] as number);
  }
}

/** A small room in half of them, noise 18 to 35 dB below, levels as microphones give them. */
function finished(mix: Float32Array, random: Random): Int16Array {
  let out: Float32Array = mix.slice();
  if (random.next() < 0.5) out = addRoom(out, random);
  out = addNoise(out, random.between(18, 35), random);
  out = toLevel(out, random.between(-36, -20));
  return Int16Array.from(out, (x) => Math.round(32_767 * Math.max(-1, Math.min(1, x))));
}
