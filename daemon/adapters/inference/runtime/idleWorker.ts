/** A worker that starts with the first call and ends when idle. */
import type { LoadedModelFiles } from '../../../models/modelFiles';
import type { Clock } from '../../../base/clock';
import type { Disposable } from '../../../base/disposable';
import type { Logger } from '../../../base/logger';
import { type WorkerEntry, forkWorker } from './forkWorker';
import { WorkerSupervisor } from './supervisor';
import type { WorkerCalls, WorkerMethod, WorkerRole } from './workerProtocol';

export interface IdleWorkerSetup {
  readonly role: WorkerRole;
  readonly provider: string;
  readonly worker: WorkerEntry;
  readonly files: () => Promise<LoadedModelFiles>;
  readonly clock: Clock;
  readonly logger: Logger;
}

const CALL_TIMEOUT_MS = 10_000;
const MEMORY_BYTES = 500_000_000;
const IDLE_MS = 60_000;

export class IdleWorker implements Disposable {
  private readonly worker: WorkerSupervisor;
  private idle: Disposable | undefined;
  private running = 0;

  constructor(private readonly setup: IdleWorkerSetup) {
    const { role, provider, worker: entry, files, clock, logger } = setup;
    this.worker = new WorkerSupervisor({
      name: role,
      spawn: () => forkWorker(entry, role),
      load: async () => ({ provider, model: await files(), device: 'cpu' }),
      clock,
      logger,
      limits: { memoryBytes: MEMORY_BYTES },
    });
  }

  /** @throws EarmarkError model.*, engine.* */
  async call<M extends WorkerMethod>(
    method: M,
    params: WorkerCalls[M]['params'],
  ): Promise<WorkerCalls[M]['result']> {
    this.idle?.dispose();
    this.running++;
    try {
      await this.worker.start();
      const ask = (): Promise<WorkerCalls[M]['result']> =>
        this.worker.call(method, params, { timeoutMs: CALL_TIMEOUT_MS });
      // A dead worker restarts soon; the caller receives the second failure.
      return await ask().catch(() => this.worker.start().then(ask));
    } finally {
      if (--this.running === 0)
        this.idle = this.setup.clock.setTimeout(() => this.worker.stop(), IDLE_MS);
    }
  }

  dispose(): void {
    this.idle?.dispose();
    this.worker.dispose();
  }
}
