/** Opening ONNX models: one thread, little memory kept, and an error that says which file is wrong and how. Worker processes only. */
import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { InferenceSession } from 'onnxruntime-node';
import { EarmarkError } from '../../../protocol/errors';

export type Ort = typeof import('onnxruntime-node');

let loading: Promise<Ort> | undefined;

/** @throws EarmarkError engine.unavailable when this machine has no native binary of ONNX Runtime. */
export function loadOrt(): Promise<Ort> {
  // From 1.30 on ONNX Runtime notes every session in a database in the user's cache folder, to be sent to its makers. It looks for this when it is loaded.
  process.env['ORT_DISABLE_TELEMETRY'] = '1';
  loading ??= import('onnxruntime-node').then(
    (module) => (module as { default?: Ort }).default ?? module,
    (cause: unknown) => {
      throw new EarmarkError('engine.unavailable', 'ONNX Runtime could not be loaded on this machine; reinstall Earmark for this platform, or choose another speech engine in the settings.', { cause });
    },
  );
  return loading;
}

/**
 * @param expect names that the model must have as inputs, to tell another kind of model from a broken one
 * @param pack whether weights are also kept in the order that is quickest to multiply with
 * @throws EarmarkError model.missing, model.corrupt, model.incompatible
 */
export async function openModel(path: string | undefined, role: string, expect: readonly string[], { pack = true }: { readonly pack?: boolean } = {}): Promise<InferenceSession> {
  if (path === undefined) throw new EarmarkError('model.missing', `The model has no ${role} file; run \`earmark models pull\` to fetch it again.`);
  await checkFile(path);
  const ort = await loadOrt();
  let session: InferenceSession;
  try {
    session = await ort.InferenceSession.create(path, {
      executionProviders: ['cpu'],
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      // An arena keeps the room of the longest phrase for good: 52 MB, and it saves no measurable time.
      enableCpuMemArena: false,
      logSeverityLevel: 4,
      // Moonshine's decoder keeps its 8-bit vocabulary as constants that would be made floats again at each token: with
      // this they are made floats once. 130 ms of processor time a phrase of 5 s become 107, for 37 MB; the text is the same.
      extra: { session: { disable_quant_qdq: '1', ...(pack ? {} : { disable_prepacking: '1' }) } },
    });
  } catch (cause) {
    throw new EarmarkError('model.corrupt', `The model file ${basename(path)} is damaged or not a model; run \`earmark models verify\` and then \`earmark models pull\` to fetch it again.`, { cause });
  }
  const absent = expect.filter((name) => !session.inputNames.includes(name));
  if (absent.length > 0) {
    await session.release();
    throw new EarmarkError('model.incompatible', `The model file ${basename(path)} is of another kind than the ${role} needed here; run \`earmark models pull\` to fetch the right one.`, { details: { role, absent: absent.join(' ') } });
  }
  return session;
}

async function checkFile(path: string): Promise<void> {
  try {
    const { size } = await stat(path);
    const file = await open(path, 'r');
    await file.close();
    if (size > 0) return;
  } catch (cause) {
    throw new EarmarkError('model.missing', `The model file ${basename(path)} cannot be read; run \`earmark models pull\` to fetch it.`, { cause });
  }
  throw new EarmarkError('model.corrupt', `The model file ${basename(path)} is empty; run \`earmark models pull\` to fetch it again.`);
}
