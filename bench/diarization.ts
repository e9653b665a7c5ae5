/**
 * Diarization error rate, online with 1 s of latency and after the final pass, on the AMI clips, a
 * telephone call and the spoken meetings beside the repository; everyone as one speaker and the
 * share of the speech detector beside it. What was chosen on the clips is also chosen anew without
 * each of them: on the other clips alone, and on the call as well. Usage: `npm run bench --
 * diarization [--set AMI] [--each]`.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { SileroVad } from '../daemon/adapters/inference/silero';
import { SpeakerEncoder } from '../daemon/adapters/inference/speakerEncoder';
import { SAMPLE_RATE } from '../daemon/audio/frame';
import type { SpeakerEmbedder, Turn as FoundTurn } from '../daemon/diarization/contract';
import { type VoiceSettings, VOICE_SETTINGS } from '../daemon/diarization/clustering';
import { joinTurns } from '../daemon/diarization/turns';
import { OnlineClustering } from '../daemon/diarization/onlineClustering';
import { EmbeddingStream } from '../daemon/diarization/embeddingStream';
import { framesOf } from '../daemon/vad/phraseSource';
import {
  type DiarizationErrors,
  type Turn,
  diarizationErrors,
  pooledRate,
  readRttm,
} from './diarizationError';
import { type Metric, type Row, reportResults } from './report';
import { SHARED, findModels, readAudio } from './speechPath';

const ENCODER = resolve(__dirname, '..', 'models', 'speaker-encoder-ge2e', 'model.onnx');
const AMI = 'AMI, 30 s each';
const CALL = 'telephone call';
const LATENCY_MS = 1_000;
const TICK_MS = 100;

interface Recording {
  readonly set: string;
  readonly name: string;
  readonly path: string;
  readonly channel?: number;
  readonly turns: readonly Turn[];
}

interface Measured {
  readonly recording: Recording;
  readonly online: DiarizationErrors;
  readonly final: DiarizationErrors;
  readonly oneSpeaker: DiarizationErrors;
  readonly oneSpeakerExact: DiarizationErrors;
  readonly speakers: number;
  /** Processor time of all of it, and within it of the speech detector and of the encoder. */
  readonly cpuMs: number;
  readonly detectorMs: number;
  readonly encoderMs: number;
  readonly speechMs: number;
}

export function recordings(): Recording[] {
  const data = join(SHARED, 'data');
  const ami = join(data, 'ami30', 'words.rttm');
  if (!existsSync(ami)) return [];
  const found: Recording[] = [...readRttm(readFileSync(ami, 'utf8'))].map(([name, turns]) => ({
    set: AMI,
    name,
    path: join(data, 'ami30', `${name}.flac`),
    turns,
  }));
  const call = join(data, 'misc', 'phone2spk');
  for (const turns of readRttm(readFileSync(`${call}.rttm`, 'utf8')).values())
    found.push({ set: CALL, name: basename(call), path: `${call}.flac`, turns });
  for (const name of ['auth-standup', 'sync-engine-design-review']) {
    const { turns } = JSON.parse(readFileSync(join(data, 'meetings', `${name}.json`), 'utf8')) as {
      turns: { who: string; source: string; start: number; end: number }[];
    };
    ['mic', 'system'].forEach((source, channel) =>
      found.push({
        set: `${name}, ${source}`,
        name: `${name} ${source}`,
        path: join(data, 'meetings', `${name}.flac`),
        channel,
        turns: turns
          .filter((turn) => turn.source === source)
          .map(({ who, start, end }) => ({ speaker: who, start, end })),
      }),
    );
  }
  return found;
}

const seconds = (turns: readonly FoundTurn[]): Turn[] =>
  turns.map(({ speaker, startMs, endMs }) => ({
    speaker,
    start: startMs / 1000,
    end: endMs / 1000,
  }));

export async function measure(
  vad: Pick<SileroVad, 'detect' | 'close'>,
  encoder: SpeakerEmbedder,
  stream: number,
  recording: Recording,
  settings: VoiceSettings = VOICE_SETTINGS,
): Promise<Measured> {
  const frames = framesOf('file', readAudio(recording.path, recording.channel));
  let next = 0;
  const clustering = new OnlineClustering('file', () => `v${++next}`, settings);
  const spent = { all: 0, detector: 0, encoder: 0 };
  const counted = async <T>(what: keyof typeof spent, work: () => Promise<T>): Promise<T> => {
    const before = process.cpuUsage();
    const made = await work();
    const used = process.cpuUsage(before);
    spent[what] += (used.user + used.system) / 1000;
    return made;
  };
  const track = new EmbeddingStream({
    source: 'file',
    detector: {
      detect: (windows) => counted('detector', () => vad.detect(stream, windows)),
      reset: () => vad.close(stream),
      dispose: () => vad.close(stream),
    },
    embedder: { embed: (cuts) => counted('encoder', () => encoder.embed(cuts)) },
    onWindow: (window) => clustering.addWindow(window),
    onStretch: (stretch) => clustering.addStretch(stretch),
  });
  const online: FoundTurn[] = [];
  const perTick = (TICK_MS * SAMPLE_RATE) / 1000 / 320;
  let reported = 0;
  const tell = (nowMs: number): void => {
    // What lies a second back is reported now, and never again.
    const upTo = nowMs - LATENCY_MS;
    for (const turn of clustering.turns(track.open, LATENCY_MS))
      if (turn.endMs > reported && turn.startMs < upTo)
        online.push({
          ...turn,
          startMs: Math.max(reported, turn.startMs),
          endMs: Math.min(upTo, turn.endMs),
        });
    reported = Math.max(reported, upTo);
  };
  for (let at = 0; at < frames.length; at += perTick) {
    const some = frames.slice(at, at + perTick);
    await counted('all', () => track.process(some));
    tell((at + some.length) * 20);
  }
  tell(frames.length * 20 + LATENCY_MS);
  await counted('all', async () => {
    await track.flush();
    clustering.cluster();
  });
  const turns = clustering.turns();
  track.dispose();
  const { turns: reference } = recording;
  const spoken = union(reference);
  return {
    recording,
    online: diarizationErrors(reference, seconds(joinTurns(online, TICK_MS))),
    final: diarizationErrors(reference, seconds(turns)),
    oneSpeaker: diarizationErrors(reference, union(seconds(turns))),
    oneSpeakerExact: diarizationErrors(reference, spoken),
    speakers: new Set(turns.map(({ speaker }) => speaker)).size,
    cpuMs: spent.all,
    detectorMs: spent.detector,
    encoderMs: spent.encoder,
    speechMs: 1000 * spoken.reduce((sum, { start, end }) => sum + end - start, 0),
  };
}

/** Settings that are chosen among. */
const GRID: readonly VoiceSettings[] = [1.1, 1.2, 1.3, 1.5].flatMap((leastGain) =>
  [0.72, 0.74, 0.75, 0.76, 0.78].map((earlyCorrelation) => ({ leastGain, earlyCorrelation })),
);

/** The same audio is encoded once, however often it is clustered. */
function remembering(
  vad: Pick<SileroVad, 'detect' | 'close'>,
  encoder: SpeakerEmbedder,
): { readonly vad: Pick<SileroVad, 'detect' | 'close'>; readonly encoder: SpeakerEmbedder } {
  const embedded = new Map<string, Promise<Float32Array>>();
  const keyOf = (pcm: Float32Array): string =>
    createHash('sha1')
      .update(Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength))
      .digest('base64');
  const once = (key: string, make: () => Promise<Float32Array>): Promise<Float32Array> => {
    const known = embedded.get(key) ?? make();
    embedded.set(key, known);
    return known;
  };
  const asked = new Map<number, number>();
  return {
    vad: {
      // A stream hears the same windows in the same order each time, so its count of calls names
      // them.
      detect: (stream, windows) => {
        const call = asked.get(stream) ?? 0;
        asked.set(stream, call + 1);
        return once(`vad ${stream} ${call}`, () => vad.detect(stream, windows));
      },
      close: (stream) => {
        asked.delete(stream);
        vad.close(stream);
      },
    },
    encoder: {
      embed: (cuts) =>
        Promise.all(
          cuts.map((pcm) =>
            once(keyOf(pcm), async () => (await encoder.embed([pcm]))[0] as Float32Array),
          ),
        ),
    },
  };
}

interface LeftOut {
  readonly online: number;
  readonly final: number;
}

/**
 * Each of the first `tested` recordings under the settings that are best for the others, of the
 * tested or of all.
 * @returns error in percent
 */
async function leaveOneOut(
  vad: SileroVad,
  encoder: SpeakerEmbedder,
  all: readonly Recording[],
  tested: number,
  firstStream: number,
): Promise<{ readonly bySet: LeftOut; readonly byAll: LeftOut }> {
  const memory = remembering(vad, encoder);
  const measured: Measured[][] = [];
  for (const settings of GRID) {
    const row: Measured[] = [];
    for (const [i, recording] of all.entries())
      row.push(await measure(memory.vad, memory.encoder, firstStream + i, recording, settings));
    measured.push(row);
  }
  const left = (of: (one: Measured) => DiarizationErrors, choosing: number): number =>
    pooledRate(
      all.slice(0, tested).map((_recording, i) => {
        const others = measured.map((row) =>
          pooledRate(row.filter((_one, k) => k !== i && k < choosing).map(of)),
        );
        return of((measured[others.indexOf(Math.min(...others))] as Measured[])[i] as Measured);
      }),
    );
  const by = (choosing: number): LeftOut => ({
    online: left((one) => one.online, choosing),
    final: left((one) => one.final, choosing),
  });
  return { bySet: by(tested), byAll: by(all.length) };
}

/** The same speech from one mouth. */
function union(turns: readonly Turn[]): Turn[] {
  const found: { start: number; end: number; speaker: string }[] = [];
  for (const { start, end } of [...turns].sort((a, b) => a.start - b.start)) {
    const last = found.at(-1);
    if (last && start <= last.end) last.end = Math.max(last.end, end);
    else found.push({ start, end, speaker: 'one' });
  }
  return found;
}

async function main(): Promise<void> {
  const models = findModels(process.argv[2]);
  const only = process.argv.indexOf('--set');
  const all = recordings().filter(
    ({ set }) => only < 0 || set.startsWith(process.argv[only + 1] ?? ''),
  );
  if (!models || all.length === 0) {
    process.stderr.write(
      models
        ? 'The recordings are not beside the repository.\n'
        : 'Give the folder that holds encoder_model.onnx, decoder_model_merged.onnx and silero_vad_v6.onnx.\n',
    );
    process.exitCode = 2;
    return;
  }
  const vad = new SileroVad();
  await vad.load({ id: 'silero-vad', files: { model: models.vad } });
  const encoder = new SpeakerEncoder();
  await encoder.load({ id: 'speaker-encoder-ge2e', files: { model: ENCODER } });
  const measured: Measured[] = [];
  for (const recording of all)
    measured.push(await measure(vad, encoder, measured.length, recording));
  const sets = [...new Set(all.map(({ set }) => set))];
  const ami = all.filter(({ set }) => set === sets[0]);
  const call = all.filter(({ set }) => set === CALL);
  const { bySet, byAll } = await leaveOneOut(
    vad,
    encoder,
    [...ami, ...call],
    ami.length,
    measured.length,
  );
  if (process.argv.includes('--each')) measured.forEach(printOne);
  report(measured, sets, bySet, byAll);
}

/** Pooled error in percent, to a tenth. */
function rate(some: readonly Measured[], of: (one: Measured) => DiarizationErrors): number {
  return Math.round(10 * pooledRate(some.map(of))) / 10;
}

function printOne(one: Measured): void {
  const { missed, falseAlarm, confused } = one.final;
  process.stdout.write(
    `${one.recording.name}: online ${rate([one], (m) => m.online)}, ` +
      `final ${rate([one], (m) => m.final)}, ${one.speakers} voices, ` +
      `missed ${missed.toFixed(1)} s, false ${falseAlarm.toFixed(1)} s, ` +
      `confused ${confused.toFixed(1)} s\n`,
  );
}

function rowOf(set: string, some: readonly Measured[]): Row {
  const sum = (what: (one: Measured) => number): number =>
    some.reduce((total, one) => total + what(one), 0);
  return {
    set,
    'DER % online': rate(some, (m) => m.online),
    'DER % final': rate(some, (m) => m.final),
    'all as one speaker': rate(some, (m) => m.oneSpeaker),
    'the same, speech known': rate(some, (m) => m.oneSpeakerExact),
    'missed, false, confused %': (['missed', 'falseAlarm', 'confused'] as const)
      .map((kind) => ((100 * sum((m) => m.final[kind])) / sum((m) => m.final.reference)).toFixed(1))
      .join(', '),
    'speakers found (true)': some
      .map((m) => `${m.speakers} (${new Set(m.recording.turns.map((turn) => turn.speaker)).size})`)
      .join(', '),
    'processor ms a second of speech: all, detector, encoder': (
      ['cpuMs', 'detectorMs', 'encoderMs'] as const
    )
      .map((part) => (sum((m) => m[part]) / (sum((m) => m.speechMs) / 1000)).toFixed(1))
      .join(', '),
  };
}

/** Percent, at most; sets that are not listed have none. */
const ONLINE_MARKS: Readonly<Record<string, number>> = { [AMI]: 32 };
const FINAL_MARKS: Readonly<Record<string, number>> = { [AMI]: 26, [CALL]: 20 };
/** Of each channel of the spoken meetings. */
const CHANNEL_MARK = 12;

function der(value: number, mark: number | undefined): Metric {
  return {
    value,
    unit: '%',
    better: 'lower',
    noise: 1,
    ...(mark === undefined ? {} : { mark }),
  };
}

function report(
  measured: readonly Measured[],
  sets: readonly string[],
  bySet: LeftOut,
  byAll: LeftOut,
): void {
  const of = (set: string): Measured[] => measured.filter(({ recording }) => recording.set === set);
  const tenth = (value: number): number => Math.round(10 * value) / 10;
  const leftOut = (chosen: string, { online, final }: LeftOut): Row => ({
    set: `${sets[0] ?? ''}, settings chosen ${chosen}`,
    'DER % online': tenth(online),
    'DER % final': tenth(final),
  });
  reportResults({
    about: [
      'Diarization error rate (DER) in percent, without collar, overlap scored, pooled over the',
      'recordings of a set.',
      'The sets are AMI (headset mix, words only), a telephone call and two spoken meetings.',
      'Silero finds the speech, GE2E embeds the voices.',
      'Online is the result 1 s after the speech.',
    ].join(' '),
    rows: [
      ...sets.map((set) => rowOf(set, of(set))),
      leftOut('on the other clips', bySet),
      leftOut('on the other clips and the call', byAll),
    ],
    metrics: {
      'AMI without each clip: DER online': der(tenth(bySet.online), ONLINE_MARKS[AMI]),
      'AMI without each clip: DER final': der(tenth(bySet.final), FINAL_MARKS[AMI]),
      ...Object.fromEntries(
        sets.flatMap((set) => [
          [
            `${set}: DER online`,
            der(
              rate(of(set), (m) => m.online),
              ONLINE_MARKS[set],
            ),
          ],
          [
            `${set}: DER final`,
            der(
              rate(of(set), (m) => m.final),
              FINAL_MARKS[set] ?? CHANNEL_MARK,
            ),
          ],
        ]),
      ),
    },
  });
}

if (require.main === module) void main();
