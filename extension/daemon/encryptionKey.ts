/** Key of the daemon's encrypted data, in the editor's secret storage. */
import { randomBytes } from 'node:crypto';
import type * as vscode from 'vscode';
import type { Connection } from '../../client';
import { isEarmarkError } from '../../protocol/errors';
import { PrivacyRotateKey, PrivacyUnlock } from '../../protocol/privacy';

const KEY = 'earmark.encryption.key';
/** New key during a change. Both keys are stored, so the right one is always available. */
const NEXT = 'earmark.encryption.nextKey';

export class EncryptionKey {
  constructor(private readonly secrets: vscode.SecretStorage) {}

  async get(): Promise<string | undefined> {
    return await this.secrets.get(KEY);
  }

  /** Returns the key, and creates one if there is none. */
  async getOrMake(): Promise<string> {
    const known = await this.get();
    if (known !== undefined) return known;
    const key = randomBytes(32).toString('base64url');
    await this.secrets.store(KEY, key);
    return key;
  }

  /**
   * Unlocks the daemon's store.
   * @returns whether the store is encrypted; undefined if neither key opens it
   * @throws EarmarkError
   */
  async unlock(connection: Connection): Promise<boolean | undefined> {
    for (const name of [KEY, NEXT]) {
      const key = await this.secrets.get(name);
      if (key === undefined) continue;
      try {
        const { encrypted } = await connection.request(PrivacyUnlock, { key });
        // A key change was interrupted after the daemon had completed it.
        if (name === NEXT && encrypted) await this.promote(key);
        return encrypted;
      } catch (error) {
        if (!isEarmarkError(error, 'store.locked')) throw error;
      }
    }
    return undefined;
  }

  /** @throws EarmarkError rpc.invalidRequest if the store is not encrypted */
  async change(connection: Connection): Promise<void> {
    const key = randomBytes(32).toString('base64url');
    await this.secrets.store(NEXT, key);
    await connection.request(PrivacyRotateKey, { key });
    await this.promote(key);
  }

  private async promote(key: string): Promise<void> {
    await this.secrets.store(KEY, key);
    await this.secrets.delete(NEXT);
  }
}
