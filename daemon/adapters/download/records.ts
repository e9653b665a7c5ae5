/**
 * Records beside a model's files: `model.json` names their version, `active.json` the version in
 * use.
 */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { ModelVersion } from '../../models/catalogueEntry';
import type { ActiveVersion } from '../../models/ports';

const Revision = z.string().regex(/^[0-9a-f]{12}$/);
const Active = z.object({ revision: Revision, previous: Revision.optional() });
/** A plain name: the file must be beside the record. */
export const FileName = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^/\\]+$/)
  .refine((name) => name !== '.' && name !== '..');
const Manifest = z.object({
  version: z.string().max(100),
  installedAt: z.number(),
  /** A local version cannot be downloaded again, so it is never deleted to free space. */
  isLocal: z.boolean(),
  files: z
    .array(
      z.object({
        role: z.string().max(50),
        name: FileName,
        bytes: z.number().int().positive(),
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
      }),
    )
    .max(50),
});

async function read<T>(file: string, schema: z.ZodType<T>): Promise<T | undefined> {
  try {
    return schema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    // If the record is absent, cut or altered, the catalogue's version is used.
    return undefined;
  }
}

export async function readActive(modelFolder: string): Promise<ActiveVersion | undefined> {
  const found = await read(path.join(modelFolder, 'active.json'), Active);
  return (
    found && {
      revision: found.revision,
      ...(found.previous === undefined ? {} : { previous: found.previous }),
    }
  );
}

/** Reads the record of a version from an older catalogue, which names no source. */
export async function readManifest(
  place: string,
): Promise<
  (ModelVersion & { readonly installedAt: number; readonly isLocal: boolean }) | undefined
> {
  const found = await read(path.join(place, 'model.json'), Manifest);
  return (
    found && {
      version: found.version,
      installedAt: found.installedAt,
      isLocal: found.isLocal,
      files: found.files,
      source: { type: 'local' },
    }
  );
}

export async function writeManifest(
  place: string,
  version: ModelVersion,
  installedAt: number,
): Promise<void> {
  const files = version.files.map(({ role, name, bytes, sha256 }) => ({
    role,
    name,
    bytes,
    sha256,
  }));
  const record: z.infer<typeof Manifest> = {
    version: version.version,
    installedAt,
    isLocal: version.source.type === 'local',
    files,
  };
  await writeFile(path.join(place, 'model.json'), `${JSON.stringify(record)}\n`, {
    mode: 0o400,
    flush: true,
  });
}
