/**
 * Whisper base through the whole speech path beside Moonshine tiny through the same, and beside whisper.cpp's own decode
 * of whole recordings with its full window, through the same binding: word errors and time. Usage:
 * `npm run bench -- whisper [--phrases]`; the model and the recordings lie beside the repository.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type WhisperParams, loadWhisperBinding } from '../daemon/adapters/inference/whisperBinding';
import type { WhisperSegment } from '../daemon/asr/whisperWords';
import { SAMPLE_RATE } from '../daemon/audio/frame';
import { toFloat32 } from '../daemon/audio/pcm';
import { reportResults } from './report';
import { type OtherRecogniser, SHARED, type Utterance, findModels, libriUtterances, makeEngine, readAudio } from './speechPath';
import { measureWer } from './wer';
import { normaliseWords, pooledWer, wordErrors } from './wordErrors';

const MODEL = join(SHARED, 'models', 'ggml-base-q8_0.bin');
/** Two recordings at a time, as the speech path decodes them. */
const LANES = 2;
/** Clock ticks of /proc a second, on every Linux that Node runs on. */
const TICKS = 100;

interface Measured {
  readonly wer: Readonly<Record<string, number>>;
  /** Processor time of the recognition over audio time: what one thread needs, whatever else the machine does. */
  readonly rtf: number;
  readonly loadMs: number;
  readonly audioSeconds: number;
  readonly lines: readonly { readonly utterance: Utterance; readonly text: string }[];
}

/** Seconds of processor time a process has used; children that ended not counted. */
function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

async function throughThePath(folder: string, utterances: readonly Utterance[], other?: OtherRecogniser): Promise<Measured> {
  const models = findModels(folder);
  if (!models) throw new Error('The speech models are not there; run `npm run setup`.');
  const engine = makeEngine(models, LANES, other);
  try {
    await engine.ready();
    const used = (): number => engine.workers().filter(({ name, pid }) => name !== 'vad' && pid !== undefined).reduce((sum, { pid }) => sum + processorSeconds(pid as number), 0);
    const before = used();
    const { wer, audioSeconds, lines } = await measureWer(engine, utterances);
    return { wer, rtf: (used() - before) / audioSeconds, loadMs: engine.loadMs ?? 0, audioSeconds, lines };
  } finally {
    engine.dispose();
  }
}

/** whisper.cpp as it comes: greedy with its fallback, the window of 30 s, whole recordings. */
async function asItComes(utterances: readonly Utterance[]): Promise<Measured> {
  const begun = performance.now();
  const { binding } = loadWhisperBinding();
  const model = await binding.WhisperModel.load(MODEL, false);
  const loadMs = performance.now() - begun;
  const params: Partial<WhisperParams> = { strategy: 0, n_threads: 1, language: 'en', audio_ctx: 0, format: 'detail' };
  const decode = (pcm: Float32Array): Promise<WhisperSegment[]> => new Promise((resolve, reject) => binding.transcribe(model.handle as object, pcm, params as WhisperParams, (result) => (result instanceof Error ? reject(result) : resolve(result)), () => undefined));
  const lines: { utterance: Utterance; text: string }[] = [];
  let audioSeconds = 0;
  let seconds = 0;
  const queue = utterances.map((utterance) => ({ utterance, pcm: toFloat32(readAudio(utterance.path)) }));
  const before = process.cpuUsage();
  const lane = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      audioSeconds += next.pcm.length / SAMPLE_RATE;
      lines.push({ utterance: next.utterance, text: (await decode(next.pcm)).map((segment) => segment.text).join('') });
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  const used = process.cpuUsage(before);
  seconds = (used.user + used.system) / 1e6;
  await model.free();
  const wer: Record<string, number> = {};
  for (const set of new Set(lines.map((line) => line.utterance.set))) wer[set] = pooledWer(lines.filter((line) => line.utterance.set === set).map((line) => ({ reference: line.utterance.reference, hypothesis: line.text })));
  return { wer, rtf: seconds / audioSeconds, loadMs, audioSeconds, lines };
}

async function main(): Promise<void> {
  const [folder = '', ...rest] = process.argv.slice(2);
  const utterances = libriUtterances();
  if (utterances.length === 0 || !existsSync(MODEL) || process.platform !== 'linux') {
    process.stderr.write('This bench needs Linux, and ggml-base-q8_0.bin and the LibriSpeech sets beside the repository.\n');
    process.exitCode = 2;
    return;
  }
  const whisper: OtherRecogniser = { provider: 'whisper', model: { id: 'whisper-base-q8_0', files: { model: MODEL } } };
  const named: [string, Measured][] = [];
  const measure = async (what: string, run: () => Promise<Measured>): Promise<void> => {
    const measured = await run();
    process.stderr.write(`${what}: clean ${measured.wer['clean']?.toFixed(2)} %, other ${measured.wer['other']?.toFixed(2)} %, RTF ${measured.rtf.toFixed(3)}\n`);
    named.push([what, measured]);
    if (!rest.includes('--phrases')) return;
    for (const { utterance, text } of measured.lines) {
      const errors = wordErrors(normaliseWords(utterance.reference), normaliseWords(text));
      if (errors > 2) process.stdout.write(`${errors}\t${utterance.id}\t${what}\n\t${utterance.reference}\n\t${text}\n`);
    }
  };
  await measure('Whisper base q8_0, speech path', () => throughThePath(folder, utterances, whisper));
  await measure('Whisper base q8_0, whisper.cpp as it comes, whole recordings', () => asItComes(utterances));
  await measure('Moonshine tiny, speech path', () => throughThePath(folder, utterances));
  const [path, plain] = named.map(([, measured]) => measured) as [Measured, Measured];
  const { build } = loadWhisperBinding();
  reportResults({
    about: `${utterances.length} LibriSpeech utterances (${(path.audioSeconds / 60).toFixed(1)} min), two at a time with one thread each; the build of Whisper is ${build}. RTF is processor time of the recognition over audio time, second decodes included.`,
    rows: named.map(([what, { wer, rtf, loadMs }]) => ({ what, 'WER clean %': wer['clean']?.toFixed(2) ?? '–', 'WER other %': wer['other']?.toFixed(2) ?? '–', RTF: rtf.toFixed(3), 'load ms': Math.round(loadMs) })),
    ratios: {
      'Whisper: WER clean, percent': { value: Number(path.wer['clean']?.toFixed(2)), noise: 0.3, better: 'lower' },
      'Whisper: WER other, percent': { value: Number(path.wer['other']?.toFixed(2)), noise: 0.3, better: 'lower' },
      'Whisper: RTF over that of the full window': { value: Number((path.rtf / plain.rtf).toFixed(3)), noise: 0.06, better: 'lower' },
    },
  });
}

void main();
