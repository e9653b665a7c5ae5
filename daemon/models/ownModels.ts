/**
 * Models that the user added: a folder with a recogniser's files under their public names, and a
 * `model.json` that describes it. Pure.
 */
import { z } from 'zod';
import { EarmarkError } from '../../protocol/errors';
import type { CatalogueEntry } from './catalogueEntry';
import { type Precision, nemoModelsIn } from './nemoFiles';

/** Used in file names and on command lines. */
const Id = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/i);
/** Names in `model.json`; `llama` is a language model for notes. */
const RECOGNISERS = ['nemo', 'moonshine', 'whisper', 'llama'] as const;

const Description = z.object({
  id: Id,
  recogniser: z.enum(RECOGNISERS),
  languages: z
    .array(z.string().regex(/^(?:\*|[a-z]{2,3})$/))
    .min(1)
    .max(200),
  name: z.string().trim().min(1).max(100).optional(),
  licence: z.string().trim().min(1).max(100).optional(),
  precision: z.enum(['int8', 'float']).optional(),
});
type Description = z.infer<typeof Description>;

/**
 * Maximum size of a float model that is preferred to an 8-bit model beside it; it takes 1.7 times
 * the memory.
 */
const MAX_FLOAT_BYTES = 1_000_000_000;
/** Endings of files with weights that do not fit into an ONNX file. */
const OUTSIDE_WEIGHTS = ['.data', '_data'];

export interface FolderFile {
  /** Path inside the folder, with `/`. */
  readonly path: string;
  readonly bytes: number;
}

/** An entry without checksums of its files. */
export type OwnPlan = Omit<CatalogueEntry, 'files'> & {
  readonly files: readonly {
    readonly role: string;
    readonly name: string;
    readonly path: string;
    readonly bytes: number;
  }[];
};

/**
 * @param description text of `model.json`
 * @throws EarmarkError model.incompatible if the text or the folder's files are invalid
 */
export function planOwnModel(description: string, files: readonly FolderFile[]): OwnPlan {
  const { id, name, recogniser, languages, licence, precision } = readDescription(description);
  const roles = ROLES[recogniser](files, precision);
  const outside = Object.entries(roles).flatMap(([role, path]) =>
    files
      .filter((file) => OUTSIDE_WEIGHTS.some((ending) => file.path === `${path}${ending}`))
      .map((file) => [`${role}Weights`, file.path] as const),
  );
  const planned = [...Object.entries(roles), ...outside].map(([role, path]) => ({
    role,
    path,
    name: path.split('/').at(-1) ?? path,
    bytes: bytesOf(files, path),
  }));
  return {
    id,
    name: name ?? id,
    kind: ownKindOf(recogniser),
    provider: recogniser,
    languages,
    licence: licence ?? 'not stated',
    isDefault: false,
    own: true,
    version: 'own',
    source: { type: 'local' },
    files: planned,
  };
}

/** @param recogniser of `model.json` */
export function ownKindOf(recogniser: string): CatalogueEntry['kind'] {
  return recogniser === 'llama' ? 'language' : 'asr';
}

function readDescription(text: string): Description {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const found = Description.safeParse(value);
  if (found.success) return found.data;
  const where = found.error.issues[0]?.path.join('.') ?? '';
  throw new EarmarkError(
    'model.incompatible',
    `The file model.json is not valid${where === '' ? '' : ` (see "${where.slice(0, 50)}")`}. Write {"id": "my-model", "recogniser": "nemo", "languages": ["en"]} with your own values.`,
  );
}

type Roles = Readonly<Record<string, string>>;

/** Finds the files of each recogniser: role → path inside the folder. */
const ROLES: Readonly<
  Record<
    Description['recogniser'],
    (files: readonly FolderFile[], precision: Precision | undefined) => Roles
  >
> = { nemo: nemoRoles, moonshine: moonshineRoles, whisper: whisperRoles, llama: llamaRoles };

function llamaRoles(files: readonly FolderFile[]): Roles {
  const [model, ...more] = files.filter(({ path }) => /^[^/]+\.gguf$/i.test(path));
  if (model !== undefined && more.length === 0) return { model: model.path };
  throw lacking('one GGUF file (*.gguf)');
}

function whisperRoles(files: readonly FolderFile[]): Roles {
  const [model, ...more] = files.filter(({ path }) => /^[^/]+\.bin$/.test(path));
  if (model !== undefined && more.length === 0) return { model: model.path };
  throw lacking('one ggml file (*.bin)');
}

function moonshineRoles(files: readonly FolderFile[]): Roles {
  const named = (...wanted: readonly string[]): string | undefined =>
    wanted.find((name) => files.some(({ path }) => path === name));
  const encoder = named('encoder_model.onnx', 'encoder_model_quantized.onnx');
  const decoder = named('decoder_model_merged.onnx', 'decoder_model_merged_quantized.onnx');
  if (encoder !== undefined && decoder !== undefined) return { encoder, decoder };
  throw lacking('encoder_model.onnx and decoder_model_merged.onnx');
}

function nemoRoles(files: readonly FolderFile[], precision: Precision | undefined): Roles {
  const models = nemoModelsIn(files.map(({ path }) => path));
  const size = (roles: Readonly<Partial<Record<string, string>>>): number =>
    Object.values(roles).reduce((sum, path) => sum + bytesOf(files, path ?? ''), 0);
  const float = models.find((model) => model.precision === 'float');
  const small = float !== undefined && size(float.roles) <= MAX_FLOAT_BYTES ? float : undefined;
  const found =
    precision === undefined
      ? (small ?? models.find((model) => model.precision === 'int8') ?? float)
      : models.find((model) => model.precision === precision);
  if (found) return found.roles as Roles;
  throw lacking(
    'encoder-model.onnx with decoder_joint-model.onnx, encoder.onnx with decoder.onnx and joiner.onnx, or model.onnx, and vocab.txt or tokens.txt',
  );
}

function bytesOf(files: readonly FolderFile[], path: string): number {
  return files.find((file) => file.path === path)?.bytes ?? 0;
}

function lacking(what: string): EarmarkError {
  return new EarmarkError(
    'model.incompatible',
    `The folder does not have the files of this recogniser; put ${what} into it.`,
  );
}
