/** What the word-error bench does with one model: recordings, live speech, waits, speed. */
import { readFileSync } from 'node:fs';
import { openCmuDictionary } from '../daemon/adapters/dictionary/cmuDictionary';
import { segmenterPresetOf } from '../daemon/asr/registry';
import type { ManagedSpeechEngine } from '../daemon/asr/contract/speechEngineApi';
import { SAMPLE_RATE } from '../daemon/audio/frame';
import { toFloat32 } from '../daemon/audio/pcm';
import { COMMAND_PHRASES } from '../daemon/dictation/commands';
import { Pronouncer } from '../daemon/dictation/pronounce';
import { SymbolSpeller } from '../daemon/dictation/respell';
import { writeDictation } from '../daemon/dictation/writer';
import { framesOf } from '../daemon/vad/phraseSource';
import { type DictationItem, scoreDictation } from '../testing/scoring/dictationScore';
import { type Waits, addWaits, noWaits } from './latency';
import type { SimulatedMachine } from '../testing/harness/latencySimulation';
import { LivePath } from '../testing/harness/livePath';
import {
  type SpeechModels,
  leaning,
  makeEngine,
  textOf,
  transcribe,
} from '../testing/harness/speechPath';
import type { JoinedSession } from '../testing/harness/streamingSessions';
import type { Clip } from './werClips';
import type { BenchModel } from './werModels';

/** Workers of the simulated machine, for waits. */
const WORKERS = 2;
const ROUNDS = 2;
const SPEED_TIMEOUT = { loadTimeoutMs: 300_000 };

/** A text beside the words that were spoken. */
export interface Recognised {
  readonly clip: Pick<Clip, 'set' | 'id' | 'reference' | 'entities' | 'item'>;
  readonly text: string;
  readonly audioSeconds: number;
  /** Processor time of its decodes. */
  readonly decodeSeconds: number;
}

/** Processor time of what runs meanwhile. */
async function timed(
  machine: SimulatedMachine,
  clip: Recognised['clip'],
  audioSeconds: number,
  run: () => Promise<string>,
): Promise<Recognised> {
  const before = machine.used.cpuMs;
  const text = await run();
  return { clip, text, audioSeconds, decodeSeconds: (machine.used.cpuMs - before) / 1000 };
}

/** Every clip as a recording. */
export async function recordings(
  machine: SimulatedMachine,
  engine: ManagedSpeechEngine,
  clips: readonly Clip[],
): Promise<Recognised[]> {
  const { file } = segmenterPresetOf(engine.provider);
  const done: Recognised[] = [];
  for (const clip of clips) {
    const pcm = clip.read();
    done.push(
      await timed(machine, clip, pcm.length / SAMPLE_RATE, async () =>
        textOf(await transcribe(engine, pcm, file, clip.id)),
      ),
    );
  }
  return done;
}

/** Every meeting as a live source. */
export async function liveClips(
  machine: SimulatedMachine,
  engine: ManagedSpeechEngine,
  clips: readonly Clip[],
): Promise<Recognised[]> {
  const done: Recognised[] = [];
  for (const clip of clips) {
    const pcm = clip.read();
    done.push(
      await timed(machine, clip, pcm.length / SAMPLE_RATE, () => live(engine, pcm, clip.id)),
    );
  }
  return done;
}

/** LibriSpeech, joined with pauses, as a live source. */
export async function liveSessions(
  machine: SimulatedMachine,
  engine: ManagedSpeechEngine,
  sessions: readonly JoinedSession[],
): Promise<Recognised[]> {
  const done: Recognised[] = [];
  for (const { set, reference, pcm, speechSeconds } of sessions) {
    const clip = { set: `LibriSpeech ${set}`, id: set, reference, entities: {} };
    done.push(await timed(machine, clip, speechSeconds, () => live(engine, pcm, set)));
  }
  return done;
}

async function live(engine: ManagedSpeechEngine, pcm: Int16Array, id: string): Promise<string> {
  const path = new LivePath({ engine, source: 'mic', sessionId: id });
  try {
    for (const frame of framesOf('mic', pcm)) await path.process(frame);
    await path.end();
    return textOf(path.done);
  } finally {
    path.dispose();
  }
}

export interface Dictated {
  readonly words: readonly Recognised[];
  /** Items whose text is what a developer wants. */
  readonly equal: number;
  /** Symbols that are written right, 0–1. */
  readonly recall: number;
}

/** Every item as dictation: its symbols and the commands are boosted, the text is written. */
export async function dictated(
  machine: SimulatedMachine,
  engine: ManagedSpeechEngine,
  clips: readonly Clip[],
): Promise<Dictated> {
  const pronouncer = new Pronouncer(openCmuDictionary());
  const words: Recognised[] = [];
  const texts = new Map<string, string>();
  const { live: options } = segmenterPresetOf(engine.provider);
  for (const clip of clips) {
    const speller = new SymbolSpeller(clip.item?.symbols ?? [], pronouncer);
    const boosted = leaning(engine, [...speller.phrases, ...COMMAND_PHRASES]);
    const pcm = clip.read();
    const one = await timed(machine, clip, pcm.length / SAMPLE_RATE, async () =>
      textOf(await transcribe(boosted, pcm, options, clip.id)),
    );
    words.push(one);
    texts.set(clip.id, writeDictation(one.text, speller).text);
  }
  const items = clips.flatMap(({ item }): readonly DictationItem[] => (item ? [item] : []));
  const score = scoreDictation(items, ({ id }) => texts.get(id) ?? '');
  return {
    words,
    equal: items.length === 0 ? 0 : score.equal / items.length,
    recall: score.recall,
  };
}

/** Waits for finals and partials on a simulated clock, where each decode takes its own time. */
export async function waits(
  machine: SimulatedMachine,
  sessions: readonly JoinedSession[],
): Promise<Waits & { readonly decodeShare: number }> {
  const found = noWaits();
  let [cpuMs, seconds] = [0, 0];
  for (const session of sessions) {
    const followed = await machine.follow(session.pcm, { workers: WORKERS });
    cpuMs += followed.cpuMs;
    seconds += session.speechSeconds;
    await addWaits(machine, session, followed, found);
  }
  return { ...found, decodeShare: cpuMs / 1000 / seconds };
}

export interface Speed {
  readonly threads: number;
  /** Wall time over audio time, the best of the rounds. */
  readonly wallRtf: number;
  /** Processor time over audio time, the best of the rounds. */
  readonly cpuRtf: number;
  /** Most memory that the worker had resident. */
  readonly peakBytes: number;
}

/** Whole utterances through one worker of the daemon. Linux only. */
export async function speed(
  files: SpeechModels,
  model: BenchModel,
  threads: number,
  recorded: readonly Int16Array[],
): Promise<Speed> {
  const engine = makeEngine(files, 1, model, SPEED_TIMEOUT, threads);
  try {
    await engine.ready();
    const audioMs = recorded.reduce((sum, pcm) => sum + (pcm.length * 1000) / SAMPLE_RATE, 0);
    const pid = engine.workers().find(({ name }) => name !== 'vad')?.pid ?? 0;
    let [wallMs, cpuMs] = [Infinity, Infinity];
    for (let round = 0; round < ROUNDS; round++) {
      const [begun, cpuBefore] = [performance.now(), cpuMsOf(pid)];
      for (const pcm of recorded)
        await engine.decode(toFloat32(pcm), {
          language: 'en',
          priority: 'final',
          sessionId: 'bench',
          purpose: 'final',
        });
      wallMs = Math.min(wallMs, performance.now() - begun);
      cpuMs = Math.min(cpuMs, cpuMsOf(pid) - cpuBefore);
    }
    return { threads, wallRtf: wallMs / audioMs, cpuRtf: cpuMs / audioMs, peakBytes: peakOf(pid) };
  } finally {
    engine.dispose();
  }
}

/** User and system time of a process; a tick of Linux is 10 ms. */
function cpuMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function peakOf(pid: number): number {
  const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}
