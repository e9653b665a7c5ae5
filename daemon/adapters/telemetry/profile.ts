/**
 * Where the daemon spends processor time and memory: names of functions and sizes, and nothing of
 * what they hold.
 */
import { Session } from 'node:inspector/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** Bytes between two samples of the heap. */
const HEAP_INTERVAL = 64 * 1024;

/** @returns the files of DevTools: `.cpuprofile` and `.heapprofile`, as JSON */
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
