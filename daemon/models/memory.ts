/** Memory of a loaded model, and memory limit of its worker. Pure. */
import { EarmarkError } from '../../protocol/errors';
import { type CatalogueEntry } from './catalogueEntry';
import { totalBytes } from './catalogue';

/** Memory of a worker (Node with ONNX Runtime) without a model. */
const EMPTY_WORKER_BYTES = 150_000_000;
/** Estimated memory of an unmeasured model as a multiple of its file size. */
const TIMES_FILES = 1.7;
/** Limit of a worker as a multiple of its model's memory. A worker above it has a memory leak. */
const LIMIT_TIMES = 1.5;
/**
 * Minimum limit. Long phrases briefly need some hundred MB, independent of the size of the model.
 */
const LEAST_LIMIT_BYTES = 1_000_000_000;

export function residentBytesOf(model: Pick<CatalogueEntry, 'files' | 'residentBytes'>): number {
  return model.residentBytes ?? EMPTY_WORKER_BYTES + Math.round(TIMES_FILES * totalBytes(model));
}

/** @returns resident memory above which a worker is restarted, bytes */
export function workerLimitOf(residentBytes: number): number {
  return Math.max(LEAST_LIMIT_BYTES, Math.round(LIMIT_TIMES * residentBytes));
}

/** @throws EarmarkError engine.unavailable if the free memory is less than the model needs */
export function requireMemory(modelId: string, residentBytes: number, freeBytes: number): void {
  if (freeBytes >= residentBytes) return;
  throw new EarmarkError(
    'engine.unavailable',
    `The model ${modelId} needs ${gigabytes(residentBytes)} of memory, ${gigabytes(freeBytes)} are free; close other programs, or choose a smaller model.`,
    { details: { model: modelId } },
  );
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
