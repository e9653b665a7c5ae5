// Real recognition workers, killed while they decode: no phrase is lost or doubled.
import assert from 'node:assert/strict';
import { findModels, makeEngine } from '../../bench/speechPath';
import { killWorkers } from '../../bench/workerKills';
import type { ManagedSpeechEngine } from '../../daemon/asr/speechEngineApi';
import { skip } from '../skip';

describe('killed recognition workers', function () {
  this.timeout(120_000);
  let engine: ManagedSpeechEngine | undefined;
  afterEach(() => engine?.dispose());

  it('lose and double no phrase', async function () {
    const models = findModels(process.env['EARMARK_MODELS']);
    if (!models) return skip(this, 'no models: run it with "npm test"');
    engine = makeEngine(models, 1, undefined, { restarts: 100 });
    await engine.ready();
    let seed = 7;
    const { kills, lost, doubled, nextTextMs } = await killWorkers(engine, 5, () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647);
    assert.deepEqual([kills, lost, doubled, nextTextMs.length], [5, 0, 0, 5]);
  });
});
