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
 * Works inside packages with a separate licence, which the packages' manifests do not name: name,
 * owner, licence, and the file in node_modules with its text, if it is not the package's own.
 */
const WITHIN = [
  [
    'whisper.cpp and ggml, built into dist/whisper through smart-whisper',
    'The ggml authors',
    'MIT',
    'smart-whisper/whisper.cpp/LICENSE',
  ],
  [
    'llama.cpp and ggml, in the fetched program for language models (@node-llama-cpp)',
    'The ggml authors',
    'MIT',
    'smart-whisper/whisper.cpp/LICENSE',
  ],
  [
    'models/turn-encoder, fine-tuned from all-MiniLM-L6-v2',
    'Nils Reimers and the sentence-transformers authors; Microsoft Corporation (MiniLM)',
    'Apache-2.0',
  ],
  ['codicon.ttf, the icon font of @vscode/codicons', 'Microsoft Corporation', 'CC-BY-4.0'],
  ['minimp3, as WebAssembly within minimp3-wasm', 'Martin Fiedler and lieff', 'CC0-1.0'],
  [
    'libogg and libvorbis, as WebAssembly within ogv',
    'Xiph.Org Foundation',
    'BSD-3-Clause',
    'ogv/dist/COPYING-vorbis.txt',
  ],
  [
    'libopus, as WebAssembly within opus-decoder',
    'Xiph.Org Foundation and others',
    'BSD-3-Clause',
    'ogv/dist/COPYING-opus.txt',
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
  return packages.filter(({ license }) => !isAllowed(license));
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
    ...WITHIN.filter(
      ([, , , file]) => file && existsSync(path.join(root, 'node_modules', file)),
    ).flatMap(([work, , , file]) => [
      '',
      line,
      work,
      '',
      readFileSync(path.join(root, 'node_modules', file), 'utf8')
        .replace(/\r/g, '')
        .trim(),
    ]),
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

/**
 * Signs of code under the GPL, the LGPL or the AGPL: the title of their texts, their SPDX names, and
 * names of common codecs under them, which compiled code and bundles keep.
 */
const COPYLEFT = [
  /GNU (?:LESSER |LIBRARY |AFFERO )?GENERAL PUBLIC LICEN[CS]E/i,
  /\b[AL]?GPL(?:-|v|-v| v)?[23]\b/i,
  /codec-?parser|CodecParser/,
  /mpg123|libmad|faad2|liba52|libdca/i,
];

/** Files that only list the names of all licences; maps and pages do not ship. */
const LISTS = /[\\/]spdx-(?:exceptions|license-ids)[\\/]|\.(?:map|md)$/;

/**
 * Files of a folder that carry such a sign; searches every file, also inside WASM.
 * @param {string} folder
 * @returns {string[]} `path: text around the sign`
 */
export function copyleftFiles(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => !LISTS.test(file))
    .flatMap((file) => {
      const text = readFileSync(file, 'latin1');
      const sign = COPYLEFT.map((pattern) => pattern.exec(text)).find((found) => found !== null);
      if (!sign) return [];
      const around = text.slice(Math.max(0, sign.index - 40), sign.index + 60);
      return [`${path.relative(folder, file)}: ${around.replace(/[^ -~]+/g, ' ')}`];
    })
    .sort();
}

/** @throws Error that names the files of a VSIX's folder that may not ship */
export function refuseCopyleft(folder) {
  const found = copyleftFiles(folder);
  if (found.length > 0)
    throw new Error(`These files may not ship, because of their licence:\n${found.join('\n')}`);
}
