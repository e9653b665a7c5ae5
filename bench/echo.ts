/**
 * Echo removal over the real speech path. The others' audio of spoken meetings is mixed into the
 * microphone at −3 to −25 dB with 0 to 200 ms delay, and in a ringing room; other voices are laid
 * over it, and the same words in another voice. Finals pass the session's own gate at the times at
 * which they would be ready. Counts what was dropped. Usage: `tsx bench/echo.ts MODELS_FOLDER
 * [--quick] [--only=TEXT] [--text]`; `--text` prints what is not as it should be.
 */
import { FRAME_MS } from '../daemon/audio/frame';
import { ManualClock } from '../daemon/base/clock';
import type { ManagedSpeechEngine } from '../daemon/asr/contract/speechEngineApi';
import { EchoGate } from '../daemon/echo/echoGate';
import { defaultSessionOptions } from '../daemon/session/contract/options';
import { segmentOf } from '../daemon/speech/segmentOf';
import { Transcript } from '../daemon/transcript/transcript';
import type { Segment } from '../daemon/transcript/types';
import { framesOf } from '../daemon/vad/phraseSource';
import { type EchoCounts, type Outcome, count } from './echoCounts';
import {
  type Echo,
  type Meeting,
  type Scene,
  cut,
  doubleTalk,
  echoed,
  listened,
  readMeeting,
  unison,
} from './echoScenes';
import { LivePath } from '../testing/harness/livePath';
import { type Row, reportResults } from './report';
import { findModels, makeEngine } from '../testing/harness/speechPath';

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
    'echoed: dropped / all': `${c.hidden} / ${c.echoes}`,
    late: c.late,
    'double-talk: dropped, cut / all': `${c.doubleTalkHidden}, ${c.doubleTalkParted} / ${c.doubleTalk}`,
    'own: touched / all': `${c.ownHidden} / ${c.own}`,
    'mixed: dropped / all': `${c.mixedHidden} / ${c.mixed}`,
    "others' words left / all": `${c.echoWordsLeft} / ${c.echoWords}`,
    'own words hidden / all': `${c.ownWordsHidden} / ${c.ownWords}`,
  };
}

/** Share of echoed segments, at least. */
const DROPPED_MARK = 0.95;

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
      about: [
        'The loudspeakers of spoken meetings reach the microphone at −3 to −25 dB after 0 to 200 ms.',
        'The recogniser is Moonshine.',
        `Double-talk has ${all.doubleTalk} segments, ${all.doubleTalkEchoed} of them with the`,
        'loudspeakers in the microphone.',
      ].join(' '),
      rows: [...report.scenes, all].map(rowOf),
      metrics: {
        'share of echoed segments dropped': {
          value: Number(share.toFixed(3)),
          better: 'higher',
          noise: 0,
          mark: DROPPED_MARK,
        },
        'double-talk segments dropped': {
          value: all.doubleTalkHidden,
          better: 'lower',
          noise: 0,
          mark: 0,
        },
        'double-talk segments that lost a part': {
          value: all.doubleTalkParted,
          better: 'lower',
          noise: 0,
          mark: 0,
        },
        'own words hidden': { value: all.ownWordsHidden, better: 'lower', noise: 0, product: true },
        'work per frame': {
          value: Number(report.frameMicros.toFixed(2)),
          unit: 'µs',
          better: 'lower',
        },
        'work per final': { value: Number(report.finalMs.toFixed(2)), unit: 'ms', better: 'lower' },
      },
    });
  } finally {
    engine.dispose();
  }
}

if (require.main === module) void main();
