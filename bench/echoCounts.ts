/** Counts what the echo gate hid of the finals of the microphone, by whose speech they hold. */
import { matchWords, type TimedWord } from '../daemon/echo/echoText';
import type { Transcript } from '../daemon/transcript/transcript';
import type { Segment } from '../daemon/transcript/types';
import type { Meeting, Scene, Span } from './echoScenes';

/** A segment holds a voice from so much of it on; less is the edge of a phrase. */
const HOLDS_MS = 200;

export interface EchoCounts {
  name: string;
  /**
   * Finals of the microphone that hold the loudspeakers alone, how many were hidden, and how many
   * of those after they were shown.
   */
  echoes: number;
  hidden: number;
  late: number;
  /**
   * Finals of the user alone, or over the loudspeakers; and of both one after the other. What was
   * hidden of them must be 0.
   */
  own: number;
  ownHidden: number;
  /** Finals with speech over the system's speech, and those that lost any word. */
  doubleTalk: number;
  doubleTalkHidden: number;
  doubleTalkParted: number;
  /** Those of them whose microphone hears the loudspeakers too. */
  doubleTalkEchoed: number;
  mixed: number;
  mixedHidden: number;
  /**
   * In finals of a meeting: words of the others in sight before and after, words of the user before
   * and hidden.
   */
  echoWords: number;
  echoWordsLeft: number;
  ownWords: number;
  ownWordsHidden: number;
}

export interface Outcome {
  /** Behind the gate. */
  readonly transcript: Transcript;
  /** Ids of finals that were hidden, or cut, after they were shown. */
  readonly late: ReadonlySet<string>;
}

/** What of these finals of the microphone was hidden. */
export function count(
  scene: Scene,
  mic: readonly Segment[],
  { transcript, late }: Outcome,
  spoken: Meeting | undefined,
  left: string[],
): EchoCounts {
  const counts: EchoCounts = {
    name: scene.name,
    echoes: 0,
    hidden: 0,
    late: 0,
    own: 0,
    ownHidden: 0,
    doubleTalk: 0,
    doubleTalkHidden: 0,
    doubleTalkParted: 0,
    doubleTalkEchoed: 0,
    mixed: 0,
    mixedHidden: 0,
    echoWords: 0,
    echoWordsLeft: 0,
    ownWords: 0,
    ownWordsHidden: 0,
  };
  const delayed = scene.echo
    ? scene.systemSpans.map(({ startMs, endMs }) => ({
        startMs: startMs + (scene.echo?.delayMs ?? 0),
        endMs: endMs + (scene.echo?.delayMs ?? 0),
      }))
    : [];
  const both = scene.ownSpans.flatMap((own) =>
    scene.systemSpans.flatMap((other) => overlap(own, other) ?? []),
  );
  const ordered = transcript.ordered();
  for (const segment of mic) {
    const parts = ordered.filter(({ id }) => id === segment.id || id.startsWith(`${segment.id}.`));
    const holds = (spans: readonly Span[]): boolean =>
      spans.reduce((sum, span) => sum + length(overlap(span, segment)), 0) >= HOLDS_MS;
    const [own, echo] = [holds(scene.ownSpans), holds(delayed)];
    const judged: Judged = { scene, parts, late: late.has(segment.id) };
    if (own && holds(both)) countDoubleTalk(counts, judged, left);
    else if (own && echo) countMixed(counts, judged, left);
    else if (own) countOwn(counts, judged);
    else if (echo) countEcho(counts, judged, segment.text, left);
    if (spoken) countWords(counts, parts, spoken, left);
  }
  return counts;
}

/** A final of the microphone as the gate left it. */
interface Judged {
  readonly scene: Scene;
  readonly parts: readonly Segment[];
  /** It was shown before it was hidden. */
  readonly late: boolean;
}

const isWhole = (parts: readonly Segment[]): boolean => parts.every(({ hidden }) => hidden);

/** Text of all parts, hidden ones in brackets. */
const shown = (parts: readonly Segment[]): string =>
  parts.map(({ text, hidden }) => (hidden ? `(${text})` : text)).join(' ');

function countDoubleTalk(counts: EchoCounts, { scene, parts }: Judged, left: string[]): void {
  counts.doubleTalk++;
  if (scene.echo) counts.doubleTalkEchoed++;
  if (!parts.some(({ hidden }) => hidden)) {
    // A final without parts counts as hidden.
    if (parts.length === 0) counts.doubleTalkHidden++;
    return;
  }
  const whole = isWhole(parts);
  left.push(`${scene.name}, double-talk ${whole ? 'hidden' : 'parted'}: ${shown(parts)}`);
  if (whole) counts.doubleTalkHidden++;
  else counts.doubleTalkParted++;
}

function countMixed(counts: EchoCounts, { scene, parts }: Judged, left: string[]): void {
  counts.mixed++;
  if (isWhole(parts)) counts.mixedHidden++;
  left.push(`${scene.name}, mixed: ${shown(parts)}`);
}

function countOwn(counts: EchoCounts, { parts }: Judged): void {
  counts.own++;
  if (parts.some(({ hidden }) => hidden)) counts.ownHidden++;
}

function countEcho(
  counts: EchoCounts,
  { scene, parts, late }: Judged,
  text: string,
  left: string[],
): void {
  counts.echoes++;
  if (!isWhole(parts)) {
    left.push(`${scene.name}: ${text}`);
    return;
  }
  counts.hidden++;
  if (late) counts.late++;
}

/**
 * Words of a part by whose turn they are in: the user's, the others', or both's (a word that both
 * say counts for nobody).
 */
function countWords(
  counts: EchoCounts,
  parts: readonly Segment[],
  spoken: Meeting,
  left: string[],
): void {
  for (const part of parts) {
    const words = part.words ?? [];
    const own = matchWords(words, reference(spoken, 'mic'));
    const others = matchWords(words, reference(spoken, 'system'));
    const theirs = words.filter((_, i) => others[i] && !own[i]);
    const ours = words.filter((_, i) => own[i] && !others[i]);
    counts.echoWords += theirs.length;
    counts.ownWords += ours.length;
    if (part.hidden) counts.ownWordsHidden += ours.length;
    else counts.echoWordsLeft += theirs.length;
    if (part.hidden && ours.length > 0)
      left.push(`own words hidden (${ours.map(({ text }) => text).join(' ')}): ${part.text}`);
  }
}

function reference(meeting: Meeting, source: 'mic' | 'system'): TimedWord[] {
  return meeting.turns
    .filter((turn) => turn.source === source)
    .flatMap(({ text, start, end }) => {
      const tokens = text.split(/\s+/);
      const step = (1000 * (end - start)) / tokens.length;
      return tokens.map((token, i) => ({
        text: token,
        startMs: start * 1000 + i * step,
        endMs: start * 1000 + (i + 1) * step,
      }));
    });
}

function overlap(a: Span, b: Span): Span | undefined {
  const [startMs, endMs] = [Math.max(a.startMs, b.startMs), Math.min(a.endMs, b.endMs)];
  return endMs > startMs ? { startMs, endMs } : undefined;
}

function length(span: Span | undefined): number {
  return span ? span.endMs - span.startMs : 0;
}
