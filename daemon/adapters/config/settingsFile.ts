/**
 * `config.json` of the state folder (0600). Polled every two seconds, which works on every file
 * system.
 */
import {
  chmodSync,
  readFileSync,
  renameSync,
  unwatchFile,
  watchFile,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type Disposable, toDisposable } from '../../base/disposable';
import { type Logger, silentLogger } from '../../base/logger';
import type { EnvironmentText } from '../../config/environment';
import { LiveSettings, type SettingsFile } from '../../config/liveSettings';

const CONFIG_FILE = 'config.json';
/** Last valid values; an invalid value falls back to them, also after a restart. */
const LAST_FILE = 'config.last.json';
const WATCH_MS = 2_000;

export interface OpenSettings {
  readonly home: string;
  readonly env: EnvironmentText;
  readonly given?: Readonly<Record<string, unknown>>;
  readonly logger?: Logger;
}

/** Reads the settings; watching starts later. */
export function openSettings({
  home,
  logger = silentLogger,
  ...setup
}: OpenSettings): LiveSettings {
  return new LiveSettings({ ...setup, logger, file: fileIn(home) });
}

export function watchSettings(
  home: string,
  settings: LiveSettings,
  everyMs = WATCH_MS,
): Disposable {
  const path = join(home, CONFIG_FILE);
  const changed = (): void => settings.reload();
  watchFile(path, { interval: everyMs, persistent: false }, changed);
  return toDisposable(() => unwatchFile(path, changed));
}

function fileIn(home: string): SettingsFile {
  const read = (name: string): string | undefined => {
    try {
      return readFileSync(join(home, name), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  };
  // Written to a second file and renamed, so that readers never see an incomplete file.
  const write = (name: string, text: string): void => {
    const path = join(home, name);
    writeFileSync(`${path}.new`, text, { mode: 0o600, flush: true });
    chmodSync(`${path}.new`, 0o600);
    renameSync(`${path}.new`, path);
  };
  return {
    read: () => read(CONFIG_FILE),
    write: (text) => write(CONFIG_FILE, text),
    readLast: () => read(LAST_FILE),
    writeLast: (text) => write(LAST_FILE, text),
  };
}
