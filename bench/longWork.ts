/**
 * Simulated hours of one meeting in a process of its own: session, pipeline, analysis, store and
 * spool are real, the clock is moved by hand, the detector hears loudness, the recogniser says
 * sentences after the time Moonshine takes. Prints JSON: resident memory every five minutes, and
 * the latency of every final. Argument: HOURS. Run with --expose-gc.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileSpools } from '../daemon/adapters/store/spool/fileSpools';
import { openStore } from '../daemon/adapters/store/openStore';
import { inPlace } from '../testing/fakes/inPlaceStore';
import { createAnalyzerFactory } from '../daemon/insights/analyzerFactory';
import { SAMPLE_RATE } from '../daemon/audio/frame';
import { ManualClock } from '../daemon/base/clock';
import { silentLogger } from '../daemon/base/logger';
import { ACTIONS } from '../daemon/degrade/degradation';
import type { EngineLease } from '../daemon/asr/contract/engine';
import type { RecordingHandlers } from '../daemon/audio/capture';
import { createSessionManager } from '../daemon/session/lifecycle/sessionManager';
import { VAD_WINDOW } from '../daemon/vad/contract';
import { PhraseSource } from '../daemon/vad/phraseSource';
import { makeNoise } from '../testing/scoring/noise';

export interface LongRun {
  /** Bytes after a collection, every five minutes: resident, and on the heap. */
  readonly rss: readonly number[];
  readonly heap: readonly number[];
  /**
   * Of each final: session time, and milliseconds from the end of speech, simulated time plus the
   * processor time of the last step.
   */
  readonly finals: readonly {
    readonly atMs: number;
    readonly latencyMs: number;
    readonly workMs: number;
  }[];
}

const CHUNK_MS = 100;
const SAMPLE_MS = 5 * 60_000;
/** Of an hour; turns of 10 s make 360. */
const MOST_FINALS = 720;
/** Seconds of processor time a second of audio; Moonshine tiny on one thread. */
const RTF = 0.035;
const WORDS_A_SECOND = 2.5;
const WORDS = (
  'we should look at the cache before the release and then decide who takes the review ' +
  'of the parser because the tests fail on two machines'
).split(' ');

async function longWork(hours: number): Promise<LongRun> {
  const home = mkdtempSync(join(tmpdir(), 'earmark-long-'));
  const clock = new ManualClock();
  const { store } = openStore({ file: join(home, 'earmark.db'), now: () => clock.wall() });
  const open = new Map<string, RecordingHandlers>();
  let said = 0;
  const engine: EngineLease = {
    provider: 'none',
    model: 'none',
    idle: true,
    status: {
      recentRtf: RTF,
      rtf: { mean: RTF, p95: RTF, p99: RTF, decodes: 1 },
      rssBytes: 0,
    },
    degradationLevel: 'NORMAL',
    actions: ACTIONS.NORMAL,
    ready: () => Promise.resolve(),
    decode: (pcm, { language }) => {
      const audioMs = (pcm.length * 1000) / SAMPLE_RATE;
      const count = Math.max(1, Math.round((audioMs / 1000) * WORDS_A_SECOND));
      const words = Array.from({ length: count }, (_, i) => ({
        text: WORDS[(said + i * 7) % WORDS.length] ?? '',
        startMs: (i * audioMs) / count,
        endMs: ((i + 1) * audioMs) / count,
        confidence: 0.9,
        timing: 'estimated' as const,
      }));
      said++;
      return new Promise((resolve) =>
        clock.setTimeout(
          () =>
            resolve({
              text: words.map(({ text }) => text).join(' '),
              words,
              confidence: 0.9,
              language,
              inferenceMs: audioMs * RTF,
            }),
          audioMs * RTF,
        ),
      );
    },
    detectors: {
      create: () => ({
        detect: (windows) =>
          Promise.resolve(
            Float32Array.from({ length: windows.length / VAD_WINDOW }, (_, i) =>
              Math.abs(windows[i * VAD_WINDOW] ?? 0) +
                Math.abs(windows[i * VAD_WINDOW + 100] ?? 0) >
              0.002
                ? 1
                : 0,
            ),
          ),
        reset: () => undefined,
        dispose: () => undefined,
      }),
    },
    onDidWarn: () => ({ dispose: () => undefined }),
    onDidChange: () => ({ dispose: () => undefined }),
    change: () => Promise.resolve(),
    dispose: () => undefined,
  };
  const manager = createSessionManager({
    store: inPlace(store),
    spools: new FileSpools({ folder: join(home, 'spool'), clock, logger: silentLogger }),
    engines: { open: () => engine },
    capture: {
      start: (source, _device, handlers) => {
        open.set(source, handlers);
        return Promise.resolve({
          source,
          device: 'noise',
          recorder: 'none',
          stop: () => Promise.resolve(),
        });
      },
    },
    analyzers: createAnalyzerFactory(),
    clock,
    logger: silentLogger,
    phrases: (setup) => new PhraseSource(setup),
    newId: () => 'long',
  });
  manager.setWindowCount(1);
  /**
   * Three numbers a final, in place from the start: what is measured must not grow by being
   * measured.
   */
  const metrics = new Float64Array(3 * hours * MOST_FINALS);
  let recognised = 0;
  const rss: number[] = [];
  const heap: number[] = [];
  let before = process.cpuUsage();
  await manager.start(
    {
      kind: 'meeting',
      sources: [
        { source: 'mic', origin: { type: 'capture' } },
        { source: 'system', origin: { type: 'capture' } },
      ],
      partials: true,
      insights: true,
    },
    (event) => {
      if (event.kind !== 'final') return;
      const { user, system } = process.cpuUsage(before);
      metrics.set(
        [clock.now(), clock.now() - event.segment.endMs, (user + system) / 1000],
        3 * recognised++,
      );
    },
  );
  const speech = makeNoise('pink', 30);
  const samples = (SAMPLE_RATE * CHUNK_MS) / 1000;
  for (let ms = 0; ms < hours * 3_600_000; ms += CHUNK_MS) {
    before = process.cpuUsage();
    // One speaks for 3 to 8 s, then the other; pauses of a second between them.
    const turn = Math.floor(ms / 10_000);
    const speaks = ms % 10_000 < 3_000 + (turn % 6) * 1_000;
    for (const [source, { onData }] of open) {
      const at = ((ms / CHUNK_MS) % 299) * samples;
      onData(
        speaks && (source === 'mic') === (turn % 2 === 0)
          ? speech.slice(at, at + samples)
          : new Int16Array(samples),
      );
    }
    clock.advance(CHUNK_MS);
    await new Promise(setImmediate);
    if (ms % SAMPLE_MS !== 0) continue;
    // Buffers of samples are freed beside the first collection, and pages are given back beside the
    // second.
    for (const _ of [1, 2]) {
      globalThis.gc?.();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    rss.push(process.memoryUsage.rss());
    heap.push(process.memoryUsage().heapUsed);
  }
  manager.dispose();
  store.close();
  rmSync(home, { recursive: true, force: true });
  const finals = Array.from({ length: recognised }, (_, i) => ({
    atMs: metrics[3 * i]!,
    latencyMs: metrics[3 * i + 1]!,
    workMs: metrics[3 * i + 2]!,
  }));
  return { rss, heap, finals };
}

longWork(Number(process.argv[2] ?? 4)).then(
  (run) => process.stdout.write(JSON.stringify(run)),
  (error: unknown) => {
    process.stderr.write(
      `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    process.exitCode = 1;
  },
);
