/**
 * Entry of an inference worker process: `worker <role>`. Forked by the daemon, never started by
 * hand.
 */
import { runWorker } from './adapters/inference/runtime/workerMain';

const role = process.argv[2];
if (
  (role === 'asr' ||
    role === 'vad' ||
    role === 'speaker' ||
    role === 'sentences' ||
    role === 'turns') &&
  process.send
) {
  process.title = `earmark-${role}`;
  runWorker(role);
} else {
  process.stderr.write(
    'The daemon starts this program by itself; run `earmark daemon start` instead.\n',
  );
  process.exitCode = 2;
}
