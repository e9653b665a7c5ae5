/**
 * Finds and loads smart-whisper's native binding of whisper.cpp, built by `npm run whisper`. Picks
 * the best build that this processor can run: a build with AVX2 ends the process on a processor
 * without it. Worker processes only.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { EarmarkError } from '../../../../protocol/errors';
import { childEnvironment } from '../../../base/childEnvironment';
import type { WhisperSegment } from '../../../asr/whisper/whisperWords';

/** Parameters of a decode under whisper.cpp's own names; absent ones have their defaults. */
export interface WhisperParams {
  /** 0 greedy, 1 beam search (the binding's default). */
  readonly strategy: 0 | 1;
  /** Width of the beam search. */
  readonly beam_size: number;
  readonly n_threads: number;
  readonly language: string;
  readonly translate: boolean;
  readonly audio_ctx: number;
  readonly temperature: number;
  readonly temperature_inc: number;
  /** Limit for one segment. */
  readonly max_tokens: number;
  /** Number of candidates for sampling with a temperature. */
  readonly best_of: number;
  readonly single_segment: boolean;
  readonly no_timestamps: boolean;
  readonly no_context: boolean;
  readonly suppress_non_speech_tokens: boolean;
  readonly initial_prompt?: string;
  readonly format: 'detail';
}

export interface WhisperModel {
  readonly handle: object | null;
  free(): Promise<void>;
}

export interface WhisperBinding {
  readonly WhisperModel: { load(file: string, gpu: boolean): Promise<WhisperModel> };
  /**
   * Decodes on a separate thread, which cannot be stopped. `finish` receives the segments or an
   * Error.
   */
  transcribe(
    handle: object,
    pcm: Float32Array,
    params: WhisperParams,
    finish: (result: WhisperSegment[] | Error) => void,
    progress: () => void,
  ): void;
}

/** Best first; `own` is a library that the user built, for example with CUDA. */
export type WhisperBuild = 'own' | 'metal' | 'avx2' | 'plain';
const BUILDS: readonly WhisperBuild[] = ['own', 'metal', 'avx2', 'plain'];
const AVX2_FLAGS = ['avx2', 'fma', 'f16c'];

/**
 * Folder of the builds: `whisper/` beside `worker.js`; from the sources, the folder of the built
 * program.
 */
export function whisperFolder(): string | undefined {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    const found = [join(folder, 'whisper'), join(folder, 'dist', 'whisper')].find((path) =>
      BUILDS.some((name) => existsSync(join(path, `${name}.node`))),
    );
    if (found !== undefined) return found;
    if (dirname(folder) === folder) return undefined;
  }
}

/** Builds in a folder that this processor can run, best first. */
export function usableBuilds(
  folder: string,
  hasAvx2: boolean = processorHasAvx2(),
): WhisperBuild[] {
  return BUILDS.filter(
    (name) => existsSync(join(folder, `${name}.node`)) && (name !== 'avx2' || hasAvx2),
  );
}

/** Builds that can use a GPU. */
export const GPU_BUILDS: ReadonlySet<WhisperBuild> = new Set(['own', 'metal']);

/** Returns the reason why no build can use this kind of GPU; undefined if one can. */
export function gpuProblem(
  kind: 'metal' | 'cuda' | 'vulkan',
  builds: readonly WhisperBuild[] = usableBuilds(whisperFolder() ?? ''),
): string | undefined {
  return builds.some((build) => build === 'own' || build === kind)
    ? undefined
    : builds.length === 0
      ? 'Whisper is not built on this computer'
      : `no build of Whisper on this computer can use ${kind} (docs/whisper.md)`;
}

/** @throws EarmarkError engine.unavailable with advice */
export function loadWhisperBinding(): { binding: WhisperBinding; build: WhisperBuild } {
  const folder = whisperFolder();
  if (folder === undefined)
    throw new EarmarkError(
      'engine.unavailable',
      "Whisper is not built on this machine. Run `npm run whisper` in Earmark's " +
        'folder, or choose the engine moonshine in the settings.',
    );
  // The binding logs nothing only in production. Metal's kernels are in the same folder.
  Object.assign(process.env, { NODE_ENV: 'production', GGML_METAL_PATH_RESOURCES: folder });
  let failure: unknown;
  for (const build of usableBuilds(folder)) {
    try {
      const loaded: { exports: unknown } = { exports: {} };
      process.dlopen(loaded, join(folder, `${build}.node`));
      return { binding: loaded.exports as WhisperBinding, build };
    } catch (cause) {
      failure = cause;
    }
  }
  throw new EarmarkError(
    'engine.unavailable',
    "Whisper is built for another machine; run `npm run whisper` in Earmark's " +
      'folder to build it again.',
    { cause: failure },
  );
}

function processorHasAvx2(): boolean {
  try {
    if (process.arch !== 'x64') return false;
    if (process.platform === 'linux') {
      const flags = new Set(
        /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1]?.trim().split(/\s+/),
      );
      return AVX2_FLAGS.every((flag) => flags.has(flag));
    }
    if (process.platform === 'darwin')
      return execFileSync('sysctl', ['-n', 'hw.optional.avx2_0', 'hw.optional.fma'], {
        env: childEnvironment(process.env),
        encoding: 'utf8',
        timeout: 2_000,
      })
        .trim()
        .split(/\s+/)
        .every((flag) => flag === '1');
  } catch {
    // Unknown processor features; the plain build runs everywhere.
  }
  return false;
}
