/**
 * The processes of a team as in daemon/teamMain.ts, without models. Workers recognise loudness
 * (loudnessProvider.ts), and servers detect speech by it. `EARMARK_TEST_SLOWER` makes a worker
 * slower than Moonshine. With `EARMARK_TEST_LOADS`, its model loads when that file exists.
 * `EARMARK_TEST_GRACE_MS` is the time that a session may have no connection.
 */
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { createSpeechEngine } from '../../../daemon/adapters/inference/runtime/createSpeechEngine';
import type { DetectorService } from '../../../daemon/asr/engine/speechEngine';
import { runTeam } from '../../../daemon/teamMain';
import { LoudnessProvider } from '../loudnessProvider';
import { ScriptedEngine } from './scriptedEngine';
import { scriptedParts } from './scriptedParts';

const slower = Number(process.env['EARMARK_TEST_SLOWER'] ?? 1);
const loads = async (): Promise<void> => {
  const file = process.env['EARMARK_TEST_LOADS'];
  while (file !== undefined && !existsSync(file)) await delay(20);
};
const detector: DetectorService = {
  start: () => Promise.resolve(),
  stop: () => undefined,
  health: () => [],
  create: () => new ScriptedEngine().detectors.create(),
};
const { engines: _, ...daemon } = scriptedParts();

void runTeam(process.argv.slice(2), {
  detector,
  daemon,
  ...(process.env['EARMARK_TEST_GRACE_MS'] === undefined
    ? {}
    : { orphans: { graceMs: Number(process.env['EARMARK_TEST_GRACE_MS']) } }),
  engine: ({ clock, logger }) => ({
    languages: ['*'],
    engine: createSpeechEngine({
      clock,
      logger,
      asr: {
        provider: 'scripted',
        model: 'script',
        files: () => Promise.resolve({ id: 'script', files: {} }),
      },
      runs: { in: 'process', create: () => new LoudnessProvider(slower, loads) },
      detectors: detector,
    }),
  }),
});
