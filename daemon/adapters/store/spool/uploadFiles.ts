/**
 * Records of upload copies for remote daemons: one small JSON file each, beside the folder of their
 * audio. They contain no spoken words and no titles.
 */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { EarmarkError } from '../../../../protocol/errors';
import type { UploadRecord, UploadRecords } from '../../../uploads/ports';

const ID = /^[\w-]{1,100}$/;
const RECORD = /^[\w-]{1,100}\.json$/;

export class UploadFiles implements UploadRecords {
  /** @param folder created at the first write */
  constructor(private readonly folder: string) {}

  /** Folder of the audio. */
  get audioFolder(): string {
    return join(this.folder, 'audio');
  }

  list(): readonly UploadRecord[] {
    return names(this.folder)
      .flatMap((name) => (RECORD.test(name) ? (read(join(this.folder, name)) ?? []) : []))
      .sort((a, b) => a.startedAt.localeCompare(b.startedAt));
  }

  write(record: UploadRecord): void {
    const path = this.pathOf(record.id);
    try {
      mkdirSync(this.folder, { recursive: true, mode: 0o700 });
      writeFileSync(`${path}.new`, JSON.stringify(record), { mode: 0o600, flush: true });
      renameSync(`${path}.new`, path);
      if (process.platform !== 'win32') syncFolder(this.folder);
    } catch (cause) {
      throw new EarmarkError(
        'store.unwritable',
        'Could not write the local copy of the recording; free some space.',
        { cause },
      );
    }
  }

  remove(id: string): void {
    rmSync(this.pathOf(id), { force: true });
  }

  /** A name that leads elsewhere is no id. */
  private pathOf(id: string): string {
    if (!ID.test(id))
      throw new EarmarkError('session.notFound', 'This machine no longer has this recording.');
    return join(this.folder, `${id}.json`);
  }

  bytes(id: string): number {
    const folder = join(this.audioFolder, id);
    return names(folder).reduce(
      (sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
  }
}

function names(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function read(path: string): UploadRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(path, 'utf8')) as UploadRecord;
    return typeof record.id === 'string' && Array.isArray(record.sources) ? record : undefined;
  } catch {
    return undefined;
  }
}

function syncFolder(folder: string): void {
  const file = openSync(folder, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
