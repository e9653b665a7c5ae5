/**
 * Word errors, entity errors, speed, memory and waits of every model whose weights are on this
 * machine: LibriSpeech, spoken meetings and dictation, as recordings and live with pauses. Usage:
 * `npm run bench -- wer [--pauses=N] [--slow-pauses=N] [--limit=N] [--models=ID,…] [--parts=PART,…]
 * [--keep=FOLDER] [--phrases]`: N sets of pauses, for slow models apart; N clips of each set; the
 * parts are those of `PARTS`; decodes are kept in the folder and paid once.
 */
import type { SegmenterOptions } from '../daemon/vad/contract';
import { workOf } from '../daemon/asr/registry';
import { fileSegmenterOptions } from '../daemon/vad/segmenter';
import { SimulatedMachine } from './latencySimulation';
import { type Metric, type Row, reportResults } from './report';
import {
  type FileRecogniser,
  type SpeechModels,
  type Utterance,
  findModels,
  libriUtterances,
  readAudio,
  rejections,
  textOf,
  transcribe,
} from './speechPath';
import { percentile, standardError } from './statistics';
import { PAUSE_SEEDS, joinSessions } from './streamingSessions';
import { type Clip, ENTITY_KINDS, entityErrors, readClips } from './werClips';
import { type BenchModel, keepDecodes, modelsHere } from './werModels';
import {
  type Recognised,
  dictated,
  liveClips,
  liveSessions,
  recordings,
  speed,
  waits,
} from './werRuns';
import { normaliseWords, pooledWer, wordErrors } from './wordErrors';

const PARTS = ['recordings', 'dictation', 'meetings', 'live', 'waits', 'speed'] as const;
type Part = (typeof PARTS)[number];
/** A model that takes more work than this, relative to Moonshine tiny, is slow. */
const MUCH_WORK = 2;
const SLOW_PAUSES = 3;
/** Utterances of each set for waits and for speed. */
const WAIT_UTTERANCES = 6;
const SPEED_UTTERANCES = 2;
const THREADS = [1, 2];

export interface WerReport {
  /** Percent, by set. */
  readonly wer: Readonly<Record<string, number>>;
  /** Wall time over audio time, reading included, loading not. */
  readonly rtf: number;
  readonly audioSeconds: number;
  readonly phrases: number;
  readonly rejected: Readonly<Record<string, number>>;
  readonly lines: readonly { readonly utterance: Utterance; readonly text: string }[];
}

/** LibriSpeech with an engine on the wall clock, for the tests with models. */
export async function measureWer(
  engine: FileRecogniser,
  utterances: readonly Utterance[],
  options: Partial<SegmenterOptions> = fileSegmenterOptions,
): Promise<WerReport> {
  await engine.ready();
  const begun = performance.now();
  const lines: { utterance: Utterance; text: string }[] = [];
  const rejected: Record<string, number> = {};
  let audioSeconds = 0;
  let phrases = 0;
  // Two files at once, as two sources of a session are: one worker is never left without work at a
  // file's end.
  const queue = [...utterances];
  const partition = async (): Promise<void> => {
    for (let utterance = queue.shift(); utterance; utterance = queue.shift()) {
      const pcm = readAudio(utterance.path);
      audioSeconds += pcm.length / 16_000;
      const decoded = await transcribe(engine, pcm, options, utterance.id);
      phrases += decoded.length;
      for (const [kind, count] of Object.entries(rejections(decoded)))
        rejected[kind] = (rejected[kind] ?? 0) + count;
      lines.push({ utterance, text: textOf(decoded) });
    }
  };
  await Promise.all([partition(), partition()]);
  const wallSeconds = (performance.now() - begun) / 1000;
  const wer: Record<string, number> = {};
  for (const set of new Set(lines.map((line) => line.utterance.set))) {
    wer[set] = pooledWer(
      lines
        .filter((line) => line.utterance.set === set)
        .map((line) => ({ reference: line.utterance.reference, hypothesis: line.text })),
    );
  }
  return { wer, rtf: wallSeconds / audioSeconds, audioSeconds, phrases, rejected, lines };
}

interface Asked {
  readonly pauses: number;
  readonly slowPauses: number;
  readonly parts: readonly string[];
  readonly limit: number;
  readonly only: readonly string[] | undefined;
  readonly keep: string | undefined;
  readonly phrases: boolean;
}

function askedFor(args: readonly string[]): Asked {
  const value = (name: string): string | undefined =>
    args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
  return {
    pauses: Number(value('pauses') ?? PAUSE_SEEDS.length),
    slowPauses: Number(value('slow-pauses') ?? SLOW_PAUSES),
    parts: value('parts')?.split(',') ?? PARTS,
    limit: Number(value('limit') ?? Infinity),
    only: value('models')?.split(','),
    keep: value('keep'),
    phrases: args.includes('--phrases'),
  };
}

/** Rows and metrics of all models. */
class WerBench {
  readonly rows: Row[] = [];
  readonly metrics: Record<string, Metric> = {};

  constructor(
    private readonly files: SpeechModels,
    private readonly clips: readonly Clip[],
    private readonly asked: Asked,
  ) {}

  async measure(model: BenchModel): Promise<void> {
    const { keep } = this.asked;
    const machine = new SimulatedMachine(keep === undefined ? undefined : keepDecodes(keep, model));
    await machine.load(this.files, model);
    const engine = machine.engine();
    try {
      await engine.ready();
      await this.measureWords(machine, engine, model);
    } finally {
      engine.dispose();
    }
    if (this.does('waits')) await this.measureWaits(machine, model);
    if (this.does('speed') && process.platform === 'linux') await this.measureSpeed(model);
  }

  private does(part: Part): boolean {
    return this.asked.parts.includes(part);
  }

  private async measureWords(
    machine: SimulatedMachine,
    engine: ReturnType<SimulatedMachine['engine']>,
    model: BenchModel,
  ): Promise<void> {
    const { clips } = this;
    if (this.does('recordings')) {
      progress(`${model.name}: recordings`);
      const spoken = clips.filter(({ item }) => item === undefined);
      this.addWords(model, 'recording', await recordings(machine, engine, spoken));
    }
    if (this.does('dictation')) {
      progress(`${model.name}: dictation`);
      const items = clips.filter(({ item }) => item !== undefined);
      const { words, equal, recall } = await dictated(machine, engine, items);
      this.addWords(model, 'dictation', words);
      this.metrics[`${model.name}: dictation items equal`] = higher(equal);
      this.metrics[`${model.name}: dictation, symbols written`] = higher(recall);
    }
    if (this.does('meetings')) {
      progress(`${model.name}: live meetings`);
      const meetings = clips.filter(({ set }) => set === 'meetings');
      this.addWords(model, 'live', await liveClips(machine, engine, meetings));
    }
    if (!this.does('live')) return;
    const runs: Recognised[][] = [];
    for (const seed of PAUSE_SEEDS.slice(0, this.pausesOf(model))) {
      progress(`${model.name}: live, pauses ${runs.length + 1}`);
      const sessions = joinSessions(libriUtterances(), this.asked.limit, seed);
      runs.push(await liveSessions(machine, engine, sessions));
    }
    const sets = `${runs.length} ${runs.length === 1 ? 'set' : 'sets'} of pauses`;
    this.addWords(model, `live, ${sets}`, runs.flat(), runs);
  }

  private pausesOf({ model }: BenchModel): number {
    const { pauses, slowPauses } = this.asked;
    return (workOf(model.id) ?? 0) > MUCH_WORK ? Math.min(pauses, slowPauses) : pauses;
  }

  /** @param runs the same recordings with other pauses each */
  private addWords(
    model: BenchModel,
    way: string,
    all: readonly Recognised[],
    runs: readonly (readonly Recognised[])[] = [],
  ): void {
    for (const set of new Set(all.map(({ clip }) => clip.set))) {
      const of = (some: readonly Recognised[]): Recognised[] =>
        some.filter(({ clip }) => clip.set === set);
      const own = of(all);
      const wer = werOf(own);
      const spread = runs.map((run) => werOf(of(run)));
      const sum = (pick: (one: Recognised) => number): number =>
        own.reduce((total, one) => total + pick(one), 0);
      const row: Record<string, string | number> = {
        model: model.name,
        way,
        set,
        'WER %':
          wer.toFixed(2) + (spread.length > 1 ? ` ±${standardError(spread).toFixed(2)}` : ''),
      };
      const counted = own.map(({ clip, text }) =>
        entityErrors(clip.reference, text, clip.entities),
      );
      for (const kind of ENTITY_KINDS) {
        const wanted = counted.reduce((total, count) => total + count[kind].all, 0);
        const wrong = counted.reduce((total, count) => total + count[kind].wrong, 0);
        if (wanted > 0) row[`${kind} wrong`] = `${wrong} of ${wanted}`;
      }
      row['decode s per s'] = (
        sum((one) => one.decodeSeconds) / sum((one) => one.audioSeconds)
      ).toFixed(3);
      this.rows.push(row);
      this.metrics[`${model.name}, ${way.split(',')[0] ?? ''}, ${set}: WER`] = {
        value: Number(wer.toFixed(2)),
        unit: '%',
        better: 'lower',
        noise: 0.3,
        product: true,
      };
      if (this.asked.phrases) printErrors(model, own);
    }
  }

  private async measureWaits(machine: SimulatedMachine, model: BenchModel): Promise<void> {
    progress(`${model.name}: waits`);
    const limit = Math.min(WAIT_UTTERANCES, this.asked.limit);
    const found = await waits(machine, joinSessions(libriUtterances(), limit));
    this.rows.push({
      model: model.name,
      way: 'live, partials',
      set: `LibriSpeech, ${limit} utterances a set`,
      'decode s per s': found.decodeShare.toFixed(3),
      'first partial ms': medianAndTail(found.firstPartials),
      'final after speech ms': medianAndTail(found.finals),
    });
  }

  private async measureSpeed(model: BenchModel): Promise<void> {
    const libri = libriUtterances();
    const pcm = [...new Set(libri.map(({ set }) => set))]
      .flatMap((set) =>
        libri
          .filter((one) => one.set === set)
          .slice(0, Math.min(SPEED_UTTERANCES, this.asked.limit)),
      )
      .map(({ path }) => readAudio(path));
    for (const threads of THREADS) {
      progress(`${model.name}: ${threads} threads`);
      const { wallRtf, cpuRtf, peakBytes } = await speed(this.files, model, threads, pcm);
      this.rows.push({
        model: model.name,
        way: `one worker, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
        set: `LibriSpeech, ${pcm.length} utterances`,
        'decode s per s': cpuRtf.toFixed(3),
        'wall RTF': wallRtf.toFixed(3),
        'memory MB': Math.round(peakBytes / 1e6),
      });
    }
  }
}

function higher(value: number): Metric {
  return { value: Number(value.toFixed(3)), better: 'higher', noise: 0.03, product: true };
}

function werOf(some: readonly Recognised[]): number {
  return pooledWer(some.map(({ clip, text }) => ({ reference: clip.reference, hypothesis: text })));
}

function medianAndTail(values: readonly number[]): string {
  return values.length === 0
    ? '–'
    : `${percentile(values, 0.5).toFixed(0)} / ${percentile(values, 0.95).toFixed(0)}`;
}

function printErrors({ name }: BenchModel, some: readonly Recognised[]): void {
  for (const { clip, text } of some) {
    const [reference, got] = [normaliseWords(clip.reference), normaliseWords(text)];
    const errors = wordErrors(reference, got);
    if (errors > 0)
      process.stdout.write(
        `${errors}\t${name}\t${clip.set}\t${clip.id}\n\t${reference.join(' ')}\n\t${got.join(' ')}\n`,
      );
  }
}

function progress(what: string): void {
  process.stderr.write(`${what} …\n`);
}

async function main(): Promise<void> {
  const [folder, ...rest] = process.argv.slice(2);
  const files = findModels(folder);
  const asked = askedFor(rest);
  const clips = readClips(asked.limit);
  const problem = !files
    ? 'Give the folder that holds encoder_model.onnx, decoder_model_merged.onnx and silero_vad_v6.onnx.'
    : clips.length === 0
      ? 'The recordings are not beside the repository.'
      : !PAUSE_SEEDS[asked.pauses - 1]
        ? `--pauses takes a number of sets of pauses, 1 to ${PAUSE_SEEDS.length}.`
        : !(asked.limit >= 1)
          ? '--limit takes a number of clips, 1 or more.'
          : undefined;
  if (!files || problem !== undefined) {
    process.stderr.write(`${problem}\n`);
    process.exitCode = 2;
    return;
  }
  const { models, missing } = modelsHere(files);
  const bench = new WerBench(files, clips, asked);
  for (const model of models)
    if (asked.only?.includes(model.model.id) ?? true) await bench.measure(model);
  reportResults({
    about: aboutOf(clips, missing, asked),
    rows: bench.rows,
    metrics: bench.metrics,
  });
}

function aboutOf(clips: readonly Clip[], missing: readonly string[], asked: Asked): string {
  const count = (set: string): number => clips.filter((clip) => clip.set.startsWith(set)).length;
  return [
    `${count('LibriSpeech')} LibriSpeech utterances, ${count('meetings')} sources of spoken`,
    `meetings, ${count('dictation')} dictation items, each through the whole speech path.`,
    'Every model has its own segmenter options.',
    'Live LibriSpeech is joined with pauses of 0.1–3 s; ± is the standard error over the sets.',
    'Dictation boosts the symbols of the item.',
    'An entity is wrong if one of its words is wrong; "one" is no number.',
    'Decode time is processor time over audio time, speech detection left out;',
    'live audio time is without the pauses.',
    'First partial (after the onset) and final (after speech ended by silence) are p50 / p95 on a',
    'simulated clock with two workers, on which each decode takes its processor time.',
    'Wall RTF is the better of two rounds through one worker; it depends on the load of the machine.',
    'Memory is the most that the worker had resident.',
    'Both models exist here in 8 bits only.',
    'The small NeMo models beside the repository are not recognisers; their vectors are tests.',
    ...(asked.keep === undefined ? [] : ['Times include decodes of earlier runs on this machine.']),
    ...missing,
  ].join(' ');
}

if (require.main === module) void main();
