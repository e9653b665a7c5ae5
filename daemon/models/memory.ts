/** How much memory a model takes when it is loaded, and how much its worker may take. Pure. */
import { EarmarkError } from '../../protocol/errors';
import { type CatalogueEntry, totalBytes } from './catalogue';

/** Node with ONNX Runtime and no model. */
const EMPTY_WORKER_BYTES = 150_000_000;
/** Times the files of a model that nobody has measured. */
const TIMES_FILES = 1.7;
/** A worker past so many times what its model takes has a leak. */
const LIMIT_TIMES = 1.5;
/** Long phrases take some hundred MB for a moment, whatever the model's size. */
const LEAST_LIMIT_BYTES = 1_000_000_000;

export function residentBytesOf(model: Pick<CatalogueEntry, 'files' | 'residentBytes'>): number {
  return model.residentBytes ?? EMPTY_WORKER_BYTES + Math.round(TIMES_FILES * totalBytes(model));
}

/** @returns resident memory past which a worker is started again */
export function workerLimitOf(residentBytes: number): number {
  return Math.max(LEAST_LIMIT_BYTES, Math.round(LIMIT_TIMES * residentBytes));
}

/** @throws EarmarkError engine.unavailable where the memory that is free is less than the model's */
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
