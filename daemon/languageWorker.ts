/**
 * Entry of the process that runs a local language model. Forked by the daemon or by a command,
 * never started by hand. It computes on files of this machine and needs no network.
 */
import { LlamaRuntime } from './adapters/llm/local/llamaRuntime';
import { runLanguageWorker } from './adapters/llm/local/workerMain';

// The library can read models from addresses; this process reads files alone.
for (const name of ['fetch', 'WebSocket', 'EventSource']) Reflect.deleteProperty(globalThis, name);

if (process.send) {
  process.title = 'earmark-language';
  runLanguageWorker(new LlamaRuntime());
} else {
  process.stderr.write(
    'The daemon starts this program by itself; run `earmark daemon start` instead.\n',
  );
  process.exitCode = 2;
}
