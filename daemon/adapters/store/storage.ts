/**
 * Database and audio of a state folder, encrypted if a key was ever given. Without the key, every
 * call of store and spools is refused with `store.locked` until `unlock`.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { EarmarkError, isEarmarkError } from '../../../protocol/errors';
import type { Clock } from '../../base/clock';
import type { Disposable } from '../../base/disposable';
import type { Logger } from '../../base/logger';
import type { MeaningStore } from '../../session/contract/meanings';
import type { SessionStore } from '../../session/contract/store';
import type { SpoolFactory } from '../../audio/spool';
import type { VoiceStore } from '../../session/contract/voices';
import { canEncrypt } from '../sqlite';
import {
  DATABASE,
  hasEncryptedData,
  isMarkedEncrypted,
  keyFileMissing,
  markEncrypted,
} from './encryption/encryptionMark';
import { FileSpools } from './spool/fileSpools';
import { type GivenKey, givenKey, type KeySetup } from './encryption/givenKey';
import {
  createKeyring,
  keyringText,
  openKeyring,
  readKeeper,
  wrapDataKey,
  writeKeyring,
} from './encryption/keyring';
import { type OpenedThread, openStoreThread } from './storeThread';
import { UploadFiles } from './spool/uploadFiles';
import { type Usage, usageOf } from './usage';

export interface StorageSetup {
  readonly home: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called with the duration of one audio sync in milliseconds. */
  readonly onSynced?: (ms: number) => void;
  readonly keys: KeySetup;
}

interface Opened extends OpenedThread {
  readonly spools: FileSpools;
  readonly uploadSpools: FileSpools;
  readonly dataKey: Buffer | undefined;
}

export class Storage implements Disposable {
  private opened: Opened | undefined;
  private reason: EarmarkError | undefined;
  /** Content of keyring.json. */
  private keyring: string | undefined;
  /** Number of the open database file, which no other file can have. */
  private databaseNumber: bigint | undefined;
  private unlocking: Promise<void> | undefined;
  /** Refuses calls while locked. */
  readonly store = behind<SessionStore & VoiceStore & MeaningStore>((use) =>
    Promise.resolve().then(() => use(this.whenOpen().store)),
  );
  readonly spools = behind<SpoolFactory>((use) => use(this.whenOpen().spools));
  /** Upload copies for remote daemons; their audio is refused while locked. */
  readonly uploads: UploadFiles;
  readonly uploadSpools = behind<SpoolFactory>((use) => use(this.whenOpen().uploadSpools));

  private constructor(private readonly setup: StorageSetup) {
    this.uploads = new UploadFiles(join(setup.home, 'uploads'));
  }

  /** @throws EarmarkError store.unwritable, store.corrupt */
  static async open(setup: StorageSetup): Promise<Storage> {
    const storage = new Storage(setup);
    await storage.begin();
    return storage;
  }

  get locked(): boolean {
    return this.opened === undefined;
  }

  get encrypted(): boolean {
    return this.opened === undefined || this.opened.dataKey !== undefined;
  }

  /** Reason of the lock. */
  get problem(): string | undefined {
    return this.opened ? undefined : this.reason?.message;
  }

  /** Damage found at opening. */
  get damage(): Pick<OpenedThread, 'setAside' | 'salvaged'> {
    return this.opened ?? {};
  }

  /**
   * @returns true if this call opened it
   * @throws EarmarkError store.locked for a wrong key
   */
  async unlock(key: string): Promise<boolean> {
    if (!this.locked) return false;
    if (!canEncrypt()) throw cannotEncrypt();
    // Concurrent callers wait for the first and return false.
    if (this.unlocking) return this.unlocking.then(() => false);
    const { home } = this.setup;
    const isNew = readKeeper(home) === undefined;
    if (isNew && hasEncryptedData(home)) throw keyFileMissing();
    this.unlocking = this.open(
      isNew ? createKeyring(home, key, 'given') : openKeyring(home, key),
    ).finally(() => (this.unlocking = undefined));
    await this.unlocking;
    return true;
  }

  /**
   * Changes the key. @throws EarmarkError store.locked, rpc.invalidRequest if nothing is encrypted
   */
  rotate(key: string): void {
    const { dataKey } = this.whenOpen();
    if (!dataKey)
      throw new EarmarkError(
        'rpc.invalidRequest',
        'Nothing is encrypted yet; start the daemon with EARMARK_KEY to encrypt.',
      );
    wrapDataKey(this.setup.home, dataKey, key, 'given');
    this.keyring = keyringText(this.setup.home);
  }

  usage(): Usage {
    return usageOf(this.setup.home);
  }

  /**
   * Continues in another folder after the state folder was removed. Open spools must move too.
   * @throws EarmarkError store.unwritable
   */
  async moveTo(folder: string): Promise<void> {
    const { opened } = this;
    if (!opened) return;
    const { dataKey } = opened;
    if (dataKey && this.keyring !== undefined) {
      markEncrypted(folder);
      writeKeyring(folder, this.keyring);
    }
    const file = join(folder, DATABASE);
    if (numberOf(file) !== this.databaseNumber) await opened.moveTo(file);
    this.databaseNumber = numberOf(file);
    this.opened = { ...opened, spools: this.spoolsIn(folder, dataKey) };
  }

  /** Resolves when all pending writes are on disk and the database is closed. */
  async close(): Promise<void> {
    await this.opened?.store.close();
  }

  dispose(): void {
    void this.close();
  }

  private async begin(): Promise<void> {
    const { home, keys } = this.setup;
    const keeper = readKeeper(home);
    if (keeper === undefined && hasEncryptedData(home)) {
      this.reason = keyFileMissing();
      return;
    }
    let given: GivenKey | undefined;
    try {
      given = givenKey(keys, keeper);
    } catch (error) {
      // A configured key is missing: nothing may be written unencrypted instead.
      if (!isEarmarkError(error, 'store.locked')) throw error;
      this.reason = error;
      return;
    }
    if (given !== undefined && !canEncrypt()) {
      this.reason = cannotEncrypt();
      return;
    }
    if (keeper === undefined && (given !== undefined || !isMarkedEncrypted(home)))
      await this.open(given && createKeyring(home, given.key, given.keeper));
    else if (given) await this.tryUnlock(given.key);
    else
      this.reason = new EarmarkError(
        'store.locked',
        'The sessions are encrypted. Start Earmark with EARMARK_KEY, or open the ' +
          'editor that holds the key.',
      );
  }

  private async tryUnlock(key: string): Promise<void> {
    try {
      await this.open(openKeyring(this.setup.home, key));
    } catch (error) {
      if (!isEarmarkError(error, 'store.locked')) throw error;
      this.reason = error;
    }
  }

  private async open(dataKey: Buffer | undefined): Promise<void> {
    const { home, clock, logger, onSynced } = this.setup;
    if (dataKey) {
      markEncrypted(home);
      this.keyring = keyringText(home);
    }
    const spools = this.spoolsIn(home, dataKey);
    const uploadSpools = new FileSpools({
      folder: this.uploads.audioFolder,
      clock,
      logger: logger.child('upload'),
      onSynced,
      ...(dataKey ? { key: dataKey } : {}),
    });
    const tellDamage = ({
      setAside,
      salvaged,
    }: Pick<OpenedThread, 'setAside' | 'salvaged'>): void => {
      if (setAside !== undefined)
        logger.error('store.setAside', {
          error: 'store.corrupt',
          lostEvents: salvaged?.lost ?? -1,
          sessions: salvaged?.sessions ?? 0,
        });
    };
    const opened = await openStoreThread({
      file: join(home, DATABASE),
      now: () => clock.wall(),
      ...(dataKey ? { key: dataKey } : {}),
      onLost: (cause) =>
        logger.error('store.threadLost', {
          error: (cause as { code?: string } | undefined)?.code ?? 'ended',
        }),
      onReopened: tellDamage,
    });
    tellDamage(opened);
    if (opened.encryptedNow === true) for (const each of [spools, uploadSpools]) each.encryptAll();
    this.opened = { ...opened, spools, uploadSpools, dataKey };
    this.databaseNumber = numberOf(join(home, DATABASE));
    this.reason = undefined;
  }

  private spoolsIn(folder: string, dataKey: Buffer | undefined): FileSpools {
    const { clock, logger, onSynced } = this.setup;
    return new FileSpools({
      folder: join(folder, 'spool'),
      clock,
      logger: logger.child('spool'),
      onSynced,
      ...(dataKey ? { key: dataKey } : {}),
    });
  }

  private whenOpen(): Opened {
    if (this.opened) return this.opened;
    throw (
      this.reason ?? new EarmarkError('store.locked', 'The sessions are encrypted; enter the key.')
    );
  }
}

function numberOf(file: string): bigint | undefined {
  return statSync(file, { bigint: true, throwIfNoEntry: false })?.ino;
}

function cannotEncrypt(): EarmarkError {
  return new EarmarkError(
    'store.locked',
    'Earmark cannot encrypt sessions on Windows on Arm. Start it without a key, or ' +
      'use Earmark for x64 in a VS Code for x64.',
  );
}

/** Forwards each call to the target at the time of the call. */
function behind<T extends object>(reach: (use: (target: T) => unknown) => unknown): T {
  return new Proxy({} as T, {
    get:
      (_, name) =>
      (...args: unknown[]): unknown =>
        reach((target) =>
          (Reflect.get(target, name) as (...given: unknown[]) => unknown).apply(target, args),
        ),
  });
}
