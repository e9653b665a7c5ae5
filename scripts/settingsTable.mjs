// Writes the settings table of README.md from package.json, with the texts of package.nls.json.
// `--check` reports whether the table is up to date and writes nothing.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const START = '<!-- settings:start (npm run docs writes this table) -->';
const END = '<!-- settings:end -->';

const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const value = (x) =>
  Array.isArray(x)
    ? x.length > 0
      ? x.map((v) => `\`${v}\``).join(', ')
      : 'none'
    : x === ''
      ? 'empty'
      : `\`${String(x)}\``;

/**
 * package.json with every `%key%` replaced by its text in package.nls.json.
 * @throws Error if a key has no text
 */
export function readManifest() {
  const read = (name) => JSON.parse(readFileSync(path.join(root, name), 'utf8'));
  const texts = read('package.nls.json');
  const resolve = (value) => {
    if (Array.isArray(value)) return value.map(resolve);
    if (value !== null && typeof value === 'object')
      return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, resolve(v)]));
    const key = typeof value === 'string' ? /^%([\w.]+)%$/.exec(value)?.[1] : undefined;
    if (key === undefined) return value;
    if (texts[key] === undefined) throw new Error(`package.nls.json has no text for "${key}".`);
    return texts[key];
  };
  return resolve(read('package.json'));
}

/** The table for every setting that `contributes` declares, in the order of the settings page. */
export function settingsTable(manifest) {
  const groups = [manifest.contributes.configuration].flat();
  const rows = groups.flatMap((group) =>
    Object.entries(group.properties).map(
      ([name, s]) =>
        `| \`${name}\` | ${value(s.default)} | ${cell(s.markdownDescription ?? s.description)}` +
        `${s.scope === 'machine' ? ' *User settings only.*' : ''} |`,
    ),
  );
  return ['| setting | default | what it does |', '|---|---|---|', ...rows].join('\n');
}

/** README text with the table put between its markers. */
export function withTable(readme, manifest) {
  const from = readme.indexOf(START);
  const to = readme.indexOf(END);
  if (from < 0 || to < from)
    throw new Error('README.md lacks its settings markers; put them around the settings table.');
  return `${readme.slice(0, from + START.length)}\n\n${settingsTable(manifest)}\n\n${readme.slice(to)}`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const file = path.join(root, 'README.md');
  const now = readFileSync(file, 'utf8');
  const next = withTable(now, readManifest());
  if (process.argv.includes('--check')) {
    if (now !== next) {
      console.error('The settings table of README.md is out of date; run `npm run docs`.');
      process.exitCode = 1;
    }
  } else if (now !== next) writeFileSync(file, next);
}
