/**
 * Database and sound of a state folder, encrypted where a key was ever given. Without the key nothing is read: every
 * call of store and spools is refused with `store.locked` until `unlock`.
 */
import { join } from 'node:path';
import { EarmarkError, isEarmarkError } from '../../../protocol/errors';
import type { Clock } from '../../base/clock';
import type { Disposable } from '../../base/disposable';
import type { Logger } from '../../base/logger';
import type { SessionStore, SpoolFactory } from '../../session/ports';
import { FileSpools } from './fileSpools';
import { type GivenKey, givenKey, type KeySetup } from './givenKey';
import { createKeyring, openKeyring, readKeeper, wrapDataKey } from './keyring';
import { type OpenedStore, openStore } from './openStore';

export interface StorageSetup {
  readonly home: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** One sync of sound took so long, milliseconds. */
  readonly onSynced?: (ms: number) => void;
  readonly keys: KeySetup;
}

interface Opened extends OpenedStore {
  readonly spools: FileSpools;
  readonly dataKey: Buffer | undefined;
}

export class Storage implements Disposable {
  private opened: Opened | undefined;
  private reason: EarmarkError | undefined;
  /** Refuse while locked. */
  readonly store = behind<SessionStore>(() => this.whenOpen().store);
  readonly spools = behind<SpoolFactory>(() => this.whenOpen().spools);

  /** @throws EarmarkError store.unwritable, store.corrupt */
  constructor(private readonly setup: StorageSetup) {
    const { home, keys } = setup;
    const keeper = readKeeper(home);
    let given: GivenKey | undefined;
    try {
      given = givenKey(keys, keeper);
    } catch (error) {
      // A key that was to be used and is not there: nothing may be written in the clear instead.
      if (!isEarmarkError(error, 'store.locked')) throw error;
      this.reason = error;
      return;
    }
    if (keeper === undefined) this.open(given && createKeyring(home, given.key, given.keeper));
    else if (given) this.tryUnlock(given.key);
    else this.reason = new EarmarkError('store.locked', 'The sessions are encrypted; start Earmark with EARMARK_KEY, or open the editor that keeps the key.');
  }

  get locked(): boolean {
    return this.opened === undefined;
  }

  get encrypted(): boolean {
    return this.opened === undefined || this.opened.dataKey !== undefined;
  }

  /** Why it is locked. */
  get problem(): string | undefined {
    return this.opened ? undefined : this.reason?.message;
  }

  /** What opening found damaged. */
  get damage(): Pick<OpenedStore, 'setAside' | 'salvaged'> {
    return this.opened ?? {};
  }

  /** @returns true where this call opened it. @throws EarmarkError store.locked where the key is another */
  unlock(key: string): boolean {
    if (!this.locked) return false;
    this.open(readKeeper(this.setup.home) === undefined ? createKeyring(this.setup.home, key, 'given') : openKeyring(this.setup.home, key));
    return true;
  }

  /** From now on another key opens it. @throws EarmarkError store.locked, rpc.invalidRequest where nothing is encrypted */
  rotate(key: string): void {
    const { dataKey } = this.whenOpen();
    if (!dataKey) throw new EarmarkError('rpc.invalidRequest', 'Nothing is encrypted yet; start the daemon with EARMARK_KEY to encrypt.');
    wrapDataKey(this.setup.home, dataKey, key, 'given');
  }

  dispose(): void {
    this.opened?.store.close();
  }

  private tryUnlock(key: string): void {
    try {
      this.open(openKeyring(this.setup.home, key));
    } catch (error) {
      if (!isEarmarkError(error, 'store.locked')) throw error;
      this.reason = error;
    }
  }

  private open(dataKey: Buffer | undefined): void {
    const { home, clock, logger, onSynced } = this.setup;
    const spools = new FileSpools({ folder: join(home, 'spool'), clock, logger: logger.child('spool'), onSynced, ...(dataKey ? { key: dataKey } : {}) });
    const opened = openStore({ file: join(home, 'earmark.db'), now: () => clock.wall(), ...(dataKey ? { key: dataKey } : {}) });
    if (opened.setAside !== undefined) logger.error('store.setAside', { error: 'store.corrupt', lostEvents: opened.salvaged?.lost ?? -1, sessions: opened.salvaged?.sessions ?? 0 });
    if (opened.encryptedNow === true) spools.encryptAll();
    this.opened = { ...opened, spools, dataKey };
    this.reason = undefined;
  }

  private whenOpen(): Opened {
    if (this.opened) return this.opened;
    throw this.reason ?? new EarmarkError('store.locked', 'The sessions are encrypted; give the key.');
  }
}

/** Calls go to what `target` answers at the time of the call. */
function behind<T extends object>(target: () => T): T {
  return new Proxy({} as T, {
    get: (_, name) => (...args: unknown[]): unknown => {
      const object = target();
      return (Reflect.get(object, name) as (...given: unknown[]) => unknown).apply(object, args);
    },
  });
}
