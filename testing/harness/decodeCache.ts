/**
 * A binding of Whisper that counts the processor time of each decode and can keep what decodes
 * gave, by samples, parameters, model and build: a bench on a busy machine pays each once, may stop
 * at any time and go on later.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type {
  WhisperBinding,
  WhisperParams,
} from '../../daemon/adapters/inference/whisper/whisperBinding';
import type { WhisperSegment } from '../../daemon/asr/whisper/whisperWords';

interface CachedDecode {
  readonly seconds: number;
  readonly segments: readonly WhisperSegment[];
}

export interface CountedBinding extends WhisperBinding {
  /** Processor time of the decodes that were asked for, whenever they ran. */
  readonly seconds: number;
  readonly decodes: number;
}

/**
 * Decodes must come one at a time: what else this process does meanwhile is counted with them.
 * @param identity model and build, in words
 * @param folder where decodes are kept; undefined keeps none
 */
export function countedBinding(
  native: WhisperBinding,
  identity: string,
  folder: string | undefined,
): CountedBinding {
  if (folder !== undefined) mkdirSync(folder, { recursive: true });
  let seconds = 0;
  let decodes = 0;
  const count = (kept: CachedDecode): WhisperSegment[] => {
    seconds += kept.seconds;
    decodes++;
    return [...kept.segments];
  };
  return {
    get seconds() {
      return seconds;
    },
    get decodes() {
      return decodes;
    },
    WhisperModel: native.WhisperModel,
    transcribe: (handle, pcm, params, finish, progress) => {
      const file = folder && join(folder, `${keyOf(identity, pcm, params)}.json`);
      if (file !== undefined && existsSync(file)) {
        const kept = JSON.parse(readFileSync(file, 'utf8')) as CachedDecode;
        setImmediate(() => finish(count(kept)));
        return;
      }
      const before = process.cpuUsage();
      native.transcribe(
        handle,
        pcm,
        params,
        (result) => {
          const { user, system } = process.cpuUsage(before);
          if (result instanceof Error) return finish(result);
          const kept = { seconds: (user + system) / 1e6, segments: result };
          if (file !== undefined) {
            writeFileSync(`${file}.part`, JSON.stringify(kept));
            renameSync(`${file}.part`, file);
          }
          finish(count(kept));
        },
        progress,
      );
    },
  };
}

/** What two files have alike that are the same for a bench. */
export function fileIdentity(path: string): string {
  const { size, mtimeMs } = statSync(path);
  return `${path}:${size}:${Math.round(mtimeMs)}`;
}

function keyOf(identity: string, pcm: Float32Array, params: WhisperParams): string {
  const inOrder = Object.fromEntries(Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1)));
  return createHash('sha256')
    .update(identity)
    .update(JSON.stringify(inOrder))
    .update(new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength))
    .digest('hex')
    .slice(0, 32);
}
