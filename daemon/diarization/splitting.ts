/** Whose words a segment holds: by weighted overlap with the turns, and where it has to be split. */
import type { Segment } from '../transcript/types';
import type { Turn } from './contract';
import { speakersIn } from './turns';

/** A part of a segment that one speaker says. */
export interface SegmentPart {
  /** Undefined where no turn lies. */
  readonly speaker: string | undefined;
  readonly startMs: number;
  readonly endMs: number;
  /** Words from … to; of the whole segment where it is not split. */
  readonly from: number;
  readonly to: number;
}

/** A part of fewer words or less time is the neighbour's: word times are estimates, good to about half a second. */
const LEAST_WORDS = 2;
const LEAST_MS = 600;

/** A part that begins or ends within a sentence needs so much time to be believed. */
const LEAST_CUT_MS = 2_000;
/** How far a change of speaker may lie from the end of a sentence and still be meant for it. */
const SNAP_WORDS = 4;
const SNAP_MS = 1_500;
const SENTENCE_END = /[.?!…]["'”’)]*$/;

/** The speaker with the greatest share of the time; undefined where nobody has any. */
export function speakerOfSpan(turns: readonly Turn[], segment: Pick<Segment, 'source' | 'startMs' | 'endMs'>): string | undefined {
  const shares = [...speakersIn(turns, segment.source, segment.startMs, segment.endMs)];
  return shares.reduce<(typeof shares)[number] | undefined>((best, share) => (best && best[1] >= share[1] ? best : share), undefined)?.[0];
}

/** One part, or several where the speaker changes within; in order. */
export function partsOf(turns: readonly Turn[], segment: Segment): SegmentPart[] {
  const { words = [], startMs, endMs, source } = segment;
  const whole = [{ speaker: speakerOfSpan(turns, segment), startMs, endMs, from: 0, to: words.length }];
  if (words.length < 2 * LEAST_WORDS || words.map(({ text }) => text).join(' ') !== segment.text) return whole;
  const times = spokenTimes(turns, segment);
  const parts: SegmentPart[] = [];
  words.forEach((_word, i) => {
    const [from, to] = times[i] as readonly [number, number];
    const last = parts.at(-1);
    const speaker = speakerOfSpan(turns, { source, startMs: from, endMs: Math.max(from + 1, to) }) ?? last?.speaker;
    if (last && last.speaker === speaker) parts[parts.length - 1] = { ...last, endMs: to, to: i + 1 };
    else parts.push({ speaker, startMs: from, endMs: to, from: i, to: i + 1 });
  });
  const texts = words.map(({ text }) => text);
  const kept = withoutSlips(atSentenceEnds(withoutSlips(parts), texts, times), texts);
  if (kept.length < 2) return whole;
  return kept.map((part, i) => ({ ...part, startMs: i === 0 ? startMs : part.startMs, endMs: i === kept.length - 1 ? Math.max(endMs, part.startMs + 1) : Math.max(part.startMs + 1, Math.min(part.endMs, kept[i + 1]?.startMs ?? endMs)) }));
}

/** People take turns between sentences far more often than within: a change moves to the nearest end of one that is within reach. */
function atSentenceEnds(parts: readonly SegmentPart[], texts: readonly string[], times: readonly (readonly [number, number])[]): SegmentPart[] {
  const moved = [...parts];
  for (let i = 1; i < moved.length; i++) {
    const [before, after] = [moved[i - 1] as SegmentPart, moved[i] as SegmentPart];
    const startOf = (word: number): number => times[word]?.[0] ?? after.endMs;
    let nearest: number | undefined;
    for (let word = before.from + 1; word < after.to; word++) {
      const away = Math.abs(startOf(word) - after.startMs);
      if (!SENTENCE_END.test(texts[word - 1] ?? '') || Math.abs(word - after.from) > SNAP_WORDS || away > SNAP_MS) continue;
      if (nearest === undefined || away < Math.abs(startOf(nearest) - after.startMs)) nearest = word;
    }
    if (nearest === undefined) continue;
    moved[i - 1] = { ...before, endMs: times[nearest - 1]?.[1] ?? before.endMs, to: nearest };
    moved[i] = { ...after, startMs: startOf(nearest), from: nearest };
  }
  return moved;
}

/** The shortest slip joins its longer neighbour, until none is left. @param texts words; with them what cuts a sentence has to last longer */
function withoutSlips(parts: readonly SegmentPart[], texts?: readonly string[]): SegmentPart[] {
  const length = (part: SegmentPart): number => part.endMs - part.startMs;
  const cuts = (word: number): boolean => texts !== undefined && word > 0 && word < texts.length && !SENTENCE_END.test(texts[word - 1] ?? '');
  const kept = [...parts];
  for (;;) {
    const slips = kept.filter((part) => part.to - part.from < LEAST_WORDS || length(part) < (cuts(part.from) || cuts(part.to) ? LEAST_CUT_MS : LEAST_MS));
    const slip = slips.sort((a, b) => length(a) - length(b))[0];
    if (!slip || kept.length < 2) return kept;
    const at = kept.indexOf(slip);
    const [before, after] = [kept[at - 1], kept[at + 1]];
    const first = Math.max(0, before && (!after || length(before) >= length(after)) ? at - 1 : at);
    const [a, b] = [kept[first] as SegmentPart, kept[first + 1] as SegmentPart];
    const speaker = a === slip ? b.speaker : a.speaker;
    kept.splice(first, 2, { speaker, startMs: a.startMs, endMs: b.endMs, from: a.from, to: b.to });
    const next = kept[first + 1];
    if (next && next.speaker === speaker) kept.splice(first, 2, { ...(kept[first] as SegmentPart), endMs: next.endMs, to: next.to });
    const previous = kept[first - 1];
    if (previous && previous.speaker === speaker) kept.splice(first - 1, 2, { ...previous, endMs: (kept[first] as SegmentPart).endMs, to: (kept[first] as SegmentPart).to });
  }
}

/** Estimated times spread words over pauses too; where turns tell of pauses, words lie in the speech alone. */
function spokenTimes(turns: readonly Turn[], segment: Segment): (readonly [number, number])[] {
  const words = segment.words ?? [];
  if (words.some(({ timing }) => timing === 'model')) return words.map(({ startMs, endMs }) => [startMs, endMs]);
  const speech: [number, number][] = [];
  for (const turn of [...turns].filter(({ source }) => source === segment.source).sort((a, b) => a.startMs - b.startMs)) {
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
