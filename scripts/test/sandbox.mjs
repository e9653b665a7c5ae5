// What a run of suites needs before its first test: builds and models, and folders of its own.
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { root, setUp } from '../setup.mjs';

/**
 * Builds and fetches everything that the suites need.
 * @param {import('./suites.mjs').Suite[]} suites
 * @param {(line: string) => void} say
 */
export async function prepare(suites, say) {
  const needs = new Set(suites.flatMap((s) => s.needs));
  // The user's own state is not changed. Downloaded models stay for the next run.
  process.env.EARMARK_MODELS ??= path.join(root, '.cache/models');
  await setUp({ log: say, models: needs.has('models'), whisper: needs.has('whisper') });
  if (suites.some((s) => s.devices)) {
    const { ensureSystemPackages } = await import('../testHost/systemPackages.mjs');
    const { message } = await ensureSystemPackages(say);
    if (message) say(message);
  }
  if (needs.has('host')) {
    const { ensureCodeServer } = await import('../testHost/install.mjs');
    // The suites report why they were skipped.
    await ensureCodeServer(say).catch((error) => say(error.message));
  }
}

/** Folders and environment for this run only. `envOf(NAME)`: a part's own home and temporary folder. */
export function makeSandbox() {
  // A short path, because a Unix socket's path is limited to about 100 characters.
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'earmark-test-')));
  // Servers of another user pass through it, and see nothing in it.
  chmodSync(folder, 0o711);
  const run = randomUUID();
  mkdirSync(path.join(folder, 'coverage'));
  const envOf = (name) => {
    const own = path.join(folder, name);
    mkdirSync(path.join(own, 'home'), { recursive: true, mode: 0o700 });
    return {
      EARMARK_TEST_RUN: run,
      EARMARK_HOME: path.join(own, 'home'),
      EARMARK_MODELS: process.env.EARMARK_MODELS,
      TMPDIR: own,
      NO_COLOR: '1',
      FORCE_COLOR: undefined,
    };
  };
  return {
    folder,
    envOf,
    mark: `EARMARK_TEST_RUN=${run}`,
    coverage: path.join(folder, 'coverage'),
  };
}
