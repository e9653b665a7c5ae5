// Whisper's builds in a VSIX: those of this machine from dist/whisper, those of other platforms from
// a folder that other machines filled.
import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';

/**
 * Targets for which `npm run whisper` builds, with the builds.
 * @type {Record<string, string[]>}
 */
export const WHISPER_TARGETS = {
  'linux-x64': ['plain.node', 'avx2.node'],
  'linux-arm64': ['plain.node'],
  'darwin-arm64': ['metal.node', 'ggml-metal.metal', 'ggml-common.h'],
  'darwin-x64': ['plain.node', 'avx2.node'],
};

/**
 * Copies the builds of a target. A library that the user built (`own.node`) is left out, because it
 * works on one machine only.
 * @param {string} target as in VS Code
 * @param {string} from folder with the builds
 * @param {string} into folder of the package
 * @returns {string | undefined} what is missing, as a sentence; undefined if all builds are copied
 */
export function copyWhisper(target, from, into) {
  const wanted = WHISPER_TARGETS[target];
  if (!wanted) return `There is no build of Whisper for ${target}; see docs/whisper.md.`;
  const there = existsSync(from) ? readdirSync(from) : [];
  const missing = wanted.filter((name) => !there.includes(name));
  if (missing.length > 0)
    return `The VSIX for ${target} has no Whisper: ${missing.join(', ')} not found. Run \`npm run whisper\` on such a machine.`;
  mkdirSync(into, { recursive: true });
  for (const name of wanted) copyFileSync(path.join(from, name), path.join(into, name));
  return undefined;
}
