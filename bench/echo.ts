/**
 * Echo removal over the real speech path. The others' audio of spoken meetings is mixed into the
 * microphone at −3 to −25 dB with 0 to 200 ms delay, and in a ringing room; other voices are laid
 * over it, and the same words in another voice. Finals pass the session's own gate at the times at
 * which they would be ready. Counts what was dropped. Usage: `tsx bench/echo.ts MODELS_FOLDER
 * [--quick] [--only=TEXT] [--text]`; `--text` prints what is not as it should be.
 */
import { FRAME_MS } from '../daemon/audio/frame';
import { ManualClock } from '../daemon/base/clock';
import type { ManagedSpeechEngine } from '../daemon/asr/speechEngineApi';
import { EchoGate } from '../daemon/session/echoGate';
import { defaultSessionOptions } from '../daemon/session/options';
import { segmentOf } from '../daemon/session/segmentOf';
import { matchWords, type TimedWord } from '../daemon/transcript/echoText';
import { Transcript } from '../daemon/transcript/transcript';
import type { Segment } from '../daemon/transcript/types';
import { framesOf } from '../daemon/vad/phraseSource';
import {
  type Echo,
  type Meeting,
  type Scene,
  type Span,
  cut,
  doubleTalk,
  echoed,
  listened,
  readMeeting,
  unison,
} from './echoScenes';
import { LivePath } from './livePath';
import { type Row, reportResults } from './report';
import { findModels, makeEngine } from './speechPath';

export const MEETINGS = ['auth-standup', 'sync-engine-design-review'] as const;
const LEVELS_DB = [-3, -10, -18, -25] as const;
const DELAYS_MS = [0, 60, 120, 200] as const;
/** Ways of the audio under voices that talk over it: over the whole range of levels and delays. */
const UNDER_VOICES: readonly Echo[] = [
  { db: -25, delayMs: 0 },
  { db: -20, delayMs: 40 },
  { db: -14, delayMs: 200 },
  { db: -10, delayMs: 100 },
  { db: -3, delayMs: 160 },
  { db: -6, delayMs: 0 },
];
const SLICE_MS = 66_000;
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

export interface EchoReport {
  readonly scenes: readonly EchoCounts[];
  readonly frameMicros: number;
  readonly finalMs: number;
  /** What stayed in sight of echoes; synthetic or read speech, nobody's. */
  readonly left: readonly string[];
}

type Make = { readonly make: () => Scene; readonly spoken?: Meeting };

/**
 * Sixteen ways of the audio over slices of both meetings, where the user speaks and where not; a
 * ringing room, headphones, voices over it.
 */
function scenes(quick: boolean): Make[] {
  const meetings = MEETINGS.map(readMeeting);
  const [first, second] = meetings;
  if (!first || !second) return [];
  const slice = (n: number): Meeting =>
    cut(n % 2 === 0 ? first : second, (n >> 1) * SLICE_MS, ((n >> 1) + 1) * SLICE_MS);
  const made: Make[] = [];
  const turns = (spoken: Meeting, echo: Echo | undefined): void =>
    void made.push({ spoken, make: () => echoed(spoken, echo) });
  LEVELS_DB.forEach((db, i) =>
    DELAYS_MS.forEach((delayMs, j) => {
      if (quick && i !== j) return;
      turns(slice((i * 3 + j) % 8), { db, delayMs });
      turns(listened(slice((i * 3 + j + 4) % 8)), { db, delayMs });
    }),
  );
  turns(slice(1), { db: -8, delayMs: 47, reverbMs: 300 });
  turns(slice(4), { db: -16, delayMs: 93, reverbMs: 400 });
  turns(slice(2), undefined);
  turns(slice(5), undefined);
  for (const [i, meeting] of [first, second].entries()) {
    made.push({ make: () => doubleTalk(meeting, undefined, 1 + 50 * i) });
    if (quick) continue;
    UNDER_VOICES.forEach((echo, k) =>
      made.push({ make: () => doubleTalk(cut(meeting, 0, 130_000), echo, 7 + 31 * k + 13 * i) }),
    );
    made.push(
      { make: () => unison(meeting, undefined) },
      { make: () => unison(meeting, { db: -12, delayMs: 70 }) },
    );
  }
  return made;
}

export async function measureEcho(
  engine: ManagedSpeechEngine,
  quick = false,
  onScene: (counts: EchoCounts) => void = () => undefined,
  only = '',
): Promise<EchoReport> {
  await engine.ready();
  const cost = { frames: 0, frameMs: 0, finals: 0, finalMs: 0 };
  const left: string[] = [];
  const counted: EchoCounts[] = [];
  for (const { make, spoken } of scenes(quick)) {
    const scene = make();
    if (!scene.name.includes(only)) continue;
    const [mic, system] = await Promise.all([
      decoded(engine, scene, 'mic'),
      decoded(engine, scene, 'system'),
    ]);
    const run = through(scene, mic, system, cost);
    const counts = count(
      scene,
      mic.map(({ segment }) => segment),
      run,
      spoken,
      left,
    );
    counted.push(counts);
    onScene(counts);
  }
  return {
    scenes: counted,
    frameMicros: (1000 * cost.frameMs) / cost.frames,
    finalMs: cost.finalMs / cost.finals,
    left,
  };
}

interface Timed {
  readonly segment: Segment;
  /** When its text is there. */
  readonly readyMs: number;
}

async function decoded(
  engine: ManagedSpeechEngine,
  scene: Scene,
  source: 'mic' | 'system',
): Promise<Timed[]> {
  const live = new LivePath({ engine, source, sessionId: `${scene.name} ${source}` });
  try {
    for (const frame of framesOf(source, scene[source])) await live.process(frame);
    await live.end();
  } finally {
    live.dispose();
  }
  return live.done.flatMap(({ phrase, result }, i) => {
    const segment = segmentOf(
      { ...phrase, source, id: `s${2 * i + (source === 'mic' ? 1 : 2)}`, pcm: new Float32Array(0) },
      result,
    );
    const { decidedMs, begunMs } = live.decisions.get(phrase.id) ?? {
      decidedMs: phrase.endMs,
      begunMs: phrase.endMs,
    };
    return segment ? [{ segment, readyMs: Math.max(decidedMs, begunMs + result.inferenceMs) }] : [];
  });
}

interface Outcome {
  readonly transcript: Transcript;
  /** Segments that were in sight first and then hidden, or parted. */
  readonly late: ReadonlySet<string>;
}

function through(
  scene: Scene,
  mic: readonly Timed[],
  system: readonly Timed[],
  cost: { frames: number; frameMs: number; finals: number; finalMs: number },
): Outcome {
  const clock = new ManualClock();
  const transcript = new Transcript();
  const late = new Set<string>();
  const gate = new EchoGate({
    clock,
    options: defaultSessionOptions,
    publish: (segments) => segments.forEach((segment) => transcript.add(segment)),
    revise: (plan) => {
      for (const revision of plan()) {
        late.add(revision.segmentId);
        transcript.apply(revision);
      }
    },
    current: (id) => transcript.get(id),
  });
  const frames = [framesOf('mic', scene.mic), framesOf('system', scene.system)];
  let at = 0;
  const listen = (untilMs: number): void => {
    const to = Math.min(frames[0]?.length ?? 0, Math.floor(untilMs / FRAME_MS));
    const begun = performance.now();
    for (const list of frames) gate.frames(list.slice(at, to));
    cost.frameMs += performance.now() - begun;
    cost.frames += 2 * Math.max(0, to - at);
    at = Math.max(at, to);
  };
  const finals = [...mic, ...system].sort(
    (a, b) => a.readyMs - b.readyMs || (a.segment.source === 'mic' ? -1 : 1),
  );
  for (const { segment, readyMs } of finals) {
    listen(readyMs);
    clock.advance(Math.max(0, readyMs - clock.now()));
    const begun = performance.now();
    gate.phrase(segment, segment.source, 0);
    cost.finalMs += performance.now() - begun;
    cost.finals++;
  }
  gate.flush();
  return { transcript, late };
}

function count(
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
  for (const segment of mic) {
    const parts = transcript
      .ordered()
      .filter(({ id }) => id === segment.id || id.startsWith(`${segment.id}.`));
    const whole = parts.every(({ hidden }) => hidden);
    const holds = (spans: readonly Span[]): boolean =>
      spans.reduce(
        (sum, span) => sum + (overlap(span, segment) ? length(overlap(span, segment)) : 0),
        0,
      ) >= HOLDS_MS;
    const [own, echo] = [holds(scene.ownSpans), holds(delayed)];
    const seen = (): string =>
      parts.map(({ text, hidden }) => (hidden ? `(${text})` : text)).join(' ');
    if (own && holds(both)) {
      counts.doubleTalk++;
      if (scene.echo) counts.doubleTalkEchoed++;
      if (parts.some(({ hidden }) => hidden))
        left.push(`${scene.name}, double-talk ${whole ? 'hidden' : 'parted'}: ${seen()}`);
      if (whole) counts.doubleTalkHidden++;
      else if (parts.some(({ hidden }) => hidden)) counts.doubleTalkParted++;
    } else if (own && echo) {
      counts.mixed++;
      if (whole) counts.mixedHidden++;
      left.push(`${scene.name}, mixed: ${seen()}`);
    } else if (own) {
      counts.own++;
      if (parts.some(({ hidden }) => hidden)) counts.ownHidden++;
    } else if (echo) {
      counts.echoes++;
      if (whole) counts.hidden++;
      else left.push(`${scene.name}: ${segment.text}`);
      if (whole && late.has(segment.id)) counts.late++;
    }
    if (spoken) countWords(counts, parts, spoken, left);
  }
  return counts;
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

function total(all: readonly EchoCounts[]): EchoCounts {
  const sum: Record<string, number | string> = { name: 'all' };
  for (const counts of all)
    for (const [name, value] of Object.entries(counts))
      if (typeof value === 'number') sum[name] = ((sum[name] as number | undefined) ?? 0) + value;
  return sum as unknown as EchoCounts;
}

function rowOf(c: EchoCounts): Row {
  return {
    scene: c.name,
    'echoed: dropped of': `${c.hidden} / ${c.echoes}`,
    late: c.late,
    'double-talk: dropped, parted of': `${c.doubleTalkHidden}, ${c.doubleTalkParted} / ${c.doubleTalk}`,
    'own: touched of': `${c.ownHidden} / ${c.own}`,
    'mixed: dropped of': `${c.mixedHidden} / ${c.mixed}`,
    "others' words left of": `${c.echoWordsLeft} / ${c.echoWords}`,
    'own words hidden of': `${c.ownWordsHidden} / ${c.ownWords}`,
  };
}

async function main(): Promise<void> {
  const [folder, ...flags] = process.argv.slice(2);
  const models = findModels(folder);
  if (!models || scenes(true).length === 0) {
    process.stderr.write(
      models
        ? 'The spoken meetings are not beside the repository.\n'
        : 'Give the folder that holds encoder_model.onnx, decoder_model_merged.onnx and silero_vad_v6.onnx.\n',
    );
    process.exitCode = 2;
    return;
  }
  const engine = makeEngine(models);
  try {
    const show = (counts: EchoCounts): void =>
      void process.stdout.write(`${Object.values(rowOf(counts)).join(', ')}\n`);
    const report = await measureEcho(
      engine,
      flags.includes('--quick'),
      show,
      flags.find((flag) => flag.startsWith('--only='))?.slice(7),
    );
    if (flags.includes('--text')) for (const line of report.left) process.stdout.write(`${line}\n`);
    const all = total(report.scenes);
    const share = all.hidden / Math.max(1, all.echoes);
    reportResults({
      about: `Spoken meetings whose loudspeakers reach the microphone at −3 to −25 dB after 0 to 200 ms; Moonshine. ${(100 * share).toFixed(1)} % of echoed segments were dropped (mark 95 %); of ${all.doubleTalk} segments of double-talk, ${all.doubleTalkEchoed} of them with the loudspeakers in the microphone, ${all.doubleTalkHidden} were dropped and ${all.doubleTalkParted} lost a part (mark 0). ${report.frameMicros.toFixed(2)} µs a frame, ${report.finalMs.toFixed(2)} ms a final.`,
      rows: [...report.scenes, all].map(rowOf),
      ratios: {
        'share of echoed segments dropped': {
          value: Number(share.toFixed(3)),
          noise: 0,
          better: 'higher',
        },
        'double-talk dropped': { value: all.doubleTalkHidden, noise: 0, better: 'lower' },
        'double-talk parted': { value: all.doubleTalkParted, noise: 0, better: 'lower' },
        'own words hidden': { value: all.ownWordsHidden, noise: 0, better: 'lower' },
      },
    });
  } finally {
    engine.dispose();
  }
}

if (require.main === module) void main();
