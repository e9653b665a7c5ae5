/**
 * Whisper base through the whole speech path beside Moonshine tiny through the same, and beside
 * whisper.cpp's own decodes of whole recordings with its full window, through the same binding:
 * word errors and processor time. The recordings take turns, so that a busy machine slows all
 * alike. Usage: `npm run bench -- whisper [--phrases] [--keep=FOLDER] [--seconds=N] [option=value
 * …]`: decodes of Whisper are kept in the folder and paid once, a run ends after N seconds and the
 * next one goes on; options are those of the segmenter. The model and the recordings lie beside the
 * repository.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  createDetectors,
  createSpeechEngine,
} from '../daemon/adapters/inference/runtime/createSpeechEngine';
import { WhisperProvider } from '../daemon/adapters/inference/whisper/whisper';
import {
  type WhisperParams,
  loadWhisperBinding,
} from '../daemon/adapters/inference/whisper/whisperBinding';
import type { ManagedSpeechEngine } from '../daemon/asr/contract/speechEngineApi';
import type { WhisperSegment } from '../daemon/asr/whisper/whisperWords';
import { SAMPLE_RATE } from '../daemon/audio/frame';
import { toFloat32 } from '../daemon/audio/pcm';
import { type Clock, systemClock } from '../daemon/base/clock';
import { silentLogger } from '../daemon/base/logger';
import type { SegmenterOptions } from '../daemon/vad/contract';
import {
  defaultSegmenterOptions,
  fileSegmenterOptions,
  whisperFileSegmenterOptions,
} from '../daemon/vad/segmenter';
import { type CountedBinding, countedBinding, fileIdentity } from '../testing/harness/decodeCache';
import { type Metric, reportResults } from './report';
import {
  SHARED,
  type Utterance,
  findModels,
  libriUtterances,
  makeEngine,
  readAudio,
  textOf,
  transcribe,
} from '../testing/harness/speechPath';
import { normaliseWords, pooledWer, wordErrors } from '../testing/scoring/wordErrors';

const MODEL = join(SHARED, 'models', 'ggml-base-q8_0.bin');
/** Clock ticks of /proc a second, on every Linux that Node runs on. */
const TICKS = 100;

/** One way from a recording to its text. */
interface Way {
  readonly what: string;
  ready(): Promise<void>;
  /** Processor seconds of the recognition so far. */
  used(): number;
  decode(pcm: Int16Array, id: string): Promise<string>;
  dispose(): void | Promise<void>;
}

interface Measured {
  readonly what: string;
  seconds: number;
  readonly lines: { readonly utterance: Utterance; readonly text: string }[];
}

/** Seconds of processor time a process has used; children that ended not counted. */
function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/**
 * The engine of the daemon, with Whisper in this process, where its decodes can be counted one by
 * one.
 */
function whisperPath(
  vad: string,
  binding: CountedBinding,
  options: Partial<SegmenterOptions>,
): Way {
  // On a busy machine a decode may take any time; what is counted is its processor time.
  const patient: Clock = {
    now: () => systemClock.now(),
    wall: () => systemClock.wall(),
    setTimeout: (run, ms) => systemClock.setTimeout(run, ms * 50),
    setInterval: (run, ms) => systemClock.setInterval(run, ms * 50),
  };
  const common = { clock: patient, logger: silentLogger };
  const worker = {
    path: join(__dirname, '..', 'daemon', 'worker.ts'),
    execArgv: ['--require', 'tsx/cjs'],
  };
  const { build } = loadWhisperBinding();
  const engine = createSpeechEngine({
    ...common,
    asr: {
      provider: 'whisper',
      model: 'whisper-base-q8_0',
      files: () => Promise.resolve({ id: 'whisper-base-q8_0', files: { model: MODEL } }),
    },
    runs: { in: 'process', create: () => new WhisperProvider(() => ({ binding, build })) },
    detectors: createDetectors({
      ...common,
      worker,
      files: () => Promise.resolve({ id: 'silero-vad-v6', files: { model: vad } }),
    }),
  });
  return {
    what: 'Whisper base q8_0, speech path',
    used: () => binding.seconds,
    ...throughThePath(engine, options),
  };
}

function moonshinePath(engine: ManagedSpeechEngine, options: Partial<SegmenterOptions>): Way {
  const used = (): number =>
    engine
      .workers()
      .filter(({ name, pid }) => name !== 'vad' && pid !== undefined)
      .reduce((sum, { pid }) => sum + processorSeconds(pid as number), 0);
  return { what: 'Moonshine tiny, speech path', used, ...throughThePath(engine, options) };
}

function throughThePath(
  engine: ManagedSpeechEngine,
  options: Partial<SegmenterOptions>,
): Pick<Way, 'ready' | 'decode' | 'dispose'> {
  return {
    ready: () => engine.ready(),
    decode: async (pcm, id) => textOf(await transcribe(engine, pcm, options, id)),
    dispose: () => engine.dispose(),
  };
}

/**
 * whisper.cpp with its fallback, the window of 30 s, whole recordings. `beams`: as the binding
 * comes; `greedy`: the cheaper of its two.
 */
async function fullWindow(binding: CountedBinding, strategy: 'beams' | 'greedy'): Promise<Way> {
  const model = await binding.WhisperModel.load(MODEL, false);
  const params: Partial<WhisperParams> = {
    ...(strategy === 'greedy' ? { strategy: 0 } : {}),
    n_threads: 1,
    language: 'en',
    audio_ctx: 0,
    format: 'detail',
  };
  return {
    what:
      'Whisper base q8_0, whisper.cpp, whole recordings, ' +
      (strategy === 'greedy' ? 'greedy' : 'as it comes (5 beams)'),
    ready: () => Promise.resolve(),
    used: () => binding.seconds,
    decode: (pcm) =>
      new Promise((resolve, reject) =>
        binding.transcribe(
          model.handle as object,
          toFloat32(pcm),
          params as WhisperParams,
          (result: WhisperSegment[] | Error) =>
            result instanceof Error
              ? reject(result)
              : resolve(result.map((segment) => segment.text).join('')),
          () => undefined,
        ),
      ),
    dispose: () => model.free(),
  };
}

function werOf(lines: Measured['lines'], set: string): number {
  return pooledWer(
    lines
      .filter(({ utterance }) => utterance.set === set)
      .map(({ utterance, text }) => ({ reference: utterance.reference, hypothesis: text })),
  );
}

function printErrors({ what, lines }: Measured): void {
  for (const { utterance, text } of lines) {
    const errors = wordErrors(normaliseWords(utterance.reference), normaliseWords(text));
    if (errors > 2)
      process.stdout.write(
        `${errors}\t${utterance.id}\t${what}\n\t${utterance.reference}\n\t${text}\n`,
      );
  }
}

/** The sets take turns, so that a run that is cut short has some of each. */
function inTurn(utterances: readonly Utterance[]): Utterance[] {
  const sets = [...new Set(utterances.map(({ set }) => set))].map((set) =>
    utterances.filter((one) => one.set === set),
  );
  return utterances
    .map((_, i) => sets[i % sets.length]?.[Math.floor(i / sets.length)])
    .filter((one) => one !== undefined);
}

interface Asked {
  readonly keep: string | undefined;
  readonly untilMs: number;
  readonly changed: Partial<Record<keyof SegmenterOptions, number>>;
  readonly progress: boolean;
}

function askedFor(args: readonly string[]): Asked {
  const value = (name: string): string | undefined =>
    args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
  const changed: Partial<Record<keyof SegmenterOptions, number>> = {};
  for (const [name = '', number] of args.map((arg) => arg.split('=')))
    if (number !== undefined && name in defaultSegmenterOptions)
      changed[name as keyof SegmenterOptions] = Number(number);
  return {
    keep: value('keep'),
    untilMs: performance.now() + Number(value('seconds') ?? Infinity) * 1000,
    changed,
    progress: args.includes('--progress'),
  };
}

/** Each recording by one way after the other. */
async function decodeAll(
  ways: readonly Way[],
  utterances: readonly Utterance[],
  { untilMs, progress }: Asked,
): Promise<{ readonly measured: Measured[]; readonly audioSeconds: number }> {
  const measured: Measured[] = ways.map(({ what }) => ({ what, seconds: 0, lines: [] }));
  let audioSeconds = 0;
  for (const utterance of inTurn(utterances)) {
    if (performance.now() > untilMs)
      throw new Error(
        `Stopped after ${measured[0]?.lines.length ?? 0} of ${utterances.length} recordings; ` +
          'run it again with the same --keep.',
      );
    const pcm = readAudio(utterance.path);
    audioSeconds += pcm.length / SAMPLE_RATE;
    for (const [i, way] of ways.entries()) {
      const before = way.used();
      const text = await way.decode(pcm, utterance.id);
      const one = measured[i] as Measured;
      one.seconds += way.used() - before;
      one.lines.push({ utterance, text });
    }
    if (progress)
      process.stderr.write(
        `${measured.map(({ seconds }) => (seconds / audioSeconds).toFixed(3)).join(' ')}\n`,
      );
  }
  return { measured, audioSeconds };
}

async function main(): Promise<void> {
  const [folder = '', ...rest] = process.argv.slice(2);
  const utterances = libriUtterances();
  const models = findModels(folder);
  if (!models || utterances.length === 0 || !existsSync(MODEL) || process.platform !== 'linux') {
    process.stderr.write(
      'This bench needs Linux, the models of `npm run setup`, and ggml-base-q8_0.bin and the ' +
        'LibriSpeech sets beside the repository.\n',
    );
    process.exitCode = 2;
    return;
  }
  const asked = askedFor(rest);
  const { binding: native, build } = loadWhisperBinding();
  const counted = (): CountedBinding =>
    countedBinding(native, `${fileIdentity(MODEL)}:${build}`, asked.keep);
  const ways = [
    whisperPath(models.vad, counted(), { ...whisperFileSegmenterOptions, ...asked.changed }),
    await fullWindow(counted(), 'beams'),
    await fullWindow(counted(), 'greedy'),
    moonshinePath(makeEngine(models, 1), { ...fileSegmenterOptions, ...asked.changed }),
  ];
  try {
    // Loading, warming up and the first page faults are no part of what a decode costs.
    const warm = readAudio((utterances[0] as Utterance).path);
    for (const way of ways) {
      await way.ready();
      await way.decode(warm, 'warm-up');
    }
    const { measured, audioSeconds } = await decodeAll(ways, utterances, asked);
    if (rest.includes('--phrases')) measured.forEach(printErrors);
    report(measured, audioSeconds, String(build), asked.keep !== undefined);
  } finally {
    for (const way of ways) await way.dispose();
  }
}

/** Percent, and times the processor time of the full window, at most. */
const MARKS = { clean: 4, other: 11.9, window: 0.55 };

function report(
  measured: readonly Measured[],
  audioSeconds: number,
  build: string,
  keptTimes: boolean,
): void {
  const [path, beams, greedy] = measured as [Measured, Measured, Measured];
  const wer = (set: 'clean' | 'other'): Metric => ({
    value: Number(werOf(path.lines, set).toFixed(2)),
    unit: '%',
    better: 'lower',
    noise: 0.3,
    mark: MARKS[set],
  });
  const times = (window: Measured): Metric => ({
    value: Number((path.seconds / window.seconds).toFixed(3)),
    unit: '×',
    better: 'lower',
    noise: 0.06,
    mark: MARKS.window,
  });
  reportResults({
    about: [
      `${path.lines.length} LibriSpeech utterances (${(audioSeconds / 60).toFixed(1)} min),`,
      `one phrase at a time on one thread; the build of Whisper is ${build}.`,
      'RTF is processor time of the recognition over audio time, second decodes included.',
      ...(keptTimes ? ['Times of Whisper include decodes of earlier runs on this machine.'] : []),
    ].join(' '),
    rows: measured.map(({ what, lines, seconds }) => ({
      what,
      'WER clean %': werOf(lines, 'clean').toFixed(2),
      'WER other %': werOf(lines, 'other').toFixed(2),
      RTF: (seconds / audioSeconds).toFixed(3),
    })),
    metrics: {
      'Whisper: WER clean': wer('clean'),
      'Whisper: WER other': wer('other'),
      'Whisper: RTF over that of the full window': times(beams),
      'Whisper: RTF over that of the full window, greedy': times(greedy),
    },
  });
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
