/**
 * Assigns a segment to a speaker by its weighted overlap with the turns, and splits it if the
 * speaker changes.
 */
import type { Segment } from '../transcript/types';
import type { Turn } from './contract';
import { overlapMs, speakersIn } from './turns';

/** Speech of one voice within a segment. */
interface Span {
  readonly speaker: string;
  readonly startMs: number;
  readonly endMs: number;
  /** Duration without pauses. */
  readonly spokenMs: number;
}

/** A part of a segment with one speaker. */
export interface SegmentPart {
  /** Undefined if the part overlaps no turn. */
  readonly speaker: string | undefined;
  readonly startMs: number;
  readonly endMs: number;
  /** Range of words; all words if the segment is not split. */
  readonly from: number;
  readonly to: number;
}

/**
 * Minimum speech of a part, in milliseconds. A shorter part joins its neighbour, because one window
 * is unreliable.
 */
const LEAST_MS = 600;
/**
 * Minimum speech of a part that begins or ends within a sentence and without a pause. Voices are
 * often confused there for a moment.
 */
const LEAST_CUT_MS = 2_000;
/** Minimum common speech of two speakers who talk at the same time, in milliseconds. */
const LEAST_OVERLAP_MS = 300;
/** Minimum pause that separates speaker turns, in milliseconds. */
const TURN_PAUSE_MS = 200;
/**
 * Cost of a speaker change before a word, in milliseconds of distance from the estimated time.
 * Speakers change between sentences far more often than within.
 */
const AFTER_COMMA_MS = 500;
const AFTER_WORD_MS = 1_000;
const SENTENCE_END = /[.?!…]["'”’)]*$/;
const CLAUSE_END = /[,;:–—-]["'”’)]*$/;

/** The speaker with the largest share of the time; undefined if the time has no speaker. */
export function speakerOfSpan(
  turns: readonly Turn[],
  segment: Pick<Segment, 'source' | 'startMs' | 'endMs'>,
): string | undefined {
  const portions = [...speakersIn(turns, segment.source, segment.startMs, segment.endMs)];
  return portions.reduce<(typeof portions)[number] | undefined>(
    (best, share) => (best && best[1] >= share[1] ? best : share),
    undefined,
  )?.[0];
}

/** Speakers who talk at the same time as the segment's speaker, in order of their turns. */
export function overlappingSpeakers(
  turns: readonly Turn[],
  { source, startMs, endMs }: Pick<Segment, 'source' | 'startMs' | 'endMs'>,
  speaker: string,
): string[] {
  const within = turns
    .filter((turn) => turn.source === source && turn.startMs < endMs && turn.endMs > startMs)
    .map((turn) => ({
      speaker: turn.speaker,
      startMs: Math.max(startMs, turn.startMs),
      endMs: Math.min(endMs, turn.endMs),
    }))
    .sort((a, b) => a.startMs - b.startMs);
  const of = (id: string): typeof within => within.filter((turn) => turn.speaker === id);
  return [...new Set(within.map((turn) => turn.speaker))].filter(
    (other) => other !== speaker && overlapMs(of(speaker), of(other)) >= LEAST_OVERLAP_MS,
  );
}

/**
 * One part, or several parts in order if the speaker changes.
 * @param turns turns without their inner pauses, so words fall into speech only
 */
export function partsOf(turns: readonly Turn[], segment: Segment): SegmentPart[] {
  const { words = [], startMs, endMs } = segment;
  const whole = [
    { speaker: speakerOfSpan(turns, segment), startMs, endMs, from: 0, to: words.length },
  ];
  if (words.length < 2 || words.map(({ text }) => text).join(' ') !== segment.text) return whole;
  const { spans, starts } = placed(
    spansOf(turns, segment),
    words.map(({ text }) => text),
    spokenTimes(turns, segment),
  );
  if (spans.length < 2) return whole;
  return spans.map(({ speaker, ...span }, i) => ({
    speaker,
    startMs: i === 0 ? startMs : span.startMs,
    endMs: i === spans.length - 1 ? Math.max(endMs, span.startMs + 1) : span.endMs,
    from: starts[i] ?? 0,
    to: starts[i + 1] ?? words.length,
  }));
}

/** Speakers within the segment: one span between two changes. */
function spansOf(turns: readonly Turn[], { source, startMs, endMs }: Segment): Span[] {
  const spans: Span[] = [];
  for (const turn of [...turns]
    .filter((one) => one.source === source && one.endMs > startMs && one.startMs < endMs)
    .sort((a, b) => a.startMs - b.startMs)) {
    const last = spans.at(-1);
    const span = {
      speaker: turn.speaker,
      startMs: Math.max(startMs, turn.startMs, last?.endMs ?? 0),
      endMs: Math.min(endMs, turn.endMs),
      spokenMs: 0,
    };
    if (span.endMs <= span.startMs) continue;
    const spokenMs = span.endMs - span.startMs;
    if (last?.speaker === span.speaker)
      spans[spans.length - 1] = { ...last, endMs: span.endMs, spokenMs: last.spokenMs + spokenMs };
    else spans.push({ ...span, spokenMs });
  }
  return spans;
}

/** Spans that are long enough, and the first word of each. */
function placed(
  spans: readonly Span[],
  texts: readonly string[],
  times: readonly (readonly [number, number])[],
): { readonly spans: readonly Span[]; readonly starts: readonly number[] } {
  const starts = spans.some(({ spokenMs }) => spokenMs < LEAST_MS)
    ? undefined
    : places(spans, texts, times);
  /** True between two words of a sentence without a pause. */
  const cuts = (at: number): boolean => {
    const [before, after] = [spans[at - 1], spans[at]];
    return (
      before !== undefined &&
      after !== undefined &&
      after.startMs - before.endMs < TURN_PAUSE_MS &&
      !SENTENCE_END.test(texts[(starts?.[at] ?? 0) - 1] ?? '')
    );
  };
  const slips = [...spans.keys()].filter(
    (at) =>
      (spans[at] as Span).spokenMs <
      (starts && (cuts(at) || cuts(at + 1)) ? LEAST_CUT_MS : LEAST_MS),
  );
  if (spans.length < 2 || (starts && slips.length === 0)) return { spans, starts: starts ?? [0] };
  const slip = (slips.length > 0 ? slips : [...spans.keys()]).reduce((least, at) =>
    (spans[at] as Span).spokenMs < (spans[least] as Span).spokenMs ? at : least,
  );
  return placed(withoutSlip(spans, slip), texts, times);
}

/** Joins a span that is too short to its longer neighbour. */
function withoutSlip(spans: readonly Span[], slip: number): Span[] {
  const [before, after] = [spans[slip - 1], spans[slip + 1]];
  const speaker =
    (!after || (before && before.spokenMs >= after.spokenMs) ? before : after)?.speaker ?? '';
  const kept = spans.map((span, at) => (at === slip ? { ...span, speaker } : span));
  for (const at of [slip, slip - 1]) {
    const [a, b] = [kept[at], kept[at + 1]];
    if (a && b && a.speaker === b.speaker)
      kept.splice(at, 2, { ...a, endMs: b.endMs, spokenMs: a.spokenMs + b.spokenMs });
  }
  return kept;
}

/**
 * The first word of each span, with the smallest total cost of all changes; undefined if there are
 * fewer words than spans.
 */
function places(
  spans: readonly Span[],
  texts: readonly string[],
  times: readonly (readonly [number, number])[],
): readonly number[] | undefined {
  /**
   * For each possible first word of a span: smallest cost so far, and the first words of the
   * earlier spans.
   */
  let found = new Map<number, { readonly cost: number; readonly starts: readonly number[] }>([
    [0, { cost: 0, starts: [0] }],
  ]);
  for (const span of spans.slice(1)) {
    const next: typeof found = new Map();
    let best: { readonly cost: number; readonly starts: readonly number[] } | undefined;
    for (let word = 1; word < texts.length; word++) {
      const before = found.get(word - 1);
      if (before && (!best || before.cost < best.cost)) best = before;
      const text = texts[word - 1] ?? '';
      const cost =
        Math.abs((times[word]?.[0] ?? 0) - span.startMs) +
        (SENTENCE_END.test(text) ? 0 : CLAUSE_END.test(text) ? AFTER_COMMA_MS : AFTER_WORD_MS);
      if (best) next.set(word, { cost: best.cost + cost, starts: [...best.starts, word] });
    }
    found = next;
  }
  return [...found.values()].sort((a, b) => a.cost - b.cost)[0]?.starts;
}

/**
 * Estimated times also spread words over pauses. If turns contain pauses, the words are moved into
 * the speech.
 */
function spokenTimes(turns: readonly Turn[], segment: Segment): (readonly [number, number])[] {
  const words = segment.words ?? [];
  if (words.some(({ timing }) => timing === 'model'))
    return words.map(({ startMs, endMs }) => [startMs, endMs]);
  const speech: [number, number][] = [];
  for (const turn of [...turns]
    .filter(({ source }) => source === segment.source)
    .sort((a, b) => a.startMs - b.startMs)) {
    const from = Math.max(turn.startMs, segment.startMs, speech.at(-1)?.[1] ?? 0);
    const to = Math.min(turn.endMs, segment.endMs);
    if (to > from) speech.push([from, to]);
  }
  const total = speech.reduce((sum, [from, to]) => sum + to - from, 0);
  const first = words[0]?.startMs ?? segment.startMs;
  const span = (words.at(-1)?.endMs ?? segment.endMs) - first;
  if (total === 0 || span <= 0) return words.map(({ startMs, endMs }) => [startMs, endMs]);
  const place = (ms: number): number => {
    let left = ((ms - first) / span) * total;
    for (const [from, to] of speech) {
      if (left <= to - from) return Math.round(from + left);
      left -= to - from;
    }
    return segment.endMs;
  };
  return words.map(({ startMs, endMs }) => [place(startMs), place(endMs)]);
}
