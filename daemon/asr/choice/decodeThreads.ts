/** Workers of an engine and threads of each decode. Pure. */

/** Models up to this work, relative to Moonshine tiny, gain little from a second thread. */
const SMALL_WORK = 3;
/** More threads gain little for a single phrase. */
export const MAX_THREADS = 4;
/** More workers gain nothing: meetings have few sources, and each worker needs its memory. */
const MAX_WORKERS = 8;

export interface DecodeThreads {
  readonly workers: number;
  readonly threads: number;
}

/** True if more threads shorten a decode. @param work relative to Moonshine tiny */
export function isLarge(work: number | undefined): boolean {
  return work !== undefined && work > SMALL_WORK;
}

/**
 * Small models decode one phrase per core. A large model takes the measured threads, or before they
 * are measured half of the cores, so that two sources fill the machine. A model on a GPU is loaded
 * once.
 * @param work relative to Moonshine tiny; undefined if unknown
 * @param measured threads of a large model; see measuredThreads
 */
export function decodeThreads(
  cores: number,
  work: number | undefined,
  onGpu: boolean,
  measured?: number,
): DecodeThreads {
  const usable = Math.max(1, Math.floor(cores));
  if (onGpu) return { workers: 1, threads: 1 };
  const half = Math.max(1, Math.min(MAX_THREADS, Math.floor(usable / 2)));
  const threads = isLarge(work) ? Math.min(measured ?? half, usable) : 1;
  return { workers: Math.min(MAX_WORKERS, Math.max(1, Math.floor(usable / threads))), threads };
}

/**
 * Threads of the next decode, for recognisers that take them by decode: the share of the engine's
 * cores that its running decodes leave, as far as no other program uses them. Threads of whisper.cpp
 * wait for each other busily: on a machine with ten times the load that it can take, two threads
 * took three times as long as one.
 * @param running decodes of the engine
 * @param idle idle cores of the machine
 */
export function threadsOfNext(
  { workers, threads }: DecodeThreads,
  running: number,
  idle: number,
): number {
  const share = Math.floor((workers * threads) / (running + 1));
  return Math.max(threads, Math.min(MAX_THREADS, share, Math.round(idle)));
}
