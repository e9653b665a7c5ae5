/**
 * A small daemon for the kill test: real store, real spool, real clock, scripted speech. It takes up the session it
 * finds, or starts one, pushes words, stops when all are said, and says `ready` and `done` on the way.
 */
import { join } from 'node:path';
import { FileSpools } from '../../daemon/adapters/store/fileSpools';
import { openStore } from '../../daemon/adapters/store/openStore';
import { EarmarkError } from '../../protocol/errors';
import { systemClock } from '../../daemon/base/clock';
import { silentLogger } from '../../daemon/base/logger';
import { createSessionManager } from '../../daemon/session/sessionManager';
import { FakeCapture } from '../fakes/fakeCapture';
import { ScriptedEngine, scriptedEngines } from '../fakes/scriptedEngine';
import { CountingAnalyzers, phrases, say } from '../unit/session/harness';

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function main(folder: string, words: number): Promise<void> {
  const { store } = openStore({ file: join(folder, 'earmark.db') });
  const manager = createSessionManager({
    store,
    spools: new FileSpools({ folder: join(folder, 'spool'), clock: systemClock, logger: silentLogger }),
    engines: scriptedEngines(new ScriptedEngine()),
    capture: new FakeCapture(),
    analyzers: new CountingAnalyzers(),
    clock: systemClock,
    logger: silentLogger,
    phrases,
    newId: () => globalThis.crypto.randomUUID(),
  });
  manager.recover();
  const { session } = await manager.start({ key: 'kill', kind: 'file', sources: [{ source: 'file', origin: { type: 'push' } }], partials: true, insights: true });
  const { id } = session.record;
  const { sources } = manager.attach(id, 0, () => undefined);
  console.log('ready');
  const pcm = say(...Array.from({ length: words }, (_, i) => i + 1));
  for (let seq = sources[0]?.nextSeq ?? 0; seq < pcm.length / 320; ) {
    try {
      manager.push(id, 'file', seq, seq * 20, pcm.subarray(seq * 320, (seq + 37) * 320));
      seq += 37;
    } catch (error) {
      if (!(error instanceof EarmarkError) || !['audio.tooFast', 'audio.afterStop'].includes(error.code)) throw error;
      if (error.code === 'audio.afterStop') break;
    }
    await wait(4);
  }
  manager.stop(id, 'stop.request');
  await manager.whenEnded(id);
  store.close();
  console.log('done');
}

main(process.argv[2] ?? '', Number(process.argv[3])).then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
