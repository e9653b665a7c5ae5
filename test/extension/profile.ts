/**
 * Looks for spoken words in everything that the editor keeps: its folder of user data, and the
 * browser's storage for it.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { HostPage } from './harness/page';

/**
 * @param words lower case
 * @returns where a word was found, without the word
 */
export async function keptWords(
  { page }: HostPage,
  userDataDir: string,
  words: readonly string[],
): Promise<string[]> {
  const found: string[] = [];
  const look = (where: string, text: string): void => {
    const lower = text.toLowerCase();
    if (words.some((word) => lower.includes(word))) found.push(where);
  };
  for (const entry of await readdir(userDataDir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path).catch(() => Buffer.alloc(0));
    // Databases and caches may hold text in two bytes a letter.
    look(relative(userDataDir, path), bytes.toString('latin1'));
    look(relative(userDataDir, path), bytes.toString('utf16le'));
  }
  for (const frame of page.frames()) {
    const stored = await frame
      .evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]))
      .catch(() => '');
    look('localStorage and sessionStorage', stored);
  }
  // A window in a browser keeps globalState, workspaceState and the state of webviews in IndexedDB.
  const databases = await page.evaluate(async () => {
    const all: [string, string][] = [];
    for (const { name } of await indexedDB.databases()) {
      if (name === undefined) continue;
      const database = await new Promise<IDBDatabase>((done, fail) => {
        const request = indexedDB.open(name);
        request.onsuccess = () => done(request.result);
        request.onerror = () => fail(request.error ?? new Error(name));
      });
      for (const store of database.objectStoreNames) {
        const values = await new Promise<unknown[]>((done, fail) => {
          const request = database.transaction(store).objectStore(store).getAll();
          request.onsuccess = () => done(request.result as unknown[]);
          request.onerror = () => fail(request.error ?? new Error(store));
        });
        all.push([
          `${name}/${store}`,
          JSON.stringify(
            values.map((value) =>
              value instanceof Uint8Array ? new TextDecoder().decode(value) : value,
            ),
          ),
        ]);
      }
      database.close();
    }
    return all;
  });
  if (databases.length === 0)
    throw new Error('The window kept nothing in IndexedDB: look elsewhere for its state.');
  for (const [name, text] of databases) look(name, text);
  return [...new Set(found)];
}
