/**
 * The current settings. `config.json` may change at any time: valid values apply; an invalid value
 * keeps its predecessor and is reported.
 */
import { EarmarkError } from '../../protocol/errors';
import {
  DEFAULT_SETTINGS,
  SECRET_SETTINGS,
  SETTING_NAMES,
  type SettingName,
  type SettingProblem,
  type Settings,
  SETTINGS_AT_START,
} from '../../protocol/settings';
import type { Disposable } from '../base/disposable';
import { Emitter } from '../base/emitter';
import type { Logger } from '../base/logger';
import type { EnvironmentText } from './environment';
import { isSettingName, resolveSettings, whatIsWrong } from './resolveSettings';

/** `config.json`, and beside it the last valid values. */
export interface SettingsFile {
  /** Undefined if absent. @throws if the file cannot be read */
  read(): string | undefined;
  /** @throws if the file cannot be written */
  write(text: string): void;
  readLast(): string | undefined;
  writeLast(text: string): void;
}

export interface SettingsSetup {
  readonly file: SettingsFile;
  readonly env: EnvironmentText;
  /** Settings from the command line. */
  readonly given?: Readonly<Record<string, unknown>>;
  readonly logger: Logger;
}

export interface SettingsChange {
  readonly to: Settings;
  readonly changed: ReadonlySet<SettingName>;
}

type Values = Readonly<Record<string, unknown>>;

export class LiveSettings implements Disposable {
  private settings: Settings;
  private found: readonly SettingProblem[] = [];
  private text: string | undefined;
  private values: Values = {};
  private unsaved: Values = {};
  /** Invalid values from clients, until a client sends a valid value. */
  private readonly refused = new Map<string, SettingProblem>();
  private readonly atStart: Settings;
  private readonly changes = new Emitter<SettingsChange>();
  readonly onDidChange = this.changes.event;

  constructor(private readonly setup: SettingsSetup) {
    this.settings = this.lastGood();
    this.look();
    this.atStart = this.settings;
  }

  get current(): Settings {
    return this.settings;
  }

  get problems(): readonly SettingProblem[] {
    const later = SETTINGS_AT_START.filter((name) => this.settings[name] !== this.atStart[name]);
    return [
      ...this.found,
      ...this.refused.values(),
      ...later.map((name) => ({
        name,
        message:
          `"${name}" has changed; restart the daemon with "earmark daemon stop" to apply ` + 'it.',
      })),
    ];
  }

  /** Values without secrets. */
  get shown(): Values {
    return Object.fromEntries(
      SETTING_NAMES.map((name) => [
        name,
        SECRET_SETTINGS.includes(name) && this.settings[name] !== ''
          ? '(set)'
          : this.settings[name],
      ]),
    );
  }

  /** Reads `config.json` again and applies changes. */
  reload(): void {
    this.apply(this.settings);
  }

  private apply(before: Settings): void {
    this.look();
    const changed = new Set(SETTING_NAMES.filter((name) => before[name] !== this.settings[name]));
    if (changed.size === 0) return;
    this.setup.logger.info('settings.changed', { names: [...changed].join(' ') });
    this.changes.fire({ to: this.settings, changed });
  }

  /** @param values null removes a value */
  set(values: Values): void {
    const before = this.settings;
    const good: [string, unknown][] = [];
    for (const [name, value] of Object.entries(values)) {
      this.refused.delete(name);
      const wrong =
        value === null
          ? undefined
          : isSettingName(name)
            ? whatIsWrong(name, value)
            : 'there is no such setting';
      if (wrong === undefined) good.push([name, value]);
      else
        this.refused.set(name, {
          name,
          message:
            `"${name}": ${wrong}; ` +
            `${isSettingName(name) ? 'the value before it stays' : 'update Earmark on both sides'}` +
            '.',
        });
    }
    const isSecret = (name: string): boolean =>
      (SECRET_SETTINGS as readonly string[]).includes(name);
    this.unsaved = without({
      ...this.unsaved,
      ...Object.fromEntries(good.filter(([name]) => isSecret(name))),
    });
    this.save(Object.fromEntries(good.filter(([name]) => !isSecret(name))));
    this.apply(before);
  }

  dispose(): void {
    this.changes.dispose();
  }

  /** Unsaved values apply until the daemon ends. */
  private save(values: Values): void {
    this.look();
    const merged = without({ ...this.values, ...values });
    if (JSON.stringify(merged) === JSON.stringify(this.values)) return;
    try {
      if (this.found.some(({ name }) => name === FILE))
        throw new EarmarkError('rpc.invalidRequest', 'The file is not valid JSON.');
      this.setup.file.write(`${JSON.stringify(merged, undefined, 2)}\n`);
    } catch (error) {
      this.setup.logger.warn('settings.notSaved', {
        error: error instanceof Error ? error.name : 'unknown',
      });
      this.unsaved = without({ ...this.unsaved, ...values });
    }
  }

  private look(): void {
    const { file, env, given, logger } = this.setup;
    const unreadable: SettingProblem[] = [];
    let text: string | undefined;
    try {
      text = file.read();
      this.values = parseValues(text);
    } catch (error) {
      unreadable.push({
        name: FILE,
        message:
          `${error instanceof EarmarkError ? error.message : 'config.json cannot be read; check its rights.'} ` +
          'The previous settings stay in use.',
      });
    }
    const { settings, problems } = resolveSettings(
      { env, unsaved: this.unsaved, file: this.values, ...(given ? { given } : {}) },
      this.settings,
    );
    this.settings = settings;
    const now = [...unreadable, ...problems];
    for (const problem of now)
      if (!this.found.some(({ message }) => message === problem.message))
        logger.warn('settings.wrong', { name: problem.name });
    this.found = now;
    if (now.length > 0 || text === this.text) return;
    this.text = text;
    try {
      file.writeLast(text ?? '{}');
    } catch (error) {
      logger.warn('settings.lastNotKept', {
        error: error instanceof Error ? error.name : 'unknown',
      });
    }
  }

  /** Fallback for invalid values at start. */
  private lastGood(): Settings {
    try {
      this.values = parseValues(this.setup.file.readLast());
      return resolveSettings({ env: {}, file: this.values }).settings;
    } catch {
      return DEFAULT_SETTINGS;
    }
  }
}

const FILE = 'config.json';
const NOT_AN_OBJECT = 'config.json is not a JSON object; correct it.';

/** @throws EarmarkError rpc.invalidParams */
function parseValues(text: string | undefined): Values {
  if (text === undefined || text.trim() === '') return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new EarmarkError('rpc.invalidParams', NOT_AN_OBJECT, { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new EarmarkError('rpc.invalidParams', NOT_AN_OBJECT);
  return value as Values;
}

function without(values: Values): Values {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
}
