/**
 * Messages between the daemon and an inference worker, over the child process's IPC channel with
 * advanced serialisation, so that samples are sent unchanged. Both ends belong to this program; no
 * other program uses the channel.
 */
import type { ErrorCode } from '../../../../protocol/errors';
import type {
  AsrResult,
  DecodeRequest,
  DeviceChoice,
  StreamedText,
} from '../../../asr/contract/provider';
import type { LoadedModelFiles } from '../../../models/modelFiles';
import type { DetectParams } from './detectorBatch';
import type { SpeakerText } from '../embeddings/turnEncoder';

export type WorkerRole = 'asr' | 'vad' | 'speaker' | 'sentences' | 'turns';

/** Calls by name: parameters and results. */
export interface WorkerCalls {
  load: {
    params: {
      readonly provider: string;
      readonly model: LoadedModelFiles;
      readonly device: DeviceChoice;
    };
    result: void;
  };
  transcribe: {
    params: { readonly pcm: Float32Array; readonly options: DecodeRequest };
    result: AsrResult;
  };
  /** Starts a phrase; false if the loaded model does not support streams. */
  openStream: {
    params: { readonly stream: number; readonly options: DecodeRequest };
    result: boolean;
  };
  pushAudio: {
    params: { readonly stream: number; readonly pcm: Float32Array };
    result: StreamedText;
  };
  endStream: { params: { readonly stream: number }; result: AsrResult };
  detect: { params: DetectParams; result: readonly Float32Array[] };
  embed: { params: { readonly cuts: readonly Float32Array[] }; result: readonly Float32Array[] };
  segment: { params: { readonly window: Float32Array }; result: Uint8Array };
  embedTexts: { params: { readonly texts: readonly string[] }; result: readonly Float32Array[] };
  scoreTurns: {
    params: { readonly turns: readonly SpeakerText[] };
    result: readonly Float32Array[];
  };
  /** Discards a stream of the recogniser or of the speech detector. */
  closeStream: { params: { readonly stream: number }; result: void };
}
export type WorkerMethod = keyof WorkerCalls;

export type ToWorker =
  | {
      [M in WorkerMethod]: {
        readonly kind: 'call';
        readonly id: number;
        readonly method: M;
        readonly params: WorkerCalls[M]['params'];
      };
    }[WorkerMethod]
  | { readonly kind: 'cancel'; readonly id: number };

export type FromWorker =
  | { readonly kind: 'heartbeat'; readonly rssBytes: number }
  | { readonly kind: 'result'; readonly id: number; readonly value: unknown }
  | {
      readonly kind: 'error';
      readonly id: number;
      readonly code: ErrorCode;
      readonly message: string;
    };

/** Milliseconds between heartbeats. */
export const HEARTBEAT_MS = 1_000;
