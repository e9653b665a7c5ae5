/**
 * Opens ONNX models: one thread, little memory, and an error with the file and its fault. Worker
 * processes only.
 */
import { open, readFile, rm, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { InferenceSession } from 'onnxruntime-node';
import { EarmarkError } from '../../../../protocol/errors';
import type { LoadedModelFiles } from '../../../models/modelFiles';
import { type GraphPlace, dropGraphs, graphDraft, keepGraph, readGraph } from './graphCache';

export type Ort = typeof import('onnxruntime-node');

let loading: Promise<Ort> | undefined;

/**
 * Loads the native runtime, or the WASM runtime; `EARMARK_ORT=wasm` forces the second.
 * @throws EarmarkError engine.unavailable if neither can be loaded
 */
export function loadOrt(): Promise<Ort> {
  // Since 1.30 ONNX Runtime records every session in a database in the user's cache folder, to be
  // sent to its makers. It reads this variable when it is loaded.
  process.env['ORT_DISABLE_TELEMETRY'] = '1';
  loading ??= (
    process.env['EARMARK_ORT'] === 'wasm' ? loadWasm() : loadNative().catch(loadWasm)
  ).catch((cause: unknown) => {
    throw new EarmarkError(
      'engine.unavailable',
      'Could not load ONNX Runtime on this machine. Reinstall Earmark for this ' +
        'platform, or choose another speech engine in the settings.',
      { cause },
    );
  });
  return loading;
}

async function loadNative(): Promise<Ort> {
  const module = await import('onnxruntime-node');
  return (module as { default?: Ort }).default ?? module;
}

/**
 * WASM runtime for machines without a native binary: since 1.30, Macs with Intel processors. Same
 * interface; about five times the processor time.
 */
async function loadWasm(): Promise<Ort> {
  const module = (await import('onnxruntime-web')) as unknown as Ort & { default?: Ort };
  const ort = module.default ?? module;
  // Additional threads would compete with the other worker for the cores.
  ort.env.wasm.numThreads = 1;
  return ort;
}

const isWasm = (ort: Ort): boolean => ort.env.versions.node === undefined;

/** Makes our own graph from a model's file. */
export interface GraphMaker {
  /** Changes with the produced graph. */
  readonly revision: string;
  /**
   * @returns undefined for an intact file of another kind
   * @throws if the file is damaged
   */
  make(file: Uint8Array): Uint8Array | undefined;
}

export interface OpenOptions {
  /** Stores the optimised graph in the cache of this model. */
  readonly kept?: LoadedModelFiles;
  readonly maker?: GraphMaker;
  /** Threads of a run; default 1. */
  readonly threads?: number;
}

/** Graph bytes that ONNX Runtime reads in place; they must live as long as their session. */
const bytesOf = new WeakMap<InferenceSession, Buffer>();

/**
 * @param expect names that the model must have as inputs, to distinguish another kind of model from
 * a damaged one
 * @throws EarmarkError model.missing, model.corrupt, model.incompatible
 */
export async function openModel(
  path: string | undefined,
  role: string,
  expect: readonly string[],
  { kept, maker, threads = 1 }: OpenOptions = {},
): Promise<InferenceSession> {
  if (path === undefined)
    throw new EarmarkError(
      'model.missing',
      `The model has no ${role} file; run \`earmark models pull\` to fetch it again.`,
    );
  await checkFile(path);
  const ort = await loadOrt();
  const place: GraphPlace | undefined =
    kept?.cache === undefined || isWasm(ort)
      ? undefined
      : {
          folder: kept.cache.folder,
          role,
          madeOf: [kept.cache.revision, ort.env.versions.node ?? '', maker?.revision ?? ''],
        };
  const session =
    (place && (await openKept(ort, place))) ??
    (await create(ort, path, maker ? await made(maker, path, role) : path, place, threads));
  const absent = expect.filter((name) => !session.inputNames.includes(name));
  if (absent.length > 0) {
    await session.release();
    throw anotherKind(path, role, absent.join(' '));
  }
  return session;
}

function anotherKind(path: string, role: string, absent: string): EarmarkError {
  return new EarmarkError(
    'model.incompatible',
    `The model file ${basename(path)} is not a ${role}; run \`earmark models pull\` ` +
      'to fetch the right one.',
    { details: { role, absent } },
  );
}

function damaged(path: string, cause: unknown): EarmarkError {
  return new EarmarkError(
    'model.corrupt',
    `The model file ${basename(path)} is damaged or not a model. Run \`earmark ` +
      'models verify`, then `earmark models pull` to fetch it again.',
    { cause },
  );
}

async function made({ make }: GraphMaker, path: string, role: string): Promise<Uint8Array> {
  const file = await readFile(path);
  let graph: Uint8Array | undefined;
  try {
    graph = make(file);
  } catch (cause) {
    throw damaged(path, cause);
  }
  if (!graph) throw anotherKind(path, role, 'weights');
  return graph;
}

function optionsOf(wasm = false, threads = 1): InferenceSession.SessionOptions {
  return {
    executionProviders: [wasm ? 'wasm' : 'cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    // An arena permanently keeps the memory of the longest phrase: 52 MB, and it saves no
    // measurable time.
    enableCpuMemArena: false,
    logSeverityLevel: 4,
  };
}

async function openKept(ort: Ort, place: GraphPlace): Promise<InferenceSession | undefined> {
  const bytes = await readGraph(place);
  if (!bytes) return undefined;
  try {
    const session = await ort.InferenceSession.create(bytes, {
      ...optionsOf(),
      graphOptimizationLevel: 'disabled',
      extra: {
        session: { use_ort_model_bytes_directly: '1', use_ort_model_bytes_for_initializers: '1' },
      },
    });
    bytesOf.set(session, bytes);
    return session;
  } catch {
    await dropGraphs(place);
    return undefined;
  }
}

/** @param model the file at `path`, or the graph made from it */
async function create(
  ort: Ort,
  path: string,
  model: string | Uint8Array,
  place: GraphPlace | undefined,
  threads: number,
): Promise<InferenceSession> {
  const draft = place && (await graphDraft(place));
  if (place && draft !== undefined) {
    try {
      const session = await createFrom(ort, model, {
        ...optionsOf(false, threads),
        optimizedModelFilePath: draft,
      });
      void keepGraph(place, draft);
      return session;
    } catch {
      // Either the graph could not be written or the model is damaged: the next try decides.
      await rm(draft, { force: true });
    }
  }
  try {
    return isWasm(ort)
      ? await createFrom(
          ort,
          typeof model === 'string' ? await readFile(model) : model,
          optionsOf(true),
        )
      : await createFrom(ort, model, optionsOf(false, threads));
  } catch (cause) {
    throw damaged(path, cause);
  }
}

function createFrom(
  ort: Ort,
  model: string | Uint8Array,
  options: InferenceSession.SessionOptions,
): Promise<InferenceSession> {
  return typeof model === 'string'
    ? ort.InferenceSession.create(model, options)
    : ort.InferenceSession.create(model, options);
}

async function checkFile(path: string): Promise<void> {
  try {
    const { size } = await stat(path);
    const file = await open(path, 'r');
    await file.close();
    if (size > 0) return;
  } catch (cause) {
    throw new EarmarkError(
      'model.missing',
      `Could not read the model file ${basename(path)}; run \`earmark models pull\` to ` +
        'fetch it.',
      { cause },
    );
  }
  throw new EarmarkError(
    'model.corrupt',
    `The model file ${basename(path)} is empty; run \`earmark models pull\` to fetch it again.`,
  );
}
