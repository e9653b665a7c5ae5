/**
 * The key from the settings: EARMARK_KEY itself, the file EARMARK_KEY_FILE, or the platform's
 * keychain.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { EarmarkError } from '../../../../protocol/errors';
import { childEnvironment } from '../../../base/childEnvironment';
import type { KeyKeeper } from './keyring';

/** Value in place of a key: read it from the keychain, or store a new one there. */
const KEYCHAIN = 'keychain';
const TIMEOUT_MS = 10_000;

export interface GivenKey {
  readonly key: string;
  readonly keeper: KeyKeeper;
}

type Run = (command: string, args: readonly string[], input?: string) => string;

/** A platform's program for secrets. It receives secrets by standard input if possible. */
interface Keychain {
  readonly find: () => readonly [string, readonly string[]];
  readonly keep: (key: string) => readonly [string, readonly string[], string?];
  readonly advice: string;
}

const KEYCHAINS: Partial<Readonly<Record<NodeJS.Platform, Keychain>>> = {
  linux: {
    find: () => ['secret-tool', ['lookup', 'service', 'earmark']],
    keep: (key) => ['secret-tool', ['store', '--label=Earmark', 'service', 'earmark'], key],
    advice: 'install libsecret-tools and unlock the keyring of your desktop',
  },
  darwin: {
    find: () => ['security', ['find-generic-password', '-s', 'earmark', '-a', 'earmark', '-w']],
    // `-w` as the last option without a value asks for the password, twice, on standard input.
    keep: (key) => [
      'security',
      ['add-generic-password', '-U', '-s', 'earmark', '-a', 'earmark', '-w'],
      `${key}\n${key}\n`,
    ],
    advice: 'unlock your login keychain',
  },
};

export interface KeySetup {
  /** The settings `encryption.key` and `encryption.keyFile`; empty: not set. */
  readonly key: string;
  readonly keyFile: string;
  readonly platform: NodeJS.Platform;
  readonly run?: Run;
}

/**
 * @param keeper holder of the existing key, if data is encrypted already
 * @throws EarmarkError store.locked
 */
export function givenKey(setup: KeySetup, keeper: KeyKeeper | undefined): GivenKey | undefined {
  const given = setup.key || (setup.keyFile === '' ? undefined : readKeyFile(setup.keyFile));
  if (given !== undefined && given !== KEYCHAIN) return { key: given, keeper: 'given' };
  if (given !== KEYCHAIN && keeper !== 'keychain') return undefined;
  return { key: keychainKey(setup, keeper === undefined), keeper: 'keychain' };
}

function readKeyFile(file: string): string {
  try {
    const key = readFileSync(file, 'utf8').trim();
    if (key !== '') return key;
  } catch (cause) {
    throw new EarmarkError(
      'store.locked',
      'Could not read the file that EARMARK_KEY_FILE names; check its name and its ' +
        'permissions.',
      { cause },
    );
  }
  throw new EarmarkError(
    'store.locked',
    'The file that EARMARK_KEY_FILE names is empty; put the key into it.',
  );
}

/** @param mayMake make a new key if the keychain has none */
function keychainKey({ platform, run = runProgram }: KeySetup, mayMake: boolean): string {
  const keychain = KEYCHAINS[platform];
  if (!keychain)
    throw new EarmarkError(
      'store.locked',
      'Earmark cannot use a keychain on this platform. Set the key with EARMARK_KEY ' +
        'or EARMARK_KEY_FILE.',
    );
  const [find, args] = keychain.find();
  let found = '';
  try {
    found = run(find, args).trim();
  } catch (cause) {
    // A missing entry and a missing keychain fail alike; storing a new key distinguishes them.
    if (!mayMake) throw locked(keychain, cause);
  }
  if (found !== '') return found;
  if (!mayMake) throw locked(keychain);
  const key = randomBytes(32).toString('base64url');
  const [command, keepArgs, input] = keychain.keep(key);
  try {
    run(command, keepArgs, input);
    if (run(find, args).trim() === key) return key;
  } catch (cause) {
    throw locked(keychain, cause);
  }
  throw locked(keychain);
}

function locked({ advice }: Keychain, cause?: unknown): EarmarkError {
  return new EarmarkError(
    'store.locked',
    `The keychain returned no key; ${advice}, or set EARMARK_KEY.`,
    cause === undefined ? {} : { cause },
  );
}

function runProgram(command: string, args: readonly string[], input?: string): string {
  return execFileSync(command, args, {
    env: childEnvironment(process.env),
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
    stdio: ['pipe', 'pipe', 'ignore'],
    ...(input === undefined ? {} : { input }),
  });
}
