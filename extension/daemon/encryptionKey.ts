/** The key of what the daemon encrypts at rest, in the editor's secret storage. */
import { randomBytes } from 'node:crypto';
import type * as vscode from 'vscode';
import type { Connection } from '../../client';
import { isEarmarkError } from '../../protocol/errors';
import { PrivacyRotateKey, PrivacyUnlock } from '../../protocol/privacy';

const KEY = 'earmark.encryption.key';
/** While the key is changed both are kept, so that no moment is without the right one. */
const NEXT = 'earmark.encryption.nextKey';

export class EncryptionKey {
  constructor(private readonly secrets: vscode.SecretStorage) {}

  async get(): Promise<string | undefined> {
    return await this.secrets.get(KEY);
  }

  /** Makes one where there is none. */
  async getOrMake(): Promise<string> {
    const known = await this.get();
    if (known !== undefined) return known;
    const key = randomBytes(32).toString('base64url');
    await this.secrets.store(KEY, key);
    return key;
  }

  /**
   *
   * @returns whether what is kept is encrypted; undefined where neither key opens it. @throws
   * EarmarkError
   */
  async unlock(connection: Connection): Promise<boolean | undefined> {
    for (const name of [KEY, NEXT]) {
      const key = await this.secrets.get(name);
      if (key === undefined) continue;
      try {
        const { encrypted } = await connection.request(PrivacyUnlock, { key });
        // A change that was cut off behind the daemon's part of it.
        if (name === NEXT && encrypted) await this.promote(key);
        return encrypted;
      } catch (error) {
        if (!isEarmarkError(error, 'store.locked')) throw error;
      }
    }
    return undefined;
  }

  /** @throws EarmarkError rpc.invalidRequest where nothing is encrypted */
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
