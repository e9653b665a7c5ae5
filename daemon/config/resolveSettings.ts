/**
 * Resolves settings from their layers: command line, environment, clients' unsaved values,
 * `config.json`, defaults.
 */
import {
  DEFAULT_SETTINGS,
  SECRET_SETTINGS,
  SETTING_NAMES,
  type SettingName,
  type SettingProblem,
  Settings,
} from '../../protocol/settings';
import { ENVIRONMENT, type EnvironmentText, fromEnvironment } from './environment';

export interface SettingLayers {
  /** Command line; highest priority. */
  readonly given?: Readonly<Record<string, unknown>>;
  readonly env: EnvironmentText;
  /** Client values that may not or cannot be saved in a file. */
  readonly unsaved?: Readonly<Record<string, unknown>>;
  /** Contents of `config.json`. */
  readonly file: Readonly<Record<string, unknown>>;
}

export interface Resolved {
  readonly settings: Settings;
  readonly problems: readonly SettingProblem[];
}

/** @param last earlier valid values, used in place of an invalid value */
export function resolveSettings(
  layers: SettingLayers,
  last: Settings = DEFAULT_SETTINGS,
): Resolved {
  const problems: SettingProblem[] = unknownNames(layers.file);
  const settings: Record<string, unknown> = {};
  for (const name of SETTING_NAMES) {
    const found = valueOf(name, layers);
    const wrong = found === undefined ? undefined : whatIsWrong(name, found.value);
    settings[name] =
      found === undefined
        ? DEFAULT_SETTINGS[name]
        : wrong === undefined
          ? checked(name, found.value)
          : last[name];
    if (wrong !== undefined)
      problems.push({
        name,
        message: `${found?.where}: ${wrong}; ${held(name, last)} until you correct it.`,
      });
  }
  return { settings: settings as Settings, problems };
}

const WRONG = 'the value is wrong';

/** @returns undefined for a valid value */
export function whatIsWrong(name: SettingName, value: unknown): string | undefined {
  try {
    const parsed = Settings.shape[name].safeParse(value);
    return parsed.success
      ? undefined
      : (parsed.error.issues[0]?.message ?? WRONG).replace(/^Invalid (input|option): /, '');
  } catch {
    // zod reads a "length" of an object, and throws if it has no value.
    return WRONG;
  }
}

export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(Settings.shape, name);
}

function checked(name: SettingName, value: unknown): unknown {
  return Settings.shape[name].parse(value);
}

function valueOf(
  name: SettingName,
  { given = {}, env, unsaved = {}, file }: SettingLayers,
): { readonly value: unknown; readonly where: string } | undefined {
  if (given[name] !== undefined)
    return { value: given[name], where: `"${name}" on the command line` };
  const spoken = fromEnvironment(name, env);
  if (spoken !== undefined) return { value: spoken, where: ENVIRONMENT[name] };
  if (Object.hasOwn(unsaved, name)) return { value: unsaved[name], where: `"${name}"` };
  if (Object.hasOwn(file, name) && !SECRET_SETTINGS.includes(name))
    return { value: file[name], where: `"${name}" in config.json` };
  return undefined;
}

function unknownNames(file: Readonly<Record<string, unknown>>): SettingProblem[] {
  return Object.keys(file).flatMap((name) => {
    const shown = name.slice(0, 100);
    if (!isSettingName(name))
      return [
        {
          name: shown,
          message: `"${shown}" in config.json is not a setting; correct its name or remove it.`,
        },
      ];
    return SECRET_SETTINGS.includes(name)
      ? [
          {
            name,
            message:
              `Earmark ignores "${name}" in config.json, because secrets do not belong in ` +
              `files; set ${ENVIRONMENT[name]} instead.`,
          },
        ]
      : [];
  });
}

function held(name: SettingName, last: Settings): string {
  const value = last[name];
  return SECRET_SETTINGS.includes(name)
    ? 'the one before it stays'
    : value === ''
      ? 'nothing is set'
      : `${JSON.stringify(value)} stays`;
}
