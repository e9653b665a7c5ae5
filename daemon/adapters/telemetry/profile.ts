/** Profiles of the daemon's processor time and memory: function names and sizes, no contents. */
import { Session } from 'node:inspector/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { EarmarkError } from '../../../protocol/errors';

/** Bytes between two samples of the heap. */
const HEAP_INTERVAL = 64 * 1024;

/** The profiler of a process serves one profile at a time. */
let taking = false;

/**
 * @returns DevTools files as JSON: `.cpuprofile` and `.heapprofile`
 * @throws EarmarkError rpc.tooMany while another profile is taken
 */
export async function takeProfile(
  ms: number,
): Promise<{ readonly cpu: string; readonly heap: string }> {
  if (taking)
    throw new EarmarkError(
      'rpc.tooMany',
      'Another profile is being taken; try again when it is done.',
      { retryAfterMs: ms },
    );
  taking = true;
  const session = new Session();
  session.connect();
  try {
    await session.post('HeapProfiler.startSampling', { samplingInterval: HEAP_INTERVAL });
    await session.post('Profiler.enable');
    await session.post('Profiler.start');
    await delay(ms);
    const cpu = await session.post('Profiler.stop');
    const heap = await session.post('HeapProfiler.stopSampling');
    return { cpu: JSON.stringify(cpu.profile), heap: JSON.stringify(heap.profile) };
  } finally {
    session.disconnect();
    taking = false;
  }
}
