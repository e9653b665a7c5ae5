/**
 * Versions that this state folder verified: installed by download or import, or added by the user.
 * The record is outside the model folder, so that a folder with a self-written `model.json` proves
 * nothing. Versions of the catalogue need no record; the catalogue has their checksums.
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { ModelFile } from '../../models/catalogueEntry';

/** Of the newest versions; older ones are forgotten. */
const MAX_VERSIONS = 1_000;

const Record = z.object({
  versions: z.array(z.object({ model: z.string(), files: z.array(z.string()) })).max(MAX_VERSIONS),
});
type Version = z.infer<typeof Record>['versions'][number];

export class VerifiedVersions {
  private readonly own: Version[] = [];
  private turn: Promise<void> = Promise.resolve();

  /** @param file absolute path; absent: in memory */
  constructor(private readonly file: string | undefined) {}

  async has(model: string, files: readonly ModelFile[]): Promise<boolean> {
    const wanted = key({ model, files: sumsOf(files) });
    return [...this.own, ...(await this.read())].some((version) => key(version) === wanted);
  }

  /** Calls take turns; another process may write too, and its last version then counts. */
  add(model: string, files: readonly ModelFile[]): Promise<void> {
    const added: Version = { model, files: sumsOf(files) };
    this.own.push(added);
    this.turn = this.turn.catch(() => undefined).then(() => this.write(added));
    return this.turn;
  }

  private async write(added: Version): Promise<void> {
    if (this.file === undefined) return;
    const others = (await this.read()).filter((version) => key(version) !== key(added));
    const versions = [...others, added].slice(-MAX_VERSIONS);
    await mkdir(path.dirname(this.file), { recursive: true, mode: 0o700 });
    const fresh = `${this.file}.${process.pid}`;
    await writeFile(fresh, `${JSON.stringify({ versions })}\n`, { mode: 0o600, flush: true });
    await rename(fresh, this.file);
  }

  private async read(): Promise<readonly Version[]> {
    if (this.file === undefined) return [];
    try {
      return Record.parse(JSON.parse(await readFile(this.file, 'utf8'))).versions;
    } catch {
      // Absent or damaged: the models are pulled or added again.
      return [];
    }
  }
}

const sumsOf = (files: readonly ModelFile[]): string[] =>
  files.map(({ role, name, sha256 }) => `${role} ${name} ${sha256}`).sort();

const key = ({ model, files }: Version): string => JSON.stringify([model, files]);
