// Stands in for a daemon in inferenceWorker.test.ts: starts a worker, prints its process id, waits
// to be killed. `busy` keeps it decoding without a pause. Arguments: models folder or `-`, `busy`
// or `idle`.
import { join } from 'node:path';
import { findModels, makeEngine } from '../../testing/harness/speechPath';
import { forkWorker } from '../../daemon/adapters/inference/runtime/forkWorker';

const [folder = '-', mode] = process.argv.slice(2);

async function main(): Promise<void> {
  const models = folder === '-' ? undefined : findModels(folder);
  if (!models) {
    const worker = forkWorker(
      { path: join(__dirname, '../../daemon/worker.ts'), execArgv: ['--require', 'tsx/cjs'] },
      'asr',
    );
    worker.onMessage((message) => {
      if (message.kind === 'heartbeat') process.stdout.write(`${worker.pid}\n`);
    });
    return;
  }
  const engine = makeEngine(models, 1);
  await engine.ready();
  const speech = Float32Array.from(
    { length: 20 * 16_000 },
    (_, i) => ((i % 128) / 128 - 0.5) * 0.3,
  );
  if (mode === 'busy')
    for (let i = 0; i < 40; i++)
      void engine.decode(speech, { language: 'en', priority: 'final', sessionId: 's' });
  process.stdout.write(
    `${engine
      .workers()
      .map((w) => w.pid)
      .filter((pid) => pid !== undefined)
      .join('\n')}\n`,
  );
  setInterval(() => undefined, 1_000);
}

void main();
