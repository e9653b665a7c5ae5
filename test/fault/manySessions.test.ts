/** A daemon that starts again has taken up 100 interrupted sessions within a second of work. */
import { deepEqual, ok } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileSpools } from '../../daemon/adapters/store/spool/fileSpools';
import { openStore } from '../../daemon/adapters/store/openStore';
import { systemClock } from '../../daemon/base/clock';
import { FRAME_MS } from '../../daemon/audio/frame';
import { silentLogger } from '../../daemon/base/logger';
import { createSessionManager } from '../../daemon/session/lifecycle/sessionManager';
import { FakeCapture } from '../../testing/fakes/fakeCapture';
import { inPlace } from '../../testing/fakes/inPlaceStore';
import { ScriptedEngine, scriptedEngines } from '../../testing/fakes/scripted/scriptedEngine';
import { CountingAnalyzers, phrases, say } from '../../testing/harness/sessionHarness';

const SESSIONS = 100;
const FINALS = 50;
const LIMIT_MS = 1000;

describe('a start with many interrupted sessions', function () {
  this.timeout(60_000);

  /** @returns milliseconds of processor time */
  async function takeUp(): Promise<number> {
    const folder = mkdtempSync(join(tmpdir(), 'earmark-many-'));
    const spools = (): FileSpools =>
      new FileSpools({ folder: join(folder, 'spool'), clock: systemClock, logger: silentLogger });
    const open = () => openStore({ file: join(folder, 'earmark.db') }).store;
    try {
      const before = open();
      const left = spools();
      for (let s = 0; s < SESSIONS; s++) {
        const id = `s${s}`;
        before.createSession({
          id,
          kind: 'file',
          title: id,
          state: 'STREAMING',
          startedAt: new Date().toISOString(),
          createdMs: Date.now(),
          durationMs: 0,
          sources: [{ source: 'file', origin: { type: 'push' } }],
          language: 'en',
          provider: 'scripted',
          model: 'script',
          live: true,
          partials: false,
          insights: true,
          ephemeral: false,
          keepAudio: false,
        });
        before.append(
          id,
          Array.from({ length: FINALS }, (_, i) => ({
            kind: 'final' as const,
            segment: {
              id: `s${i + 1}`,
              startMs: i * 900,
              endMs: i * 900 + 400,
              source: 'file' as const,
              speaker: 'You',
              text: `word ${i}`,
              confidence: 1,
              revision: 0,
            },
            seq: i + 1,
            time: i,
          })),
          [{ source: 'file', finalThrough: -1 }],
        );
        const spool = left.open(id);
        const pcm = say(1, 2);
        for (let seq = 0; seq < pcm.length / 320; seq++)
          spool.append({
            source: 'file',
            seq,
            captureMs: seq * FRAME_MS,
            pcm: pcm.subarray(seq * 320, (seq + 1) * 320),
          });
        spool.dispose();
      }
      before.close();
      const begun = process.cpuUsage();
      const store = open();
      const manager = createSessionManager({
        store: inPlace(store),
        spools: spools(),
        engines: scriptedEngines(new ScriptedEngine()),
        capture: new FakeCapture(),
        analyzers: new CountingAnalyzers(),
        clock: systemClock,
        logger: silentLogger,
        phrases,
        newId: () => 'x',
      });
      const recovered = (await manager.recover()).length;
      const { nextSeq } = (await manager.attach('s99', 0, () => undefined)).sources[0] ?? {};
      const { user, system } = process.cpuUsage(begun);
      const usedMs = (user + system) / 1000;
      manager.dispose();
      store.close();
      deepEqual({ recovered, nextSeq }, { recovered: SESSIONS, nextSeq: say(1, 2).length / 320 });
      console.log(`      (${Math.round(usedMs)} ms of processor time)`);
      return usedMs;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  it('takes up 100 of them, each with 50 finals and sound that is not text, within 1 s of processor time', async () => {
    // A core that others share takes longer for the same work: the best of three counts.
    let best = Infinity;
    for (let tries = 0; tries < 3 && best > LIMIT_MS; tries++)
      best = Math.min(best, await takeUp());
    ok(best <= LIMIT_MS, `${Math.round(best)} ms`);
  });
});
