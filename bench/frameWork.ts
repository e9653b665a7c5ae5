/**
 * One run of the daemon's work for frames, in a process of its own: recorder, frames, spool on
 * disk, phrases, levels, events, store. Everything is real but the clock, the detector (it hears
 * nothing) and the sound device. Prints the microseconds of processor time a frame and session.
 * Arguments: SESSIONS SECONDS
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileSpools } from '../daemon/adapters/store/spool/fileSpools';
import { openStore } from '../daemon/adapters/store/openStore';
import { inPlace } from '../testing/fakes/inPlaceStore';
import { FRAME_MS, SAMPLE_RATE } from '../daemon/audio/frame';
import { ManualClock } from '../daemon/base/clock';
import { silentLogger } from '../daemon/base/logger';
import { ACTIONS } from '../daemon/degrade/degradation';
import type { EngineLease } from '../daemon/asr/contract/engine';
import type { RecordingHandlers } from '../daemon/audio/capture';
import { createSessionManager } from '../daemon/session/lifecycle/sessionManager';
import { VAD_WINDOW } from '../daemon/vad/contract';
import { PhraseSource } from '../daemon/vad/phraseSource';
import { makeNoise } from '../testing/scoring/noise';

const [SESSIONS = 20, SECONDS = 120] = process.argv.slice(2).map(Number);
/** What a recorder gives at once. */
const CHUNK_MS = 100;

function microseconds(begun: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(begun);
  return user + system;
}

/** @returns microseconds a frame and session */
async function frameWork(): Promise<number> {
  const home = mkdtempSync(join(tmpdir(), 'earmark-frames-'));
  const clock = new ManualClock();
  const { store } = openStore({ file: join(home, 'earmark.db'), now: () => clock.wall() });
  const open: RecordingHandlers[] = [];
  const silent: EngineLease = {
    provider: 'none',
    model: 'none',
    idle: true,
    status: { recentRtf: 0, rtf: { mean: 0, p95: 0, p99: 0, decodes: 0 }, rssBytes: 0 },
    degradationLevel: 'NORMAL',
    actions: ACTIONS.NORMAL,
    ready: () => Promise.resolve(),
    decode: () => Promise.reject(new Error('Nothing is said.')),
    detectors: {
      create: () => ({
        detect: (windows) => Promise.resolve(new Float32Array(windows.length / VAD_WINDOW)),
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
    engines: { open: () => silent },
    capture: {
      start: (source, _device, handlers) => {
        open.push(handlers);
        return Promise.resolve({
          source,
          device: 'noise',
          recorder: 'none',
          stop: () => Promise.resolve(),
        });
      },
    },
    analyzers: {
      create: () => ({
        update: () => [],
        finish: () => [],
        revise: () => [],
        insights: [],
        speakerNames: [],
      }),
    },
    clock,
    logger: silentLogger,
    phrases: (setup) => new PhraseSource(setup),
    newId: () => `id${Math.random().toString(36).slice(2)}`,
  });
  manager.setWindowCount(1);
  let recognised = 0;
  for (let i = 0; i < SESSIONS; i++)
    await manager.start(
      {
        kind: 'meeting',
        sources: [{ source: 'mic', origin: { type: 'capture' } }],
        partials: true,
        insights: true,
      },
      () => recognised++,
    );
  const noise = makeNoise('pink', 10);
  const samples = (SAMPLE_RATE * CHUNK_MS) / 1000;
  const run = async (seconds: number): Promise<void> => {
    for (let ms = 0; ms < seconds * 1000; ms += CHUNK_MS) {
      open.forEach(({ onData }, i) => {
        const at = ((ms / CHUNK_MS + i) % 99) * samples;
        onData(noise.slice(at, at + samples));
      });
      clock.advance(CHUNK_MS);
      await new Promise(setImmediate);
    }
  };
  await run(20);
  const begun = process.cpuUsage();
  await run(SECONDS);
  const used = microseconds(begun);
  manager.dispose();
  store.close();
  rmSync(home, { recursive: true, force: true });
  if (recognised === 0) throw new Error('No session sent a level: nothing was measured.');
  return used / ((SESSIONS * SECONDS * 1000) / FRAME_MS);
}

frameWork().then(
  (micros) => process.stdout.write(`${micros}\n`),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);
