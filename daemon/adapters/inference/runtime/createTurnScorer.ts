/** The turn encoder in a worker that starts with the first call and ends when idle. */
import type { LoadedModelFiles } from '../../../models/modelFiles';
import type { Disposable } from '../../../base/disposable';
import type { TurnScorer } from '../../../insights/contract/turns';
import { IdleWorker, type IdleWorkerSetup } from './idleWorker';

/** Catalogue entry of the encoder. */
const TURN_MODEL = 'turn-encoder';

export interface TurnScorerSetup extends Pick<IdleWorkerSetup, 'worker' | 'clock' | 'logger'> {
  /** Files of a catalogue model. */
  readonly files: (id: string) => Promise<LoadedModelFiles>;
}

export function createTurnScorer(setup: TurnScorerSetup): TurnScorer & Disposable {
  const worker = new IdleWorker({
    ...setup,
    role: 'turns',
    provider: 'turns',
    files: () => setup.files(TURN_MODEL),
  });
  return {
    score: async (turns) => {
      const rows = await worker.call('scoreTurns', {
        turns: turns.map(({ speaker, text }) => ({ speaker, text })),
      });
      return rows.map((logits) => ({ logits }));
    },
    dispose: () => worker.dispose(),
  };
}
