// Writes THIRD-PARTY-NOTICES.txt of a VSIX: name, version, licence and licence text of every
// package that may ship, from the lock file. A licence that is not on the list stops packaging.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { root } from './build.mjs';

export const NOTICES_FILE = 'THIRD-PARTY-NOTICES.txt';

/** SPDX names. All permit use in a closed product with a notice alone. */
export const ALLOWED = [
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC-BY-3.0',
  'CC-BY-4.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'Unlicense',
];

/**
 * Package → a licence that is not on the list but is accepted for this package. This list may only
 * shrink.
 * @type {Record<string, string>}
 */
export const EXCEPTIONS = { 'codec-parser': 'LGPL-3.0-or-later' };

/** Works inside packages with a separate licence, which the packages' manifests do not name. */
const WITHIN = [
  ['codicon.ttf, the icon font of @vscode/codicons', 'Microsoft Corporation', 'CC-BY-4.0'],
  [
    'codec-parser, within @audio/decode-flac, -opus and -vorbis',
    'Ethan Halsall',
    EXCEPTIONS['codec-parser'],
  ],
  ['mpg123, as WebAssembly within @audio/decode-mp3', 'the mpg123 project', 'LGPL-2.1-only'],
  ['libFLAC, as WebAssembly within @audio/decode-flac', 'Xiph.Org Foundation', 'BSD-3-Clause'],
  [
    'libogg and libvorbis, as WebAssembly within @audio/decode-vorbis',
    'Xiph.Org Foundation',
    'BSD-3-Clause',
  ],
  [
    'libopus, as WebAssembly within @audio/decode-opus',
    'Xiph.Org Foundation and others',
    'BSD-3-Clause',
  ],
  [
    'libsamplerate, as WebAssembly within @alexanderolsen/libsamplerate-js',
    'Erik de Castro Lopo',
    'BSD-2-Clause',
  ],
];

/**
 * All packages of a lock file except development packages. They include everything in a VSIX.
 * @param {Record<string, {version?: string, license?: string, dev?: boolean, link?: boolean}>} lock
 * `packages` of package-lock.json
 * @returns {{place: string, name: string, version: string, license: string}[]} by name
 */
export function shippedPackages(lock) {
  return Object.entries(lock)
    .filter(([place, entry]) => place !== '' && !entry.dev && !entry.link)
    .map(([place, { version = '', license = '' }]) => ({
      place,
      name: place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length),
      version,
      license,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/**
 * True if allowed licences satisfy an SPDX expression: one side of OR, both of AND.
 * @param {string} expression without nested brackets
 */
export function isAllowed(expression) {
  return expression
    .replace(/[()]/g, '')
    .split(' OR ')
    .some((side) => side.split(' AND ').every((name) => ALLOWED.includes(name.trim())));
}

/**
 * @param {ReturnType<typeof shippedPackages>} packages
 * @returns packages that may not ship
 */
export function refusedPackages(packages) {
  return packages.filter(
    ({ name, license }) => !isAllowed(license) && EXCEPTIONS[name] !== license,
  );
}

/**
 * Text of THIRD-PARTY-NOTICES.txt.
 * @param {Record<string, object>} lock `packages` of package-lock.json
 * @throws Error that names each package whose licence is not allowed
 */
export function noticesText(lock) {
  const packages = shippedPackages(lock);
  const refused = refusedPackages(packages);
  if (refused.length > 0)
    throw new Error(
      `These licences may not ship: ${refused.map(({ name, license }) => `${name} (${license || 'none'})`).join(', ')}. Replace the packages.`,
    );
  const line = '-'.repeat(80);
  return [
    'Earmark includes or may load the following works of others.',
    '',
    ...WITHIN.map(([work, owner, license]) => `${work}: ${owner}, ${license}`),
    ...packages.flatMap(({ place, name, version, license }) => [
      '',
      line,
      `${name} ${version}: ${license}`,
      ...licenseTexts(path.join(root, place)).flatMap((text) => ['', text]),
    ]),
    '',
  ].join('\n');
}

/** Licence files of a package; empty if it is for another platform and not installed. */
function licenseTexts(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && /^(licen[cs]e|copying|notice)/i.test(entry.name))
    .map((entry) => readFileSync(path.join(folder, entry.name), 'utf8').replace(/\r/g, '').trim());
}
