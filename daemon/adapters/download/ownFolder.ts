/** Local models of the user: the added folder, and its record. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { EarmarkError } from '../../../protocol/errors';
import type { CatalogueEntry, ModelFile } from '../../models/catalogueEntry';
import { type FolderFile, ownKindOf, planOwnModel } from '../../models/ownModels';
import { FileName } from './records';

/** The user's description of the model. */
const DESCRIPTION = 'model.json';
/** Record beside the versions of a model: its kind, from the user. */
const NOTE = 'own.json';
const MAX_DESCRIPTION_BYTES = 65_536;
/** Limit of files read in a folder; a model has at most a dozen. */
const MAX_FILES = 1_000;

const Note = z.object({
  id: FileName,
  name: z.string().max(100),
  provider: z.string().max(50),
  languages: z.array(z.string().max(10)).max(200),
  licence: z.string().max(100),
  files: z
    .array(
      z.object({
        role: z.string().max(50),
        name: FileName,
        bytes: z.number().int().positive(),
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
      }),
    )
    .min(1)
    .max(50),
});

/** Unreadable records belong to no model. */
export async function ownEntries(folder: string): Promise<readonly CatalogueEntry[]> {
  const names = await readdir(folder).catch(() => []);
  const found = await Promise.all(
    names.map(async (id): Promise<CatalogueEntry[]> => {
      const text = await readFile(path.join(folder, id, NOTE), 'utf8').catch(() => undefined);
      if (text === undefined) return [];
      try {
        const note = Note.parse(JSON.parse(text));
        return note.id === id ? [entryOf(note)] : [];
      } catch {
        return [];
      }
    }),
  );
  return found.flat();
}

export async function keepOwnEntry(place: string, entry: CatalogueEntry): Promise<void> {
  const { id, name, provider, languages, licence } = entry;
  const files = entry.files.map(({ role, name: file, bytes, sha256 }) => ({
    role,
    name: file,
    bytes,
    sha256,
  }));
  const note = { id, name, provider, languages, licence, files };
  await mkdir(place, { recursive: true, mode: 0o700 });
  await writeFile(path.join(place, NOTE), `${JSON.stringify(note)}\n`, {
    mode: 0o600,
    flush: true,
  });
}

/** @throws EarmarkError model.missing, model.incompatible */
export async function describeFolder(folder: string): Promise<CatalogueEntry> {
  const description = await readDescription(folder);
  const plan = planOwnModel(description, await filesIn(folder));
  const files: ModelFile[] = [];
  for (const { role, name, path: inside, bytes } of plan.files) {
    const hash = createHash('sha256');
    await pipeline(createReadStream(path.join(folder, inside), { highWaterMark: 1 << 20 }), hash);
    files.push({ role, name, bytes, sha256: hash.digest('hex'), path: inside });
  }
  return { ...plan, files };
}

function entryOf(note: z.infer<typeof Note>): CatalogueEntry {
  return {
    ...note,
    kind: ownKindOf(note.provider),
    isDefault: false,
    own: true,
    version: 'own',
    source: { type: 'local' },
  };
}

async function readDescription(folder: string): Promise<string> {
  const file = path.join(folder, DESCRIPTION);
  const facts = await stat(file).catch(() => undefined);
  if (facts?.isFile() && facts.size <= MAX_DESCRIPTION_BYTES) return readFile(file, 'utf8');
  throw new EarmarkError(
    'model.missing',
    `There is no file model.json in ${folder}; write one with {"id": "my-model", "recogniser": "nemo", "languages": ["en"]}.`,
  );
}

/** Files of the folder and its subfolders. */
async function filesIn(folder: string): Promise<readonly FolderFile[]> {
  const found: FolderFile[] = [];
  const look = async (inside: string, deep: boolean): Promise<void> => {
    for (const name of await readdir(path.join(folder, inside))) {
      if (found.length >= MAX_FILES) return;
      const at = inside === '' ? name : `${inside}/${name}`;
      const facts = await stat(path.join(folder, at)).catch(() => undefined);
      if (facts?.isFile() && facts.size > 0) found.push({ path: at, bytes: facts.size });
      else if (facts?.isDirectory() && deep) await look(at, false);
    }
  };
  await look('', true);
  return found;
}
