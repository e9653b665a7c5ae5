/**
 * Measures the speed of a model on this machine: loads it in a separate worker with one thread and
 * decodes a recording in pieces.
 */
import type { DeviceChoice } from '../../../asr/contract/provider';
import type { LoadedModelFiles } from '../../../models/modelFiles';
import type { Clock } from '../../../base/clock';
import { silentLogger } from '../../../base/logger';
import { SAMPLE_RATE } from '../../../audio/frame';
import { type WorkerEntry, forkWorker } from './forkWorker';
import { WorkerSupervisor } from './supervisor';

export interface ModelMeasurements {
  /** Time to start the worker and load the model. */
  readonly loadMs: number;
  readonly audioMs: number;
  readonly decodeMs: number;
  /** Real-time factor of the median piece, which other load of the machine affects least. */
  readonly medianRtf: number;
  /** Memory of the worker after the last piece; undefined if the run ended before a heartbeat. */
  readonly rssBytes?: number;
}

/** Length of a meeting phrase. */
const PIECE_S = 8;
/** Time limit as a multiple of the piece; a slower model is not usable. */
const PATIENCE = 20;

/**
 * @param limitMs no piece begins after this time
 * @param onPiece part done, 0–1
 * @throws EarmarkError model.*, engine.*, rpc.cancelled
 */
export async function measureModel(setup: {
  readonly worker: WorkerEntry;
  readonly provider: string;
  readonly model: LoadedModelFiles;
  readonly device?: DeviceChoice;
  readonly language: string;
  readonly pcm: Float32Array;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly limitMs?: number;
  readonly onPiece?: (part: number) => void;
}): Promise<ModelMeasurements> {
  const {
    worker: entry,
    provider,
    model,
    device = 'auto',
    language,
    pcm,
    clock,
    signal,
    limitMs = Infinity,
    onPiece,
  } = setup;
  const worker = new WorkerSupervisor({
    name: 'measure',
    spawn: () => forkWorker(entry, 'asr'),
    load: () => Promise.resolve({ provider, model, device }),
    clock,
    logger: silentLogger,
  });
  try {
    const begun = clock.now();
    await worker.start();
    const loadMs = clock.now() - begun;
    let decodeMs = 0;
    let audioMs = 0;
    const factors: number[] = [];
    for (
      let at = 0;
      at < pcm.length && clock.now() - begun < limitMs;
      at += PIECE_S * SAMPLE_RATE
    ) {
      const piece = pcm.slice(at, at + PIECE_S * SAMPLE_RATE);
      const asked = clock.now();
      await worker.call(
        'transcribe',
        { pcm: piece, options: { language } },
        { timeoutMs: PATIENCE * PIECE_S * 1000, signal },
      );
      const tookMs = clock.now() - asked;
      const pieceMs = (piece.length * 1000) / SAMPLE_RATE;
      decodeMs += tookMs;
      audioMs += pieceMs;
      factors.push(tookMs / pieceMs);
      onPiece?.(Math.min(1, (at + piece.length) / pcm.length));
    }
    const { rssBytes } = worker.health();
    return {
      loadMs,
      audioMs,
      decodeMs,
      medianRtf: factors.sort((a, b) => a - b)[Math.floor(factors.length / 2)] ?? NaN,
      ...(rssBytes === undefined ? {} : { rssBytes }),
    };
  } finally {
    worker.stop();
  }
}
