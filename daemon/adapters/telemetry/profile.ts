/** Profiles of the daemon's processor time and memory: function names and sizes, no contents. */
import { Session } from 'node:inspector/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** Bytes between two samples of the heap. */
const HEAP_INTERVAL = 64 * 1024;

/** @returns DevTools files as JSON: `.cpuprofile` and `.heapprofile` */
export async function takeProfile(
  ms: number,
): Promise<{ readonly cpu: string; readonly heap: string }> {
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
  }
}
