/**
 * The key of encryption in the editor's secret storage: made once, never lost while it is changed.
 */
import { deepEqual, equal, rejects } from 'node:assert/strict';
import type * as vscode from 'vscode';
import type { Connection } from '../../../client';
import { EncryptionKey } from '../../../extension/daemon/encryptionKey';
import { EarmarkError } from '../../../protocol/errors';

/** A daemon that is encrypted with one key, and may die in the middle of a change. */
class Vault {
  readonly secrets = new Map<string, string>();
  key: string | undefined;
  diesAfterRotation = false;
  readonly storage = {
    get: (name: string) => Promise.resolve(this.secrets.get(name)),
    store: (name: string, value: string) => Promise.resolve(void this.secrets.set(name, value)),
    delete: (name: string) => Promise.resolve(void this.secrets.delete(name)),
  } as unknown as vscode.SecretStorage;
  readonly connection = {
    request: ({ method }: { readonly method: string }, { key }: { readonly key: string }) => {
      if (method === 'privacy/rotateKey') {
        this.key = key;
        return this.diesAfterRotation
          ? Promise.reject(new EarmarkError('rpc.disconnected', 'The daemon died.'))
          : Promise.resolve({});
      }
      return this.key === undefined || this.key === key
        ? Promise.resolve({ encrypted: this.key !== undefined })
        : Promise.reject(new EarmarkError('store.locked', 'The key is another.'));
    },
  } as unknown as Connection;
}

describe('the key of encryption', () => {
  it('is made once, and long', async () => {
    const keys = new EncryptionKey(new Vault().storage);
    equal(await keys.get(), undefined);
    const made = await keys.getOrMake();
    deepEqual([await keys.getOrMake(), await keys.get(), made.length], [made, made, 43]);
  });

  it('opens what is encrypted with it, tells what is not encrypted, and what another key encrypted', async () => {
    const vault = new Vault();
    const keys = new EncryptionKey(vault.storage);
    const made = await keys.getOrMake();
    const answers = [await keys.unlock(vault.connection)];
    for (const key of [made, 'another']) {
      vault.key = key;
      answers.push(await keys.unlock(vault.connection));
    }
    deepEqual(answers, [false, true, undefined]);
  });

  it('is changed, and opens also where the daemon died in between', async () => {
    const vault = new Vault();
    const keys = new EncryptionKey(vault.storage);
    vault.key = await keys.getOrMake();
    const before = vault.key;
    await keys.change(vault.connection);
    deepEqual(
      [
        vault.key !== before,
        (await keys.get()) === vault.key,
        await keys.unlock(vault.connection),
        vault.secrets.size,
      ],
      [true, true, true, 1],
    );
    vault.diesAfterRotation = true;
    await rejects(keys.change(vault.connection), { code: 'rpc.disconnected' });
    deepEqual(
      [await keys.unlock(vault.connection), (await keys.get()) === vault.key, vault.secrets.size],
      [true, true, 1],
    );
  });
});
