/**
 * Segments in the packed form that a session keeps for hours. The words of each are one string:
 * about three bytes per word and eight for a confidence, instead of an object of a hundred bytes.
 * An unpacked segment equals the original, key for key.
 */
import type { AsrWord } from '../asr/contract/provider';
import { Packer, Unpacker } from '../base/packing';
import type { SegmentText, Segment } from './types';

export interface PackedSegment extends SegmentText {
  readonly words?: string;
}

/** Bits of a word: which of its fields follow in which form. */
const ESTIMATED = 1;
const WHOLE_TIMES = 2;
const SAME_CONFIDENCE = 4;
const NO_CONFIDENCE = 8;
/** Larger time differences to the word before are not written as steps. */
const MOST_STEP_MS = 2 ** 29;

export function packSegment(segment: Segment): PackedSegment {
  const { words, ...rest } = segment;
  return words ? { ...segment, words: packWords(segment.text, words) } : rest;
}

export function unpackSegment(segment: PackedSegment): Segment {
  const { words, ...rest } = segment;
  return words === undefined ? rest : { ...segment, words: unpackWords(segment.text, words) };
}

function packWords(text: string, words: readonly AsrWord[]): string {
  const packer = new Packer();
  // Nearly always the word list is the words of the text in order.
  const said =
    words.map((word) => word.text).join(' ') === text && text.split(' ').length === words.length;
  packer.number(said ? 1 : 0);
  let [before, last] = [0, Number.NaN];
  packer.list(words, (word) => {
    const { startMs, endMs, confidence, timing } = word;
    const whole = isStep(startMs - before, startMs) && isStep(endMs - startMs, endMs);
    const same = Object.is(confidence, last);
    packer.number(
      (timing === 'estimated' ? ESTIMATED : 0) |
        (whole ? WHOLE_TIMES : 0) |
        (same ? SAME_CONFIDENCE : 0) |
        (confidence === undefined ? NO_CONFIDENCE : 0),
    );
    if (whole)
      for (const step of [startMs - before, endMs - startMs])
        packer.number(step < 0 ? -2 * step - 1 : 2 * step);
    else for (const ms of [startMs, endMs]) packer.double(ms);
    if (!same && confidence !== undefined) packer.double(confidence);
    if (!said) packer.text(word.text);
    [before, last] = [whole ? endMs : before, confidence ?? last];
  });
  return packer.packed;
}

function unpackWords(text: string, packed: string): readonly AsrWord[] {
  const unpacker = new Unpacker(packed);
  const texts = unpacker.number() === 1 ? text.split(' ') : undefined;
  let [before, last, at] = [0, Number.NaN, 0];
  const step = (): number => {
    const value = unpacker.number();
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
  };
  return unpacker.list((): AsrWord => {
    const bits = unpacker.number();
    const whole = (bits & WHOLE_TIMES) !== 0;
    const startMs = whole ? before + step() : unpacker.double();
    const endMs = whole ? startMs + step() : unpacker.double();
    const absent = (bits & NO_CONFIDENCE) !== 0;
    if (!absent && !(bits & SAME_CONFIDENCE)) last = unpacker.double();
    if (whole) before = endMs;
    return {
      text: texts?.[at++] ?? unpacker.text(),
      startMs,
      endMs,
      ...(absent ? {} : { confidence: last }),
      timing: bits & ESTIMATED ? 'estimated' : 'model',
    };
  });
}

/** @param ms the time after the step */
function isStep(step: number, ms: number): boolean {
  return (
    Number.isInteger(step) &&
    Math.abs(step) < MOST_STEP_MS &&
    Number.isInteger(ms) &&
    !Object.is(ms, -0)
  );
}
